"""`hub review`: the review queue, for the operator of an agency's own hub.

A command speaks for a registered client: it may do what the client's roles allow, and a decision
names the client's organisation beside the author given.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import typer
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table

from hub.app import open_database, open_pulls
from hub.cli.options import State, settings_for
from hub.curation.decisions import history as read_history
from hub.curation.models import Verdict
from hub.curation.queue import Queued, find_text, read_queue
from hub.curation.types import Decision, Ruling
from hub.errors import InvalidInput, NotFound
from hub.gateway.desks.review import ReviewDesk
from hub.identity.own_issuer.clients import find
from hub.identity.types import Caller, Purpose
from hub.settings import Settings
from hub.store.database import Pool, writing_pool

app = typer.Typer(help="Texts the resolver leaves open, and decisions.", no_args_is_help=True)

ClientOption = Annotated[
    str, typer.Option("--client", help="The client you speak for, such as `kr-mfds`.")
]
Author = Annotated[str, typer.Option("--author", help="Who decides, as the record shall say.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")]
Text = Annotated[str, typer.Argument(help="The ingredient text, to the letter.")]
OriginOption = Annotated[
    str | None, typer.Option("--origin", help="The member; the client's own when not given.")
]

_COMMAND_LINE = "command line"
"""Issuer of what is decided here: the operator's word, not a token's."""


@app.command(name="list")
def list_texts(
    client: ClientOption,
    origin: OriginOption = None,
    first: Annotated[int, typer.Option("--first", help="How many texts.")] = 20,
    after: Annotated[str | None, typer.Option("--after", help="Read on from here.")] = None,
    state: State = None,
) -> None:
    """List the texts that hold back most records."""

    async def read() -> tuple[list[Queued], bool]:
        async with (
            _open(settings_for(state), client) as desk,
            desk.pool.connection() as connection,
        ):
            page = await read_queue(
                connection, desk.caller, origin=origin, first=first, after=after
            )
            return page.texts, page.has_next

    texts, has_next = asyncio.run(read())
    table = Table("held back", "origin", "text", "feeds", "such as")
    for each in texts:
        named = each.text + (" (ambiguous)" if each.is_ambiguous else "")
        table.add_row(
            f"{each.held_back:,}", each.origin, named, ", ".join(each.feeds), each.keys[0]
        )
    _print(table)
    if has_next:
        print(f"more with --after {texts[-1].cursor}")


@app.command()
def candidates(
    text: Text, client: ClientOption, origin: OriginOption = None, state: State = None
) -> None:
    """Say what a text may mean, and why the resolver would not say so."""

    async def explain() -> None:
        async with _open(settings_for(state), client) as desk:
            member = origin or desk.caller.member
            async with desk.pool.connection() as connection:
                queued = await find_text(connection, desk.caller, member, text)
            if queued is None:
                raise NotFound(f"no current ingredient of {member} has the text `{text}`")
            explanation = await desk.review.explain(queued)
        for step in explanation.resolution.steps:
            print(step)
        table = Table("inn", "unii", "method", "confidence", "reasons")
        for each in explanation.candidates:
            reasons = "\n".join(each.reasons)
            table.add_row(each.inn, each.unii, each.method, f"{each.confidence:.3f}", reasons)
        _print(table)

    asyncio.run(explain())


@app.command()
def decide(
    text: Text,
    *,
    client: ClientOption,
    author: Author,
    reason: Reason,
    inn: Annotated[str | None, typer.Option("--inn", help="Of a substance.")] = None,
    no_substance: Annotated[
        bool, typer.Option("--no-substance", help="The text names none.")
    ] = False,
    supersedes: Annotated[
        int | None, typer.Option("--supersedes", help="The decision that stands now.")
    ] = None,
    origin: OriginOption = None,
    state: State = None,
) -> None:
    """Decide what a text means, in all records at once."""
    if (inn is None) is not no_substance:
        raise InvalidInput("decide for one: give --inn, or say --no-substance")
    verdict = Verdict.NO_SUBSTANCE if no_substance else Verdict.SUBSTANCE

    async def keep() -> Decision:
        async with _open(settings_for(state), client, author) as desk:
            ruling = Ruling(origin or desk.caller.member, text, verdict, inn, reason, supersedes)
            return await desk.review.decide(desk.caller, ruling)

    print(_line(asyncio.run(keep())))


@app.command()
def undo(
    decision: Annotated[int, typer.Argument(help="Its number, as the history has it.")],
    client: ClientOption,
    author: Author,
    reason: Reason,
    state: State = None,
) -> None:
    """End a decision: what the resolver says holds again."""

    async def keep() -> Decision:
        async with _open(settings_for(state), client, author) as desk:
            return await desk.review.undo(desk.caller, decision, reason)

    print(_line(asyncio.run(keep())))


@app.command()
def history(
    client: ClientOption,
    text: Annotated[str | None, typer.Argument(help="Of this text alone.")] = None,
    origin: OriginOption = None,
    first: Annotated[int, typer.Option("--first", help="How many decisions.")] = 50,
    state: State = None,
) -> None:
    """List decisions, the newest first, undone and superseded ones too."""

    async def read() -> list[Decision]:
        async with (
            _open(settings_for(state), client) as desk,
            desk.pool.connection() as connection,
        ):
            return await read_history(
                connection, desk.caller, origin=origin, text=text, first=first
            )

    for each in asyncio.run(read()):
        print(_line(each))


@dataclass(frozen=True, slots=True)
class _Desk:
    """The review desk, and whom the operator speaks for."""

    review: ReviewDesk
    pool: Pool
    caller: Caller


@asynccontextmanager
async def _open(settings: Settings, client: str, author: str = "") -> AsyncIterator[_Desk]:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        open_pulls(settings, pool) as tools,
    ):
        async with pool.connection() as connection:
            caller = await _caller(connection, client, author)
        yield _Desk(ReviewDesk(pool, tools.register), pool, caller)


async def _caller(connection: AsyncConnection, client: str, author: str) -> Caller:
    known = await find(connection, client)
    return Caller(
        issuer=_COMMAND_LINE,
        subject=author,
        client=known.client_id,
        member=known.member,
        organisation=known.organisation,
        roles=known.roles,
        purpose=Purpose.SUPPLY_MAPPING,
        sender_constrained=False,
        token_id="",
    )


def _line(decision: Decision) -> str:
    named = decision.inn or decision.verdict.lower().replace("_", " ")
    ended = f", until {decision.superseded_at:%Y-%m-%d %H:%M}" if decision.superseded_at else ""
    return (
        f"{decision.id}: {decision.origin} `{decision.native_text}` is {named}, "
        f"{decision.records:,} records; {decision.subject} of {decision.organisation}, "
        f"{decision.decided_at:%Y-%m-%d %H:%M}{ended}: {decision.reason}"
    )


def _print(table: Table) -> None:
    Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200).print(table)
