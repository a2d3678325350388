"""`hub vocabularies`: the crosswalks, what they leave unmapped, and what a change would move.

The crosswalks stand in their members' folders, and `federation/members/crosswalks.py` lists them;
`hub/sync/vocabularies.py` holds them against the data being served.
"""

import asyncio
from typing import Any

import typer

from federation.feed import Feed
from federation.members.crosswalks import CROSSWALKS
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.edition import EDITION
from hub.cli.desk import in_transaction
from hub.cli.options import FeedId, Json, SomeFeed, State, settings_for
from hub.cli.printing import print_json, print_table, table, whole
from hub.cli.pulls import known_feeds
from hub.opening import open_database
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.store.landing import open_landing
from hub.sync.vocabularies import Move
from hub.sync.vocabularies import moves as moves_of
from hub.sync.vocabularies import unmapped as unmapped_of

app = typer.Typer(help="The common terms, and what native ones are in them.", no_args_is_help=True)


@app.command(name="list")
def list_crosswalks(*, json: Json = False) -> None:
    """List the crosswalks of this edition.

    Example: hub vocabularies list
    """
    if json:
        print_json(*map(_document, CROSSWALKS.values()))
        return
    shown = table("crosswalk", "leads to", figures=("version", "terms"), title=f"Edition {EDITION}")
    for one in CROSSWALKS.values():
        shown.add_row(one.id, one.vocabulary.__name__, str(one.version), str(len(one.terms)))
    print_table(shown)


@app.command()
def unmapped(feed: SomeFeed = None, *, json: Json = False, state: State = None) -> None:
    """List the native texts without a common term, worst first.

    Example: hub vocabularies unmapped kr.mfds_permits
    """
    feeds = known_feeds([feed] if feed else None)
    found = in_transaction(state, lambda connection: unmapped_of(connection, feeds))
    if json:
        print_json(*found)
        return
    shown = table(whole("feed"), "record", "field", "native text", figures=("records",))
    for one in found:
        shown.add_row(one.feed, one.record_type, one.field, one.native, f"{one.records:,}")
    print_table(
        shown,
        none="no native text that is served lacks its common term: `hub status` shows what was "
        "pulled",
    )


@app.command()
def moves(feed: FeedId, *, json: Json = False, state: State = None) -> None:
    """Show the records that today's crosswalks would move; nothing is published.

    Example: hub vocabularies moves kr.mfds_permits
    """
    (known,) = known_feeds([feed])
    found = asyncio.run(_moves(settings_for(state), known))
    if json:
        print_json(*found)
        return
    shown = table("record", "field", "from", "to", figures=("records",))
    for one in found:
        shown.add_row(one.record_type, one.field, one.before, one.after, f"{one.records:,}")
    print_table(shown, none=f"no record of {feed} would move: it was mapped by today's crosswalks")


def _document(one: Crosswalk) -> dict[str, Any]:
    leads_to = one.vocabulary.__name__
    return {
        "edition": EDITION,
        "crosswalk": one.id,
        "leads_to": leads_to,
        "version": one.version,
        "terms": len(one.terms),
    }


async def _moves(settings: Settings, feed: Feed) -> list[Move]:
    landing = open_landing(settings.landing_url, settings.state_dir)
    async with open_database(settings) as url, writing_pool(url) as pool:
        return await moves_of(pool, landing, feed)
