"""Which organisation and site records are one: rules and people's words into `entity_key`.

Every record has a key, one alone too, so that having one tells nothing. A key is drawn at random:
a digest of a member's key could be tried against guesses, and would tell of records that the
caller may not see. The list of siblings runs under the policies of each sibling, so that a key
that two visible records share says what both already show, and one that only hidden records share
says nothing. What remains to see is that a visible record's key changed.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Identifier, Literal
from psycopg.types.json import Jsonb

from federation.organizations.clusters import Clusters, Pair, cluster
from federation.organizations.matching import (
    Link,
    Party,
    contradict,
    link_organizations,
    link_sites,
    party,
)
from federation.organizations.schemes import KOREAN_BUSINESS
from federation.records.declaration import Record
from federation.records.organization import Organization
from federation.records.site import Site
from hub.store.database import Pool
from hub.store.instants import instant_after_all
from hub.store.merge import take_turn
from hub.sync.entities.types import EndReason, EntityVerdict

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Linked:
    """What a run did: links found, links ended, and records whose entity changed."""

    found: int = 0
    ended: int = 0
    moved: int = 0

    def __add__(self, other: "Linked") -> "Linked":
        return Linked(self.found + other.found, self.ended + other.ended, self.moved + other.moved)


@dataclass(frozen=True, slots=True)
class _Subject:
    """A record type whose records are linked: by which rules, and what of a record they see."""

    model: type[Record]
    link: Callable[[Iterable[Party]], list[Link]]
    columns: Sequence[str]
    read: Callable[[Row], Party | None]

    @property
    def name(self) -> str:
        return self.model.__name__

    @property
    def table(self) -> Identifier:
        return Identifier(str(self.model.__tablename__))


async def link_after(pool: Pool) -> None:
    """Link entities if any record changed since they were, be it by a process that is gone."""
    async with pool.connection() as connection:
        if await _is_due(connection):
            await link_entities(connection)


async def link_entities(connection: AsyncConnection) -> Linked:
    """Bring links and entity keys in line with the current records and standing decisions.

    Takes the publishing turn; all is one transaction, the caller's. Running it again changes
    nothing.
    """
    await take_turn(connection)
    done = Linked()
    for subject in _SUBJECTS:
        done += await _link(connection, subject, await instant_after_all(connection))
        await connection.execute(SQL(_KEEP_PROGRESS).format(subject.table), [subject.name])
    return done


def entity_keys(
    groups: Sequence[Sequence[str]], current: Mapping[str, str | None]
) -> dict[str, str]:
    """Give each record its entity's key: one it has already where possible.

    A key stays with the group that holds most of its records, then with the one that holds the
    smallest record key: it outlives the group's growth and its loss of a part.

    Args:
        groups: record keys that are one entity; a record of no group is one by itself.
        current: every record's present entity key.
    """
    grouped = {key for group in groups for key in group}
    entities = [*groups, *((key,) for key in current if key not in grouped)]
    claims: list[tuple[int, str, int, str]] = []
    for place, members in enumerate(entities):
        held = Counter(current[key] for key in members)
        for entity, count in held.items():
            if entity:
                first = min(key for key in members if current[key] == entity)
                claims.append((-count, first, place, entity))
    given: dict[int, str] = {}
    taken: set[str] = set()
    for _, _, place, entity in sorted(claims):
        if place not in given and entity not in taken:
            given[place] = entity
            taken.add(entity)
    return {
        key: entity
        for place, members in enumerate(entities)
        for entity in [given.get(place) or f"E-{secrets.token_hex(8)}"]
        for key in members
    }


async def _is_due(connection: AsyncConnection) -> bool:
    for subject in _SUBJECTS:
        cursor = await connection.execute(SQL(_BEHIND).format(subject.table), [subject.name])
        if await cursor.fetchone() == (True,):
            return True
    return False


async def _link(connection: AsyncConnection, subject: _Subject, now: datetime) -> Linked:
    rows = await _read(connection, subject)
    current = {row["key"]: row["entity_key"] for row in rows}
    same, different = await _decisions(connection, subject, current)
    clusters = await asyncio.to_thread(_cluster, subject, rows, same, different)
    found, ended = await _keep_links(connection, subject, clusters.links, different, now)
    due = entity_keys(clusters.groups, current)
    moved = {key: entity for key, entity in due.items() if current[key] != entity}
    await _move(connection, subject, moved, now)
    return Linked(found, ended, len(moved))


def _cluster(
    subject: _Subject, rows: Sequence[Row], same: Sequence[Pair], different: Sequence[Pair]
) -> Clusters:
    parties = {one.key: one for row in rows if (one := subject.read(row))}

    def clash(left: str, right: str) -> bool:
        known = left in parties and right in parties
        return known and contradict(parties[left], parties[right]) is not None

    links = subject.link(parties.values())
    return cluster(links, clash, same=same, different=different)


async def _read(connection: AsyncConnection, subject: _Subject) -> list[Row]:
    statement = SQL("SELECT {} FROM {} WHERE superseded_at IS NULL").format(
        SQL(", ").join(map(Identifier, ["key", "entity_key", *subject.columns])), subject.table
    )
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement)
        return list(await cursor.fetchall())


async def _decisions(
    connection: AsyncConnection, subject: _Subject, known: Mapping[str, Any]
) -> tuple[list[Pair], list[Pair]]:
    """Read the standing decisions on current records: the same ones, and the different ones."""
    cursor = await connection.execute(
        "SELECT left_key, right_key, verdict FROM entity_decision "
        "WHERE record_type = %s AND undone_at IS NULL ORDER BY id",
        [subject.name],
    )
    decided = [row for row in await cursor.fetchall() if row[0] in known and row[1] in known]
    same = [(left, right) for left, right, word in decided if word == EntityVerdict.SAME]
    return same, [(left, right) for left, right, word in decided if word != EntityVerdict.SAME]


async def _keep_links(
    connection: AsyncConnection,
    subject: _Subject,
    links: Sequence[Link],
    different: Sequence[Pair],
    now: datetime,
) -> tuple[int, int]:
    """Open the links that are new and end those that stand no longer."""
    cursor = await connection.execute(
        "SELECT left_key, right_key, method, evidence, id FROM entity_link "
        "WHERE record_type = %s AND ended_at IS NULL",
        [subject.name],
    )
    said = {link.pair: link for link in links}
    standing = {(left, right): rest for left, right, *rest in await cursor.fetchall()}
    gone = [
        (pair, number)
        for pair, (method, evidence, number) in standing.items()
        if pair not in said or (method, evidence) != (said[pair].method, dict(said[pair].evidence))
    ]
    overruled = set(different)
    for reason in EndReason:
        is_due = reason is EndReason.OVERRULED
        await connection.execute(
            "UPDATE entity_link SET ended_at = %s, ended_reason = %s WHERE id = ANY(%s)",
            [now, reason, [number for pair, number in gone if (pair in overruled) is is_due]],
        )
    ended = {pair for pair, _ in gone}
    new = [link for pair, link in said.items() if pair not in standing or pair in ended]
    async with connection.cursor() as inserting:
        await inserting.executemany(
            "INSERT INTO entity_link (record_type, left_key, right_key, method, evidence, "
            "confidence, found_at) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    subject.name,
                    link.left,
                    link.right,
                    link.method,
                    Jsonb(dict(link.evidence)),
                    link.confidence,
                    now,
                )
                for link in new
            ],
        )
    return len(new), len(gone)


async def _move(
    connection: AsyncConnection, subject: _Subject, moved: Mapping[str, str], now: datetime
) -> None:
    """Close each moved record's version and insert the one that names its entity.

    The digest, the feed and the pull stay: what the source says has not changed.
    """
    if not moved:
        return
    columns = [column.name for column in subject.model.__table__.columns]  # type: ignore[attr-defined]
    columns.remove("version_id")
    values: dict[str, Composable] = {
        "entity_key": SQL("s.entity_key"),
        "recorded_at": Literal(now),
        "superseded_at": SQL("NULL"),
        "change_seq": SQL("nextval('change_seq')"),
    }
    statement = SQL(
        "WITH said (key, entity_key) AS (SELECT * FROM unnest(%s::text[], %s::text[])), "
        "closed AS (UPDATE {table} t SET superseded_at = {now} FROM said s "
        "WHERE t.key = s.key AND t.superseded_at IS NULL RETURNING t.*) "
        "INSERT INTO {table} ({columns}) SELECT {values} FROM closed c JOIN said s USING (key)"
    ).format(
        table=subject.table,
        now=Literal(now),
        columns=SQL(", ").join(map(Identifier, columns)),
        values=SQL(", ").join(values.get(name, Identifier("c", name)) for name in columns),
    )
    await connection.execute(statement, [list(moved), list(moved.values())])
    # Readers plan by these figures at once; autovacuum would bring them a minute late.
    await connection.execute(SQL("ANALYZE {}").format(subject.table))


_BEHIND = """
SELECT greatest(max(change_seq), max(removed_seq), 0) >
       coalesce((SELECT change_seq FROM entity_progress WHERE record_type = %s), 0) FROM {}
