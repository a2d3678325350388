"""`hub held`: pulls that the gate holds, and the modes of feeds' gates.

A command speaks for a registered client: it may do what the client's roles allow. `--author` says
which person decides; a release or rejection takes two.
"""

from collections.abc import Iterator
from typing import Annotated

import typer
from psycopg import AsyncConnection

from federation.gate import GateMode
from hub.cli.desk import as_client
from hub.cli.options import ClientOption, FeedId, Json, NamedAuthor, Reason, State
from hub.cli.printing import figure, print_json, print_table, table, whole
from hub.cli.pull_desk import with_pulls
from hub.cli.replay import difference_lines
from hub.errors import InvalidInput
from hub.identity.types import Caller
from hub.sync import releasing
from hub.sync.comparison import Difference
from hub.sync.held import pulls as held
from hub.sync.held.pulls import HeldPull, ModeInForce
from hub.sync.pull import PullTools

app = typer.Typer(help="Pulls that look wrong and wait for two people.", no_args_is_help=True)

PullId = Annotated[int, typer.Argument(help="The held pull, as `hub held list` numbers it.")]
DECLARED = "DECLARED"
"""Said in place of a mode to have the feed's declared one again."""


@app.command(name="list")
def list_held(
    client: ClientOption,
    every: Annotated[
        bool, typer.Option("--all", help="Those that were decided on or superseded too.")
    ] = False,
    json: Json = False,
    state: State = None,
) -> None:
    """List the pulls that are held of the feeds a client may read of.

    Example: hub held list --client kr-mfds
    """

    async def read(connection: AsyncConnection, caller: Caller) -> list[HeldPull]:
        return await held.readable(connection, caller, is_open=not every)

    found = as_client(state, client, None, read)
    if json:
        print_json(*found)
        return
    shown = table(figure("pull"), whole("feed"), "state", "since (UTC)", "code", "reason")
    for each in found:
        since = f"{each.since:%Y-%m-%d %H:%M}"
        where = _standing(each)
        shown.add_row(str(each.pull_id), each.feed, where, since, each.reason_code, each.reason)
    which = "was ever held" if every else "is held"
    print_table(
        shown,
        none=f"no pull {which} of the feeds that `{client}` may read of: `hub status` shows how "
        "each feed stands",
    )


@app.command()
def show(pull: PullId, client: ClientOption, *, json: Json = False, state: State = None) -> None:
    """Show why a pull is held, and what its release would change.

    Example: hub held show 42 --client kr-mfds
    """

    async def read(tools: PullTools, caller: Caller) -> tuple[HeldPull, Difference | str]:
        async with tools.pool.connection() as connection:
            case = await held.one(connection, caller, pull)
        return case, await releasing.difference(tools, caller, pull)

    case, found = with_pulls(state, client, None, read)
    if json:
        print_json({"held_pull": case, "difference": found})
        return
    for line in (*_told(case), *([found] if isinstance(found, str) else difference_lines(found))):
        print(line)


@app.command()
def release(
    pull: PullId, *, client: ClientOption, author: NamedAuthor, reason: Reason, state: State = None
) -> None:
    """Propose to publish a held pull, or agree to it as another person.

    Example: hub held release 42 --client kr-mfds --author anna --reason "it is so"
    """

    async def decide(tools: PullTools, caller: Caller) -> str:
        return releasing.remark_on(await releasing.release(tools, caller, pull, reason))

    print(with_pulls(state, client, author, decide))


@app.command()
def reject(
    pull: PullId, *, client: ClientOption, author: NamedAuthor, reason: Reason, state: State = None
) -> None:
    """Propose never to publish a held pull, or agree to it as another person.

    Example: hub held reject 42 --client kr-mfds --author anna --reason "it is so"
    """

    async def decide(tools: PullTools, caller: Caller) -> str:
        return releasing.remark_on(await releasing.reject(tools.pool, caller, pull, reason))

    print(with_pulls(state, client, author, decide))


@app.command()
def mode(
    feed: FeedId,
    mode: Annotated[str, typer.Argument(help="EVOLVE, HOLD, FREEZE, or DECLARED: the feed's own.")],
    *,
    client: ClientOption,
    author: NamedAuthor,
    reason: Reason,
    state: State = None,
) -> None:
    """Set the mode of a feed's gate.

    Example: hub held mode kr.mfds_permits HOLD --client kr-mfds --author anna --reason "it is so"
    """
    wanted = _mode(mode)

    async def decide(tools: PullTools, caller: Caller) -> ModeInForce:
        return await releasing.set_mode(tools.pool, caller, feed, wanted, reason)

    found = with_pulls(state, client, author, decide)
    by = f", set by {found.set_by}: {found.reason}" if found.set_by else ", as declared"
    print(f"the gate of {found.feed} is {found.mode}{by}")


def _mode(text: str) -> GateMode | None:
    if text.upper() == DECLARED:
        return None
    try:
        return GateMode(text.upper())
    except ValueError as error:
        known = ", ".join([*GateMode, DECLARED])
        raise InvalidInput(f"`{text}` is no mode of a gate: name one of {known}") from error


def _standing(case: HeldPull) -> str:
    if case.proposal is None:
        return case.state.lower()
    return f"{case.state.lower()}, {case.proposal.step.lower().replace('_', ' ')}"


def _told(case: HeldPull) -> Iterator[str]:
    yield f"{case.named} is {_standing(case)}: {case.reason_code}"
    for breach in case.breaches or [{"code": case.reason_code, "reason": case.reason}]:
        yield f"  {breach['code']}: {breach['reason']}"
        figures = [
            f"{name} {breach[name]}"
            for name in ("before", "now", "limit")
            if breach.get(name) is not None
        ]
        if figures:
            yield f"    {', '.join(figures)}"
    for event in case.events:
        who = f"{event.actor.subject} ({event.actor.client})" if event.actor else "the hub"
        step = event.step.lower().replace("_", " ")
        yield f"  {event.at:%Y-%m-%d %H:%M:%S} {step} by {who}: {event.reason}"
