"""What a pull's records would change in those being served, by content digest; nothing is written.

Any pull's: one that the gate holds, or landed bytes that are mapped again (`hub.sync.replay`).
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composed, Identifier, Literal

from federation.feed import Feed
from federation.harmonize.mapping import RESOLVED
from federation.harmonize.run import Batch, Harmonized, with_digests
from hub.curation.applying import with_decisions
from hub.store.database import Pool
from hub.store.staging import stage
from hub.sync import history

EXAMPLES = 5
"""Most keys that are named of one kind of change, and of one field."""

LOOKED_INTO = 5_000
"""Most changed records of one type whose fields are held against each other, in key order."""

_STAGE = Identifier("mapped_digest")
_FATES = Identifier("mapped_fate")
_VALUES = Identifier("mapped_value")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of a changed record: what is served, and what would be; None is no value."""

    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field that would change, in how many of the records looked into, with a few of them."""

    field: str
    records: int
    examples: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class TypeDifference:
    """What would happen to the records of one type; the keys are the first ones of each kind.

    `fields` are of the first `LOOKED_INTO` changed records, most frequent first.
    """

    record_type: str
    added: int
    changed: int
    absent: int
    same: int
    added_keys: tuple[str, ...]
    changed_keys: tuple[str, ...]
    absent_keys: tuple[str, ...]
    fields: tuple[FieldDifference, ...]

    @property
    def is_none(self) -> bool:
        """Nothing would be written."""
        return not (self.added or self.changed or self.absent)


@dataclass(frozen=True, slots=True)
class Balance:
    """A pull's rows and what they came to, as `hub status` has them."""

    rows: int
    records: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What publishing would change. `before` is the served pull's balance; None before any."""

    feed: str
    before: Balance | None
    after: Balance
    types: tuple[TypeDifference, ...]

    @property
    def is_none(self) -> bool:
        """No record would be written."""
        return all(one.is_none for one in self.types)


async def compare(
    pool: Pool, harmonized: Harmonized, feed: Feed, *, unusable: Sequence[str] = ()
) -> Difference:
    """Hold mapped records against those served, by the rules of the merge. Nothing stays written.

    Args:
        pool: one that may write: the comparison is staged in temporary tables.
        harmonized: what the rows of a pull came to.
        feed: the pull's feed.
        unusable: keys that the list holds in rows that could not become records.
    """
    async with _discarded(pool) as connection:
        served = await history.served_balance(connection, feed.id)
        batches = await with_decisions(connection, feed.member, harmonized.batches)
        types = [
            await _Comparison(connection, feed, batch, harmonized.withdrawn).carry_out(unusable)
            for batch in batches
        ]
    after = Balance(harmonized.rows, harmonized.records, harmonized.quarantined.height)
    return Difference(feed.id, Balance(*served) if served else None, after, tuple(types))


@asynccontextmanager
async def _discarded(pool: Pool) -> AsyncIterator[AsyncConnection]:
    """Give a connection whose work is undone at the end, however it ends."""
    async with (
        pool.connection() as connection,
        connection.transaction(force_rollback=True),
    ):
        yield connection


