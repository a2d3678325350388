"""Keys of equal medicines, worked out of a member's current records and stored where they changed.

The rule is `federation.harmonize.equivalence`; here it is carried out after a publication, in its
transaction. A second run changes nothing.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Identifier, Literal

from federation.harmonize.equivalence import ActiveIngredient, pharmaceutical_product_key
from federation.records.declaration import Listing
from federation.records.registry import RECORD_TYPES
from federation.vocabularies.dose_forms import DoseForm, Route
from federation.vocabularies.terms import IngredientRole

_KEY = "pharmaceutical_product_key"

_LINKS = {"Product": "product_key", "GenericMedicine": "generic_key"}
"""Record types that have the key ← the ingredients' link to them."""

DECISIVE = frozenset({*_LINKS, "Ingredient"})
"""Record types whose publication can change a key."""


async def derive_equivalence(
    connection: AsyncConnection, origin: str, recorded_at: datetime, *, is_whole: bool = True
) -> int:
    """Bring the keys of a member's current medicines up to date; give how many changed.

    The caller holds the publishing turn. Records of this very publication (`recorded_at`) are
    completed in place; older ones get a new version.

    Args:
        connection: in the publication's transaction.
        origin: the member.
        recorded_at: of the publication.
        is_whole: whether the rule may be another than the stored keys came of; else only the
            medicines are looked at that this publication changed, or whose ingredients it did.
    """
    if not await _has_ingredients(connection, origin):
        return 0
    changed = 0
    for name, link in _LINKS.items():
        table = RECORD_TYPES[name].table
        due = SQL("true") if is_whole else _touched(link, recorded_at)
        keys = dict(_changed(await _medicines(connection, table, link, origin, due)))
        if keys:
            await _store(connection, name, keys, recorded_at)
        changed += len(keys)
    return changed


async def _has_ingredients(connection: AsyncConnection, origin: str) -> bool:
    """Say whether a member ever had an ingredient: no medicine of its has a key without."""
    cursor = await connection.execute(
        "SELECT EXISTS (SELECT FROM ingredient WHERE origin = %s)", [origin]
    )
    return await cursor.fetchone() == (True,)


def _touched(link: str, recorded_at: datetime) -> Composable:
    """Tell the medicines that a publication changed, or whose ingredients it did."""
    return SQL(
        "(t.recorded_at = {now} OR t.key IN (SELECT {link} FROM ingredient "
        "WHERE recorded_at = {now} OR superseded_at = {now}))"
    ).format(now=Literal(recorded_at), link=Identifier(link))


async def _medicines(
    connection: AsyncConnection, table: str, link: str, origin: str, due: Composable
) -> list[tuple[Any, ...]]:
    """Fetch due medicines that have a key or may get one, a row for each active ingredient."""
    statement = SQL(
        "SELECT t.key, t.{key}, t.dose_form, t.routes, i.substance_key, i.strength_value, "
        "i.strength_unit, i.strength_value_high, i.per_value, i.per_unit FROM {table} t "
        "LEFT JOIN ingredient i ON i.{link} = t.key AND i.superseded_at IS NULL "
        "AND i.listing = {listed} AND i.role = {active} "
        "WHERE t.origin = {origin} AND t.superseded_at IS NULL AND {due} "
        "AND (t.{key} IS NOT NULL OR t.dose_form IS NOT NULL AND i.key IS NOT NULL) ORDER BY t.key"
    ).format(
        key=Identifier(_KEY),
        table=Identifier(table),
        link=Identifier(link),
        listed=Literal(Listing.LISTED),
        active=Literal(IngredientRole.ACTIVE),
        origin=Literal(origin),
        due=due,
    )
    return await (await connection.execute(statement)).fetchall()


def _changed(rows: list[tuple[Any, ...]]) -> Iterator[tuple[str, str | None]]:
    """Name the medicines whose key is another than the one stored, each with its key."""
    for key, lines in groupby(rows, itemgetter(0)):
        parts = list(lines)
        _, stored, form, routes, *_ = parts[0]
        ingredients = [ActiveIngredient(*part[4:]) for part in parts if any(part[4:])]
        found = pharmaceutical_product_key(
            ingredients, form and DoseForm[form], [Route[route] for route in routes]
        )
        if found != stored:
            yield key, found


async def _store(
    connection: AsyncConnection, name: str, keys: dict[str, str | None], recorded_at: datetime
) -> None:
    record_type = RECORD_TYPES[name]
    columns = [column.name for column in record_type.model.__table__.columns]  # type: ignore[attr-defined]
    columns.remove("version_id")
    values: dict[str, Composable] = {
        "recorded_at": Literal(recorded_at),
        "superseded_at": SQL("NULL"),
        "change_seq": SQL("nextval('change_seq')"),
        _KEY: SQL("c.value"),
    }
    parts = {
        "table": Identifier(record_type.table),
        "key": Identifier(_KEY),
        "now": Literal(recorded_at),
        "changed": SQL("unnest({}::text[], {}::text[]) AS c (key, value)").format(
            Literal(list(keys)), Literal(list(keys.values()))
        ),
        "columns": SQL(", ").join(map(Identifier, columns)),
        "values": SQL(", ").join(values.get(name, Identifier("c", name)) for name in columns),
    }
    await connection.execute(
        SQL(
            "UPDATE {table} t SET {key} = c.value FROM {changed} "
            "WHERE t.key = c.key AND t.superseded_at IS NULL AND t.recorded_at = {now}"
        ).format(**parts)
    )
    await connection.execute(
        SQL(
            "WITH c AS (UPDATE {table} t SET superseded_at = {now} FROM {changed} "
            "WHERE t.key = c.key AND t.superseded_at IS NULL AND t.recorded_at < {now} "
            "RETURNING t.*, c.value) "
            "INSERT INTO {table} ({columns}) SELECT {values} FROM c"
        ).format(**parts)
    )
