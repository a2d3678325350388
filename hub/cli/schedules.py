"""`hub schedule`: when feeds are pulled, and what people changed of it.

A command speaks for a registered client: it may do what the client's roles allow. `--author` says
which person decides; every change keeps its `--reason`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated

import typer
from psycopg import AsyncConnection

from hub.cli.desk import as_client, in_transaction
from hub.cli.options import Author, ClientOption, FeedId, Json, Reason, State
from hub.cli.printing import print_json
from hub.cli.pulls import known_feeds
from hub.identity.types import Caller
from hub.sync.scheduling import changes as schedule_changes
from hub.sync.scheduling.changes import Change
from hub.sync.scheduling.queue import queue_on
from hub.sync.scheduling.standing import Standing, standings

app = typer.Typer(help="When feeds are pulled; pause, resume, change.", no_args_is_help=True)

SHOWN = 20
"""How many changes are shown, the newest first."""


@app.command()
def show(feed: FeedId, *, json: Json = False, state: State = None) -> None:
    """Print a feed's schedule, and what people did to it.

    Example: hub schedule show kr.mfds_permits
    """
    known_feeds([feed])

    async def read(connection: AsyncConnection) -> tuple[Standing, list[Change]]:
        standing = (await standings(connection, [feed]))[feed]
        return standing, await schedule_changes.changes(connection, feed, SHOWN)

    standing, changes = in_transaction(state, read)
    if json:
        print_json(asdict(standing) | {"changes": changes})
        return
    print(_line(standing))
    for each in changes:
        line = f" {each.cron}" if each.cron else ""
        who = f"{each.subject} by {each.client}"
        print(f"{each.at:%Y-%m-%d %H:%M} {each.step.lower()}{line}, {who}: {each.reason}")


@app.command()
def pause(
    feed: FeedId,
    *,
    client: ClientOption,
    reason: Reason,
    author: Author = None,
    state: State = None,
) -> None:
    """Have a feed pulled no more by its schedule.

    Example: hub schedule pause kr.mfds_permits --client kr-mfds --reason "it moves"
    """
    _change(
        state, feed, (client, author), lambda c, who: schedule_changes.pause(c, who, feed, reason)
    )


@app.command()
def resume(
    feed: FeedId,
    *,
    client: ClientOption,
    reason: Reason,
    author: Author = None,
    state: State = None,
) -> None:
    """Have a paused feed pulled again, from its next slot on.

    Example: hub schedule resume kr.mfds_permits --client kr-mfds --reason "it moved"
    """
    _change(
        state, feed, (client, author), lambda c, who: schedule_changes.resume(c, who, feed, reason)
    )


@app.command(name="set")
def set_line(
    feed: FeedId,
    cron: Annotated[
        str | None,
        typer.Argument(help="On the member's clock, such as `30 4 * * 1-5`; none: the feed's own."),
    ] = None,
    *,
    client: ClientOption,
    reason: Reason,
    author: Author = None,
    state: State = None,
) -> None:
    """Have a feed pulled by another cron line.

    Example: hub schedule set kr.mfds_permits "30 4 * * 1-5" --client kr-mfds --reason night
    """
    _change(
        state,
        feed,
        (client, author),
        lambda c, who: schedule_changes.reschedule(c, who, feed, cron, reason),
    )


@app.command()
def trigger(
    feed: FeedId,
    *,
    client: ClientOption,
    reason: Reason,
    author: Author = None,
    state: State = None,
) -> None:
    """Have a feed pulled as soon as a worker is free, paused or not.

    Example: hub schedule trigger kr.mfds_permits --client kr-mfds --reason "a new list"
    """
    queue = queue_on()
    _change(
        state,
        feed,
        (client, author),
        lambda c, who: schedule_changes.trigger(c, queue, who, feed, reason),
    )


def _change(
    state: State,
    feed: str,
    signed: tuple[str, str | None],
    change: Callable[[AsyncConnection, Caller], Awaitable[None]],
) -> None:
    """Carry a change out as `signed`, a client and a person, and say how it then stands."""

    async def carry_out(connection: AsyncConnection, caller: Caller) -> Standing:
        await change(connection, caller)
        return (await standings(connection, [feed]))[feed]

    print(_line(as_client(state, *signed, carry_out)))


def _line(standing: Standing) -> str:
    when = f"`{standing.cron}` in {standing.time_zone}"
    if standing.paused_at:
        since = f"{standing.paused_at:%Y-%m-%d %H:%M} UTC"
        return f"{standing.feed}: {when}, paused since {since}: {standing.pause_reason}"
    due = standing.next_run_at
    run = f"next {due:%Y-%m-%d %H:%M} UTC" if due else "not planned before a worker runs"
    waits = ", a run waits for a worker" if standing.waiting else ""
    return f"{standing.feed}: {when}, {run}{waits}"