class _Comparison:
    """One batch against the current records of its type."""

    def __init__(
        self, connection: AsyncConnection, feed: Feed, batch: Batch, withdrawn: Sequence[str]
    ) -> None:
        self._connection = connection
        self._feed = feed
        self._batch = batch
        self._withdrawn = withdrawn
        self._type = batch.mapping.record_type
        self._table = Identifier(self._type.table)
        self._resolved = sorted(RESOLVED & self._type.fields.keys())

    async def carry_out(self, unusable: Sequence[str]) -> TypeDifference:
        await self._stage()
        await self._connection.execute(self._judge(unusable))
        counts = await self._counts()
        difference = TypeDifference(
            record_type=self._type.name,
            added=counts["added"],
            changed=counts["changed"],
            absent=counts["absent"],
            same=counts["same"],
            added_keys=tuple(await self._keys("added", EXAMPLES)),
            changed_keys=tuple(await self._keys("changed", EXAMPLES)),
            absent_keys=tuple(await self._keys("absent", EXAMPLES)),
            fields=await self._fields() if counts["changed"] else (),
        )
        await self._connection.execute(SQL("DROP TABLE {}, {}").format(_STAGE, _FATES))
        return difference

    async def _stage(self) -> None:
        names = {"key", "content_digest", *self._resolved}
        digested = await asyncio.to_thread(with_digests, self._batch)
        await stage(self._connection, _STAGE, digested, names)
        await self._connection.execute(SQL("ANALYZE {}").format(_STAGE))

    def _judge(self, unusable: Sequence[str]) -> Composed:
        """Tell each key's fate, as `hub.store.merge` would."""
        owned = SQL("t.feed = {}").format(Literal(self._feed.id))
        served, mapped = ([SQL("true"), *self._resolved_of(row)] for row in "ts")
        differs = SQL(
            "(t.content_digest <> s.content_digest OR t.listing <> 'LISTED' "
            "OR ({}) IS DISTINCT FROM ({}))"
        ).format(SQL(", ").join(served), SQL(", ").join(mapped))
        due = SQL("{} AND {}" if self._batch.mapping.is_mention else "NOT {} OR {}")
        return SQL(
            "CREATE TEMP TABLE {fates} ON COMMIT DROP AS "
            "SELECT s.key, CASE WHEN t.key IS NULL THEN 'added' WHEN {due} THEN 'changed' "
            "ELSE 'same' END AS fate FROM {stage} s "
            "LEFT JOIN {table} t ON t.key = s.key AND t.superseded_at IS NULL "
            "UNION ALL (SELECT t.key, 'absent' FROM {table} t WHERE {listed} AND {is_telling} "
            "AND t.key <> ALL ({unusable}) "
            "AND NOT EXISTS (SELECT FROM {stage} s WHERE s.key = t.key) "
            "UNION SELECT t.key, 'absent' FROM {table} t "
            "WHERE {listed} AND t.key = ANY ({withdrawn}))"
        ).format(
            fates=_FATES,
            due=due.format(owned, differs),
            stage=_STAGE,
            table=self._table,
            listed=SQL("{} AND t.superseded_at IS NULL AND t.listing = 'LISTED'").format(owned),
            is_telling=Literal(self._feed.is_full_list and not self._batch.mapping.is_mention),
            unusable=Literal(list(unusable)),
            withdrawn=Literal(list(self._withdrawn)),
        )

    def _resolved_of(self, row: str) -> Iterator[Identifier]:
        return (Identifier(row, name) for name in self._resolved)

    async def _counts(self) -> dict[str, int]:
        cursor = await self._connection.execute(
            SQL("SELECT fate, count(*) FROM {} GROUP BY fate").format(_FATES)
        )
        return defaultdict(int, await cursor.fetchall())

    async def _keys(self, fate: str, most: int) -> list[str]:
        cursor = await self._connection.execute(
            SQL("SELECT key FROM {} WHERE fate = %s ORDER BY key LIMIT %s").format(_FATES),
            [fate, most],
        )
        return [key for (key,) in await cursor.fetchall()]

    async def _fields(self) -> tuple[FieldDifference, ...]:
        """Hold the fields of changed records against each other, in the form they are stored in."""
        keys = await self._keys("changed", LOOKED_INTO)
        changed = replace(self._batch, frame=self._batch.frame.filter(pl.col("key").is_in(keys)))
        names = [facts.name for facts in self._type.content_fields]
        await stage(self._connection, _VALUES, changed, {"key", *names})
        cursor = await self._connection.execute(
            SQL(
                "SELECT t.key, to_jsonb(t), to_jsonb(v) || jsonb_build_object("
                "'feed', {feed}::text, 'listing', 'LISTED') FROM {values} v "
                "JOIN {table} t ON t.key = v.key AND t.superseded_at IS NULL ORDER BY t.key"
            ).format(values=_VALUES, table=self._table, feed=Literal(self._feed.id))
        )
        found = _differences(await cursor.fetchall(), [*names, "feed", "listing"])
        await self._connection.execute(SQL("DROP TABLE {}").format(_VALUES))
        return found


def _differences(
    rows: Sequence[tuple[str, dict[str, Any], dict[str, Any]]], names: Sequence[str]
) -> tuple[FieldDifference, ...]:
    changes: dict[str, list[FieldChange]] = defaultdict(list)
    for key, before, after in rows:
        for name in names:
            if before[name] != after[name]:
                changes[name].append(FieldChange(key, _shown(before[name]), _shown(after[name])))
    found = [
        FieldDifference(name, len(each), tuple(each[:EXAMPLES])) for name, each in changes.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.records, one.field)))


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
