"""What is wrong with a submission by what the hub holds already.

A number that another feed uses is not to be filed under, nothing can be taken back that is not
there; and a product the hub does not know is worth a hint.
"""

from collections.abc import Iterator, Mapping

import polars as pl
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from federation.filing.template import Action, Column, Template, is_withdrawal, said
from federation.harmonize.mapping import key_of
from federation.reading.native import ROW
from federation.records.declaration import Listing
from federation.records.registry import RECORD_TYPES
from hub.submissions.checking import SHOWN_CHARS, Checked
from hub.submissions.types import Defect


async def check_stored(connection: AsyncConnection, checked: Checked) -> list[Defect]:
    """Tell every defect that a file has by what is stored."""
    if checked.sheet is None:
        return []
    table = checked.template.record_type.table
    known = await _current(connection, table, checked.records["key"].to_list())
    defects = [*await _held_before(connection, checked), *_of_numbers(checked, known)]
    files = checked.sheet.rows.filter(~is_withdrawal())
    for column, to in _links(checked.template):
        text = said(column)
        key = key_of(checked.feed.member, to, text)
        named = files.select(ROW, text.alias("text"), key.alias("key")).drop_nulls()
        known = await _current(connection, RECORD_TYPES[to].table, named["key"].to_list())
        defects += _of_link(column, to, named.filter(~pl.col("key").is_in(list(known))))
    return defects


async def _held_before(connection: AsyncConnection, checked: Checked) -> list[Defect]:
    """Refuse to take the place of a held submission that names records which this one does not."""
    cursor = await connection.execute(
        "SELECT s.id, count(*) FROM submission s JOIN held_pull h ON h.pull_id = s.pull_id "
        "JOIN filed_record f ON f.submission_id = s.id "
        "WHERE s.feed = %s AND h.state = 'OPEN' AND f.key <> ALL (%s) GROUP BY s.id",
        [checked.feed.id, checked.records["key"].to_list()],
    )
    return [
        Defect(
            None,
            None,
            "HELD_BEFORE",
            submission,
            f"this submission is held, and names {count} records that yours does not: have it "
            "released or rejected first, or file those records too",
        )
        for submission, count in await cursor.fetchall()
    ]


def _of_numbers(checked: Checked, known: Mapping[str, tuple[str, str]]) -> Iterator[Defect]:
    name = checked.template.identifier.name
    prefix = len(f"{checked.feed.member}.{checked.template.record_type.name}.")
    for row, key, action in checked.records.iter_rows():
        feed, listing = known.get(key, (None, None))
        found = key[prefix:][:SHOWN_CHARS]
        if action == Action.WITHDRAW and (feed, listing) != (checked.feed.id, Listing.LISTED):
            mend = "nothing filed stands under this number: look it up, or leave the row out"
            yield Defect(row, name, "NOTHING_TO_WITHDRAW", found, mend)
        elif action == Action.FILE and feed not in {None, checked.feed.id}:
            mend = f"the list `{feed}` has this number already: file under one of your own"
            yield Defect(row, name, "NUMBER_TAKEN", found, mend)


def _of_link(column: Column, to: str, unknown: pl.DataFrame) -> Iterator[Defect]:
    """Hint at rows that name a record of another type that the hub does not know."""
    mend = f"the hub knows no {to} of this number: look whether it is right"
    rule = f"UNKNOWN_{to.upper()}"
    for row, text in unknown.select(ROW, "text").iter_rows():
        yield Defect(row, column.name, rule, text[:SHOWN_CHARS], mend, is_refusing=False)


def _links(template: Template) -> Iterator[tuple[Column, str]]:
    """List the columns that name a record of another type, each with the type."""
    for column in template.columns:
        facts = template.facts(column)
        if facts and facts.refers_to:
            yield column, facts.refers_to


async def _current(
    connection: AsyncConnection, table: str, keys: list[str]
) -> dict[str, tuple[str, str]]:
    """Find the feed and the listing of those keys that have a current version."""
    cursor = await connection.execute(
        SQL(
            "SELECT key, feed, listing FROM {} WHERE key = ANY (%s) AND superseded_at IS NULL"
        ).format(Identifier(table)),
        [keys],
    )
    return {key: (feed, listing) for key, feed, listing in await cursor.fetchall()}