"""

_KEEP_PROGRESS = """
INSERT INTO entity_progress (record_type, change_seq)
SELECT %s, greatest(max(change_seq), max(removed_seq), 0) FROM {}
ON CONFLICT (record_type) DO UPDATE SET change_seq = EXCLUDED.change_seq
"""


def _organization(row: Row) -> Party | None:
    """Read an organisation. Its business number is evidence, and stays out of what is shown."""
    business = row["business_number"]
    return party(
        key=row["key"],
        name=row["name"],
        english=row["name_en"],
        country=row["country"],
        numbers=[*row["identifiers"], *([f"{KOREAN_BUSINESS}:{business}"] if business else [])],
        address=row["address_text"],
    )


def _site(row: Row) -> Party | None:
    return party(
        key=row["key"],
        name=row["name"],
        other_names=row["other_names"],
        country=row["country"],
        numbers=row["identifiers"],
        address=row["address_text"],
        locality=row["locality_text"],
    )


_SUBJECTS = (
    _Subject(
        Organization,
        link_organizations,
        ("name", "name_en", "country", "identifiers", "address_text", "business_number"),
        _organization,
    ),
    _Subject(
        Site,
        link_sites,
        ("name", "other_names", "country", "identifiers", "address_text", "locality_text"),
        _site,
    ),
)

SUBJECT_NAMES = frozenset(subject.name for subject in _SUBJECTS)
"""Record types whose records are linked."""
