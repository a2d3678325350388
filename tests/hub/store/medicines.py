"""Medicines and their ingredients as current rows, for tests of what is worked out from them."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from federation.records.registry import RECORD_TYPES
from federation.vocabularies.edition import EDITION
from tests.hub.gateway.world import Row

THEN = datetime(2026, 1, 1, tzinfo=UTC)
NOW = THEN + timedelta(seconds=1)
PARACETAMOL, CAFFEINE = "ALLIANCE.Substance.paracetamol", "ALLIANCE.Substance.caffeine"

_places = count(1)


def record(key: str, recorded_at: datetime, **content: Any) -> Row:
    """Make a current version of a record."""
    origin, _, national_id = key.split(".", 2)
    return {
        "content_digest": key.encode(),
        "pull_id": 7,
        "native_row": 1,
        "key": key,
        "origin": origin,
        "national_id": national_id,
        "national_id_scheme": "number",
        "feed": f"{origin.lower()}.list",
        "listing": "LISTED",
        "retrieved_at": recorded_at,
        "first_recorded_at": recorded_at,
        "recorded_at": recorded_at,
        "change_seq": next(_places),
        "vocabulary_edition": EDITION,
        "native": {},
    } | content


def product(key: str, recorded_at: datetime = NOW, **content: Any) -> Row:
    """Make a product, an authorised tablet unless told otherwise."""
    tablet = {
        "name": key,
        "species": "HUMAN",
        "authorisation_status": "AUTHORISED",
        "dose_form": "TABLET",
        "routes": ["ORAL"],
        "route_texts": [],
        "atc_codes": [],
        "manufacturing_countries": [],
    }
    return record(key, recorded_at, **tablet | content)


def generic(key: str, recorded_at: datetime = NOW, **content: Any) -> Row:
    """Make a generic medicine, a tablet unless told otherwise."""
    tablet = {"name": key, "dose_form": "TABLET", "routes": ["ORAL"], "route_texts": []}
    return record(key, recorded_at, **tablet | content)


def ingredient(of: str, substance: str | None, strength: str, unit: str = "mg", **more: Any) -> Row:
    """Make an active ingredient of a product or a generic medicine."""
    origin, owner, national_id = of.split(".", 2)
    position = next(_places)
    link = {"Product": "product_key", "GenericMedicine": "generic_key"}[owner]
    content = {
        link: of,
        "substance_key": substance,
        "position": position,
        "role": "ACTIVE",
        "native_text": "text",
        "strength_value": strength,
        "strength_unit": unit,
        "resolution_method": "EXACT",
        "resolution_confidence": 1,
    }
    return record(f"{origin}.Ingredient.{national_id}/{position}", NOW, **content | more)


async def versions(connection: AsyncConnection, record_type: str, key: str) -> list[Row]:
    """List all versions of a record, oldest first."""
    statement = SQL("SELECT * FROM {} WHERE key = %s ORDER BY recorded_at").format(
        Identifier(RECORD_TYPES[record_type].table)
    )
    async with connection.cursor(row_factory=dict_row) as cursor:
        return await (await cursor.execute(statement, [key])).fetchall()
