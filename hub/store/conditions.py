"""What agreements ask of a record's medicine, worked out of other records and stored beside it.

A `MedicineRecord`'s substances are those of its medicine's active ingredients; its essential lists
are those that name the medicine or one of them. Only the same member's records count, or a
member's own list could open another's rows.

The current version is completed in place, without a new version: a change in which nothing differs
would tell of an ingredient or listing that its reader may not see. What was and what is are kept
with a place in the change feed (`condition_models.py`), which tells those alone who gain or lose
the row by it. `asOf` asks of a version what was known while it was current.
"""

from collections.abc import Collection
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composed, Identifier, Literal

from federation.records.declaration import Listing
from federation.records.registry import RECORD_TYPES, RecordType
from federation.vocabularies.terms import IngredientRole

_CONDITIONED = {name: one for name, one in RECORD_TYPES.items() if one.conditions}

_SOURCES = frozenset({"Ingredient", "EssentialListing"})
"""Record types that conditions are worked out of."""


async def derive_conditions(
    connection: AsyncConnection,
    origin: str,
    recorded_at: datetime,
    published: Collection[str],
    *,
    is_whole: bool = True,
) -> int:
    """Bring the conditions of a member's current records up to date; give how many changed.

    The caller holds the publishing turn.

    Args:
        connection: in the publication's transaction.
        origin: the member.
        recorded_at: of the publication.
        published: the record types it may have changed.
        is_whole: whether the rule may be another than the stored conditions came of; else only the
            records are looked at that this publication changed, or whose medicine it did.
    """
    if _SOURCES.isdisjoint(published):
        types = [_CONDITIONED[name] for name in published if name in _CONDITIONED]
    else:
        types = list(_CONDITIONED.values())
    if not types or not await _has_sources(connection, origin):
        return 0
    await connection.execute(SQL(_TOUCHED).format(now=Literal(recorded_at)))
    changed = 0
    for record_type in types:
        due = _all(record_type, origin) if is_whole else _touched(record_type, recorded_at)
        changed += (await connection.execute(_update(record_type, due, recorded_at))).rowcount
    await connection.execute("DROP TABLE touched_medicine")
    return changed


async def _has_sources(connection: AsyncConnection, origin: str) -> bool:
    """Say whether a member ever had a record that conditions are worked out of."""
    cursor = await connection.execute(
        "SELECT EXISTS (SELECT FROM ingredient WHERE origin = %(origin)s) "
        "OR EXISTS (SELECT FROM essential_listing WHERE origin = %(origin)s)",
        {"origin": origin},
    )
    return await cursor.fetchone() == (True,)


def _all(record_type: RecordType, origin: str) -> Composed:
    return SQL("{due} AND t.origin = {origin}").format(
        due=_due(record_type), origin=Literal(origin)
    )


def _touched(record_type: RecordType, recorded_at: datetime) -> Composed:
    """List the records that a publication changed, and those whose medicine it did.

    INVARIANT: an instant is one publication's and so one member's. Members are compared with one
    another and not with a given one: PostgreSQL's figures may not know a member's first records
    yet, and would have it read a whole table for each of them.
    """
    due = _due(record_type)
    linked = (
        SQL(
            " UNION {due} AND (t.origin, t.{link}) IN (SELECT origin, key FROM touched_medicine)"
        ).format(due=due, link=Identifier(link))
        for link in _links(record_type)
    )
    return SQL("{due} AND t.recorded_at = {now}{linked}").format(
        due=due, now=Literal(recorded_at), linked=SQL("").join(linked)
    )


def _due(record_type: RecordType) -> Composed:
    return SQL(
        "SELECT t.version_id, t.origin, ARRAY[{links}] AS medicines, "
        "t.substances <> '{{}}' OR t.essential_lists <> '{{}}' AS is_set FROM {table} t "
        "WHERE t.superseded_at IS NULL"
    ).format(
        table=Identifier(record_type.table),
        links=SQL(", ").join(Identifier("t", link) for link in _links(record_type)),
    )


