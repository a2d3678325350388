"""Decisions applied: to all current ingredients at once, and to what a pull is about to publish.

What the resolver said of a decided ingredient is kept beside it, pull after pull, so that an undo
restores it. Both ways need the publishing turn, so no decision slips between them.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import polars as pl
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Identifier, Literal

from federation.harmonize.run import Batch
from federation.records.product import Ingredient
from federation.substances.register import substance_key
from federation.vocabularies.terms import ResolutionMethod
from hub.curation.models import Verdict
from hub.curation.types import Ruling

_CERTAIN = "1.000"
"""Confidence of what a curator decided."""

_RESOLUTION = ("substance_key", "resolution_method", "resolution_confidence")


async def apply(connection: AsyncConnection, ruling: Ruling, now: datetime) -> int:
    """Give every current ingredient of a text a new version that says what was decided.

    Gives how many: those that said so already stay as they are.
    """
    if ruling.verdict is Verdict.UNDONE:
        return await _rewrite(connection, _said_by_resolver(ruling), now)
    said = SQL("SELECT key, {} FROM ingredient t WHERE {} AND resolution_method <> {}").format(
        _of("t"), _current(ruling), ResolutionMethod.CURATED.value
    )
    await _remember(connection, said)
    return await _rewrite(connection, _said_by_curator(ruling), now)


async def with_decisions(
    connection: AsyncConnection, origin: str, batches: Sequence[Batch]
) -> list[Batch]:
    """Put what was decided in the place of what the resolver said, in a pull's batches."""
    cursor = await connection.execute(
        "SELECT native_text, inn FROM substance_decision "
        "WHERE superseded_at IS NULL AND origin = %s AND verdict <> %s",
        [origin, Verdict.UNDONE],
    )
    decided = {text: substance_key(inn) if inn else None for text, inn in await cursor.fetchall()}
    return [
        await _overlaid(connection, batch, decided)
        if decided and batch.mapping.record is Ingredient
        else batch
        for batch in batches
    ]


async def _overlaid(
    connection: AsyncConnection, batch: Batch, decided: dict[str, str | None]
) -> Batch:
    text = pl.col("native_text")
    is_decided = text.is_in(list(decided))
    said = batch.frame.filter(is_decided).select("key", *_RESOLUTION)
    columns = (Literal(column.to_list()) for column in said.iter_columns())
    unnested = "SELECT * FROM unnest({}::text[], {}::text[], {}::text[], {}::numeric[])"
    await _remember(connection, SQL(unnested).format(*columns))
    curated = {
        "substance_key": text.replace_strict(decided, default=None, return_dtype=pl.String),
        "resolution_method": pl.lit(ResolutionMethod.CURATED.value),
        "resolution_confidence": pl.lit(_CERTAIN),
    }
    overlay = [
        pl.when(is_decided).then(value).otherwise(pl.col(name)).alias(name)
        for name, value in curated.items()
    ]
    return replace(batch, frame=batch.frame.with_columns(overlay))


async def _remember(connection: AsyncConnection, said: Composable) -> None:
    """Keep what the resolver said: a query of keys and their resolutions."""
    statement = SQL(
        "INSERT INTO overridden_resolution "
        "(key, substance_key, resolution_method, resolution_confidence) {} "
        "ON CONFLICT (key) DO UPDATE SET substance_key = EXCLUDED.substance_key, "
        "resolution_method = EXCLUDED.resolution_method, "
        "resolution_confidence = EXCLUDED.resolution_confidence"
    )
    await connection.execute(statement.format(said))


def _said_by_curator(ruling: Ruling) -> Composable:
    return SQL("SELECT key, {}::text, {}, {}::numeric FROM ingredient WHERE {}").format(
        Literal(substance_key(ruling.inn) if ruling.inn else None),
        Literal(ResolutionMethod.CURATED.value),
        Literal(_CERTAIN),
        _current(ruling),
    )


def _said_by_resolver(ruling: Ruling) -> Composable:
    return SQL(
        "SELECT o.key, o.substance_key, o.resolution_method, o.resolution_confidence "
        "FROM overridden_resolution o JOIN ingredient USING (key) WHERE {}"
    ).format(_current(ruling))


def _current(ruling: Ruling) -> Composable:
    return SQL("superseded_at IS NULL AND origin = {} AND native_text = {}").format(
        ruling.origin, ruling.text
    )


async def _rewrite(connection: AsyncConnection, said: Composable, now: datetime) -> int:
    """Close the ingredients that say otherwise and insert their new versions.

    The digest stays: it is taken of what the source says, and that has not changed.
    """
    columns = [column.name for column in Ingredient.__table__.columns]  # type: ignore[attr-defined]
    columns.remove("version_id")
    values: dict[str, Composable] = {
        "recorded_at": Literal(now),
        "superseded_at": SQL("NULL"),
        "change_seq": SQL("nextval('change_seq')"),
    } | {name: Identifier("s", name) for name in _RESOLUTION}
    statement = SQL(
        "WITH said (key, substance_key, resolution_method, resolution_confidence) AS ({said}), "
        "closed AS (UPDATE ingredient t SET superseded_at = {now} FROM said s "
        "WHERE t.key = s.key AND t.superseded_at IS NULL AND ({old}) IS DISTINCT FROM ({new}) "
        "RETURNING t.*) "
        "INSERT INTO ingredient ({columns}) SELECT {values} FROM closed c JOIN said s USING (key)"
    ).format(
        said=said,
        now=Literal(now),
        old=_of("t"),
        new=_of("s"),
        columns=SQL(", ").join(map(Identifier, columns)),
        values=SQL(", ").join(values.get(name, Identifier("c", name)) for name in columns),
    )
    return (await connection.execute(statement)).rowcount


def _of(row: str) -> Composable:
    return SQL(", ").join(Identifier(row, name) for name in _RESOLUTION)
