"""Marks: by which a merge tells which records are as they were, without comparing them.

A mark is a quick hash of a record's key and all that is mapped of it. Those of a feed's last merge
are kept beside its records. A record that has the same mark again, and that nobody wrote since, is
settled: a merge would do with it what it did the last time, which is done (decision 0025).

INVARIANT: whoever writes to current records what a merge compares, draws from `change_seq` while
holding the publishing turn. A migration need not: marks from before it are not gone by.
"""

import asyncio
import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from io import BytesIO

import polars as pl
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from federation.harmonize.run import Batch

_SEEDS = {"mark_1": 1, "mark_2": 2}
"""Of a mark's two columns: of one with 64 bits, a change among very many might pass unseen."""

_SLICE_ROWS = 20_000
"""Rows marked at once: polars lays them out anew for it."""

_SCHEMA = {"key": pl.String(), **dict.fromkeys(_SEEDS, pl.UInt64())}

_REVISION = SQL("(SELECT string_agg(version_num, ' ') FROM alembic_version)")

_READ = SQL(
    "SELECT frame, is_whole, as_of_seq FROM feed_marks WHERE feed = %(feed)s "
    "AND record_type = %(type)s AND rule = %(rule)s AND schema_revision = {}"
).format(_REVISION)

_WRITTEN = SQL(
    "SELECT DISTINCT key FROM {table} "
    "WHERE (SELECT greatest(max(change_seq), max(removed_seq)) FROM {table}) > %(seq)s "
    "AND (change_seq > %(seq)s OR removed_seq > %(seq)s)"
)
"""Its first condition tells of the indexes alone that nothing was written, as is usual."""

_FORGET = "DELETE FROM feed_marks WHERE feed = %(feed)s AND record_type = %(type)s"

_KEEP = SQL(
    "INSERT INTO feed_marks "
    "(feed, record_type, rule, schema_revision, is_whole, as_of_seq, frame) SELECT "
    "%(feed)s, %(type)s, %(rule)s, {}, %(is_whole)s, last_value, %(frame)s FROM change_seq"
).format(_REVISION)


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks of one record type of a feed. Where only a record's key is known, its mark is null.

    `is_whole` says whether all that the feed's list holds is among them.
    """

    frame: pl.DataFrame
    is_whole: bool

    @classmethod
    def of(cls, batch: Batch, *, is_whole: bool) -> "Marks":
        """Mark a batch's records, in their order."""
        slices = list(batch.frame.iter_slices(_SLICE_ROWS)) or [batch.frame]
        return cls(pl.concat(_marked(part, batch) for part in slices), is_whole)

    def unlike(self, last: "Marks") -> pl.Series:
        """Give the places of the records whose mark is another than it was, or was not known."""
        known = (pl.col(name).is_in(last.frame[name].drop_nulls().implode()) for name in _SEEDS)
        return self.frame.select(pl.all_horizontal(known).not_().arg_true()).to_series()

    def beyond(self, other: "Marks") -> pl.Series:
        """Give the keys that the other does not have."""
        return self.frame.join(other.frame, on="key", how="anti")["key"]

    def over(self, last: "Marks") -> "Marks":
        """Add what the last had of other records."""
        others = last.frame.join(self.frame, on="key", how="anti")
        return Marks(pl.concat([self.frame, others]), last.is_whole)

    def without(self, keys: Collection[str]) -> "Marks":
        """Take records out."""
        return replace(self, frame=self.frame.filter(~pl.col("key").is_in(list(keys))))

    def with_keys(self, keys: Collection[str]) -> "Marks":
        """Know of these records that they are listed, and nothing else."""
        known = pl.DataFrame({"key": list(keys)}, schema={"key": pl.String})
        others = self.without(keys).frame
        return replace(self, frame=pl.concat([others, known], how="diagonal"))


async def last_marks(connection: AsyncConnection, batch: Batch, feed: str) -> Marks | None:
    """Read the marks of a feed's last merge; those of records written since are not known.

    None where there are none, or none by the rule of now. The caller holds the publishing turn.
    """
    table = Identifier(batch.mapping.record_type.table)
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(_READ, _named(batch, feed))
        if (kept := await cursor.fetchone()) is None:
            return None
        frame, is_whole, seq = kept
        await cursor.execute(_WRITTEN.format(table=table), {"seq": seq})
        written = {key for (key,) in await cursor.fetchall()}
    marks = Marks(await asyncio.to_thread(pl.read_ipc, BytesIO(frame)), is_whole)
    return marks.with_keys(written & set(marks.frame["key"])) if written else marks


async def keep_marks(connection: AsyncConnection, batch: Batch, feed: str, marks: Marks) -> None:
    """Keep a feed's marks for its next merge. The caller has merged, and holds the turn."""
    file = BytesIO()
    await asyncio.to_thread(marks.frame.write_ipc, file, compression="zstd")
    named = _named(batch, feed)
    await connection.execute(_FORGET, named)
    kept = named | {"is_whole": marks.is_whole, "frame": file.getvalue()}
    await connection.execute(_KEEP, kept)


def _named(batch: Batch, feed: str) -> dict[str, str]:
    return {"feed": feed, "type": batch.mapping.record_type.name, "rule": _rule(batch)}


def _marked(part: pl.DataFrame, batch: Batch) -> pl.DataFrame:
    content = part.select("key", *_content(batch))
    halves = (content.hash_rows(seed).alias(name) for name, seed in _SEEDS.items())
    return part.select("key").with_columns(*halves)


def _content(batch: Batch) -> list[str]:
    return [facts.name for facts in batch.mapping.record_type.content_fields]


def _rule(batch: Batch) -> str:
    """Digest what a mark's meaning hangs on: polars may hash otherwise in its next edition."""
    said = [pl.__version__, str(batch.mapping.is_mention), *_content(batch)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()
