"""`hub vocabularies`: the crosswalks, what they leave unmapped, and what a change would move."""

import asyncio
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from federation.feed import Feed
from federation.members.crosswalks import CROSSWALKS
from federation.vocabularies.edition import EDITION
from hub.app import open_database
from hub.cli.options import State, settings_for
from hub.cli.pulls import known_feeds
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.store.landing import open_landing
from hub.sync.vocabularies import Move, Unmapped
from hub.sync.vocabularies import moves as moves_of
from hub.sync.vocabularies import unmapped as unmapped_of

app = typer.Typer(help="The common terms and the national crosswalks.", no_args_is_help=True)


@app.command(name="list")
def list_crosswalks() -> None:
    """List the crosswalks of this edition."""
    table = Table("crosswalk", "leads to", "version", "terms", title=f"edition {EDITION}")
    for one in CROSSWALKS.values():
        table.add_row(one.id, one.vocabulary.__name__, str(one.version), str(len(one.terms)))
    _print(table)


@app.command()
def unmapped(
    feed: Annotated[str | None, typer.Argument(help="Feed id; all when none.")] = None,
    state: State = None,
) -> None:
    """List the native texts without a common term in the data being served, worst first."""
    feeds = known_feeds([feed] if feed else None)
    table = Table("feed", "record", "field", "native text", "records")
    for one in asyncio.run(_unmapped(settings_for(state), feeds)):
        table.add_row(one.feed, one.record_type, one.field, one.native, f"{one.records:,}")
    _print(table)


@app.command()
def moves(
    feed: Annotated[str, typer.Argument(help="Feed id.")],
    state: State = None,
) -> None:
    """Show the records that the crosswalks of now would move; nothing is published."""
    (known,) = known_feeds([feed])
    table = Table("record", "field", "from", "to", "records")
    for one in asyncio.run(_moves(settings_for(state), known)):
        table.add_row(one.record_type, one.field, one.before, one.after, f"{one.records:,}")
    _print(table)


async def _unmapped(settings: Settings, feeds: list[Feed]) -> list[Unmapped]:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        pool.connection() as connection,
    ):
        return await unmapped_of(connection, feeds)


async def _moves(settings: Settings, feed: Feed) -> list[Move]:
    landing = open_landing(settings.landing_url, settings.state_dir)
    async with open_database(settings) as url, writing_pool(url) as pool:
        return await moves_of(pool, landing, feed)


def _print(table: Table) -> None:
    Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200).print(table)