def _update(record_type: RecordType, due: Composed, recorded_at: datetime) -> Composed:
    return SQL(_UPDATE).format(
        due=due,
        name=Literal(record_type.name),
        now=Literal(recorded_at),
        table=Identifier(record_type.table),
        part=SQL("i.origin = m.origin AND i.role = {} AND {}").format(
            Literal(IngredientRole.ACTIVE), _listed("i")
        ),
        listing=SQL("e.origin = m.origin AND {}").format(_listed("e")),
    )


def _links(record_type: RecordType) -> list[str]:
    """Name the columns that lead to a record's medicine: a product or a generic medicine."""
    if record_type.name == "Product":
        return ["key"]
    fields = record_type.fields.values()
    return [each.name for each in fields if each.refers_to in {"Product", "GenericMedicine"}]


def _listed(row: str) -> Composed:
    return SQL("{row}.superseded_at IS NULL AND {row}.listing = {listed}").format(
        row=Identifier(row), listed=Literal(Listing.LISTED)
    )


_TOUCHED = """
CREATE TEMP TABLE touched_medicine ON COMMIT DROP AS
SELECT origin, unnest(ARRAY[product_key, generic_key]) AS key FROM ingredient
WHERE {now} IN (recorded_at, superseded_at)
UNION
SELECT origin, product_key FROM essential_listing
WHERE {now} IN (recorded_at, superseded_at)
UNION
SELECT i.origin, unnest(ARRAY[i.product_key, i.generic_key])
FROM essential_listing e JOIN ingredient i USING (origin, substance_key)
WHERE {now} IN (e.recorded_at, e.superseded_at) AND i.superseded_at IS NULL
"""

_UPDATE = """
WITH due AS ({due}),
medicine AS (
    SELECT version_id, origin, key FROM due CROSS JOIN unnest(medicines) AS m (key)
),
substance AS (
    SELECT m.version_id, m.origin, i.substance_key AS key
    FROM medicine m JOIN ingredient i ON i.product_key = m.key WHERE {part}
    UNION
    SELECT m.version_id, m.origin, i.substance_key
    FROM medicine m JOIN ingredient i ON i.generic_key = m.key WHERE {part}
),
list AS (
    SELECT m.version_id, e.list_name
    FROM medicine m JOIN essential_listing e ON e.product_key = m.key WHERE {listing}
    UNION
    SELECT m.version_id, e.list_name
    FROM substance m JOIN essential_listing e ON e.substance_key = m.key WHERE {listing}
),
found AS (
    SELECT version_id, coalesce(array_agg(key ORDER BY key)
            FILTER (WHERE key IS NOT NULL), '{{}}') AS substances,
        coalesce(array_agg(list_name ORDER BY list_name)
            FILTER (WHERE list_name IS NOT NULL), '{{}}') AS essential_lists
    FROM (
        SELECT version_id, NULL AS key, NULL AS list_name FROM due WHERE is_set
        UNION ALL SELECT version_id, key, NULL FROM substance
        UNION ALL SELECT version_id, NULL, list_name FROM list
    ) AS part GROUP BY version_id
),
-- A version that is published with them is told with them.
told AS (
    INSERT INTO condition_change (seq, record_type, version_id, changed_at, substances_before,
        substances_after, essential_lists_before, essential_lists_after)
    SELECT nextval('change_seq'), {name}, version_id, {now}, t.substances, found.substances,
        t.essential_lists, found.essential_lists
    FROM found JOIN {table} t USING (version_id) WHERE t.recorded_at <> {now}
        AND (t.substances, t.essential_lists)
            IS DISTINCT FROM (found.substances, found.essential_lists)
)
UPDATE {table} t SET substances = found.substances, essential_lists = found.essential_lists
FROM found WHERE t.version_id = found.version_id AND (t.substances, t.essential_lists)
    IS DISTINCT FROM (found.substances, found.essential_lists)
"""
