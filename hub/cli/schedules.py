"""`hub schedule`: when feeds are pulled, and what people changed of it.

A command speaks for a registered client: it may do what the client's roles allow. `--author` says
which person decides; every change keeps its `--reason`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, TypeVar

import typer
from psycopg import AsyncConnection

from hub.app import open_database
from hub.cli.agreements import Author, ClientOption, Reason
from hub.cli.options import State, settings_for
from hub.cli.pulls import known_feeds
from hub.gateway.access.explaining import caller_of
from hub.identity.own_issuer.clients import find
from hub.identity.types import Caller, Purpose
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.sync.scheduling import changes as schedule_changes
from hub.sync.scheduling.changes import Change
from hub.sync.scheduling.queue import queue_on
from hub.sync.scheduling.standing import Standing, standings

app = typer.Typer(help="When feeds are pulled.", no_args_is_help=True)

Result = TypeVar("Result")

FeedId = Annotated[str, typer.Argument(help="A feed id, such as `kr.mfds_permits`.")]

SHOWN = 20
"""How many changes are shown, the newest first."""

_COMMAND_LINE = "command line"
"""Issuer of what is decided here: the operator's word, not a token's."""


@app.command()
def show(feed: FeedId, state: State = None) -> None:
    """Print a feed's schedule, and what people did to it."""
    known_feeds([feed])

    async def read(connection: AsyncConnection) -> tuple[Standing, list[Change]]:
        standing = (await standings(connection, [feed]))[feed]
        return standing, await schedule_changes.changes(connection, feed, SHOWN)

    standing, changes = asyncio.run(_in_transaction(settings_for(state), read))
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
    """Have a feed pulled no more by its schedule."""
    _change(
        state, feed, client, author, lambda c, who: schedule_changes.pause(c, who, feed, reason)
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
    """Have a paused feed pulled again, from its next slot on."""
    _change(
        state, feed, client, author, lambda c, who: schedule_changes.resume(c, who, feed, reason)
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
    """Have a feed pulled by another cron line."""
    _change(
        state,
        feed,
        client,
        author,
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
    """Have a feed pulled as soon as a worker is free, paused or not."""
    queue = queue_on()
    _change(
        state,
        feed,
        client,
        author,
        lambda c, who: schedule_changes.trigger(c, queue, who, feed, reason),
    )


def _change(
    state: State,
    feed: str,
    client: str,
    author: str | None,
    change: Callable[[AsyncConnection, Caller], Awaitable[None]],
) -> None:
    async def carry_out(connection: AsyncConnection) -> Standing:
        known = caller_of(await find(connection, client), Purpose.EXERCISE)
        caller = replace(known, issuer=_COMMAND_LINE, subject=author or client)
        await change(connection, caller)
        return (await standings(connection, [feed]))[feed]

    print(_line(asyncio.run(_in_transaction(settings_for(state), carry_out))))


async def _in_transaction(
    settings: Settings, work: Callable[[AsyncConnection], Awaitable[Result]]
) -> Result:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        pool.connection() as connection,
    ):
        return await work(connection)


def _line(standing: Standing) -> str:
    when = f"`{standing.cron}` in {standing.time_zone}"
    if standing.paused_at:
        since = f"{standing.paused_at:%Y-%m-%d %H:%M} UTC"
        return f"{standing.feed}: {when}, paused since {since}: {standing.pause_reason}"
    due = standing.next_run_at
    run = f"next {due:%Y-%m-%d %H:%M} UTC" if due else "not planned before a worker runs"
    waits = ", a run waits for a worker" if standing.waiting else ""
    return f"{standing.feed}: {when}, {run}{waits}"
