"""The rows of the gateway's tests: every record type, several origins and versions, awkward values.

Drawn from a seed out of the declarations themselves, so that a new record type or field is tested
without a word here. Links lead to records of any origin, to none, and to keys that do not exist.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from federation.records.declaration import (
    ENVELOPE,
    FieldFacts,
    Listing,
    Origin,
    PartialDate,
    Precision,
)
from federation.records.registry import RECORD_TYPES, RecordType

Row = dict[str, Any]
"""One version of one record, by column."""

TEXTS = (
    "", " ", "a", "A", "b", "B", "Ab", "타이레놀정", "アセトアミノフェン錠", "paracétamol",
    "e\u0301", 'a "quoted" word', "it's", "back\\slash", "100%", "under_score",
    "line\u2028separator", "new\nline\ttab", "</script>", "\u0001", "💊", "null", "$1", "%s",
    "x" * 300,
)  # fmt: skip
DECIMALS = tuple(
    map(
        Decimal,
        ("0", "1", "-1", "0.50", "1.500", "0.000000001", "10000000000000000000000000000.123450000"),
    )
)
WHOLES = (0, 1, -1, 7, 2**31 - 1, -(2**31))
DAYS = (None, "1999-12-31", "2026-01-01", "2026-01-31", "2026-12-31")
FEEDS = ("one.feed", "two.feed")
CONDITIONS = ("one", "two", "three")
"""What the sets hold that only agreements ask."""
FIRST_SEQ = 2**53 + 1
"""The first place in the change feed: past what a JavaScript number holds."""

COUNTS = {"Ingredient": 40, "Product": 15, "SupplyNotice": 60}
"""Keys of a record type; the others have a dozen."""

DANGLING = "KR.Product.no-such-record"


@dataclass(frozen=True)
class World:
    """All rows, by record type, and the instants at which something was recorded."""

    rows: Mapping[str, list[Row]]
    instants: tuple[datetime, ...]

    def current(self, record_type: str) -> list[Row]:
        """The versions that no newer one has replaced."""
        return [row for row in self.rows[record_type] if row["superseded_at"] is None]


def build_world(now: datetime, seed: int = 1) -> World:
    """Draw the rows. Keys were first recorded a month or an hour before `now`."""
    return _Draw(random.Random(seed), now).world()


def is_drawn(facts: FieldFacts) -> bool:
    """Whether a field's value is free: no part of what makes a version a version."""
    return facts.name not in _VERSION_FIELDS


_VERSION_FIELDS = ENVELOPE - {"native"}


def draw_value(chance: random.Random, facts: FieldFacts, keys: Mapping[str, list[str]]) -> Any:
    """Draw a value of a field's type, null now and then where it may be."""
    if facts.is_nullable and chance.random() < 0.25:
        return None
    if facts.refers_to:
        pool = keys[facts.refers_to]
        # Some records are linked to far more often, so that nested lists have more than a page.
        return chance.choice([*pool[:3] * 5, *pool, DANGLING])
    if facts.siblings:
        return chance.choice(TEXTS[:5])  # few enough that records share them
    if facts.is_list:
        return [_one(chance, facts.python_type) for _ in range(chance.choice((0, 0, 1, 3)))]
    return _one(chance, facts.python_type)


def _one(chance: random.Random, kind: type) -> Any:
    if issubclass(kind, StrEnum):
        return str(chance.choice(list(kind)))
    pools: dict[type, Any] = {
        str: TEXTS,
        int: WHOLES,
        bool: (True, False),
        Decimal: DECIMALS,
        PartialDate: tuple(
            {"text": text, "earliest": day, "latest": day and (later or day), "precision": str(how)}
            for text, how in zip(TEXTS[:5], Precision, strict=True)
            for day, later in zip(DAYS, reversed(DAYS), strict=True)
        ),
        dict: ({}, {"품목": "a", "b": None, "aa": 'q"'}, {text: text for text in TEXTS[2:6]}),
    }
    return chance.choice(pools[kind])


class _Draw:
    def __init__(self, chance: random.Random, now: datetime) -> None:
        self._chance = chance
        self._aside = random.Random(2)
        self._seq = FIRST_SEQ
        now = now.replace(microsecond=0)
        # Milliseconds that end in a zero, in none, and that are absent.
        self._instants = tuple(
            now - timedelta(days=days, milliseconds=-milliseconds)
            for days, milliseconds in ((30, 100), (20, 123), (10, 0))
        )
        self._lately = now - timedelta(hours=1)
        self._keys = {
            name: [
                f"{origin}.{name}.{number}{self._chance.choice(('', '-a', 'B', '.c', '한'))}"
                for number, origin in zip(range(COUNTS.get(name, 12)), _origins(name), strict=False)
            ]
            for name in RECORD_TYPES
        }

    def world(self) -> World:
        rows = {
            name: [row for key in self._keys[name] for row in self._versions(record_type, key)]
            for name, record_type in RECORD_TYPES.items()
        }
        return World(rows, (*self._instants, self._lately))

    def _versions(self, record_type: RecordType, key: str) -> list[Row]:
        """One to three versions of a key; now and then the last one is closed for good."""
        if self._chance.random() < 0.2:
            return [self._row(record_type, key, (self._lately,))]
        stamps = self._instants[: self._chance.choice((1, 1, 2, 3))]
        versions = [
            self._row(record_type, key, stamps[: place + 1]) for place in range(len(stamps))
        ]
        for older, newer in pairwise(versions):
            older["superseded_at"] = newer["recorded_at"]
        if self._chance.random() < 0.1:
            versions[-1] |= {"superseded_at": self._lately, "removed_seq": self._next()}
        return versions

    def _row(self, record_type: RecordType, key: str, stamps: tuple[datetime, ...]) -> Row:
        origin, _, national_id = key.split(".", 2)
        row: Row = {
            "content_digest": b"",
            "pull_id": 1,
            "native_row": 1,
            "removed_seq": None,
            "key": key,
            "origin": origin,
            "national_id": national_id,
            "national_id_scheme": self._chance.choice(("scheme", "other")),
            "feed": self._chance.choice(FEEDS),
            "listing": self._chance.choice([*Listing, Listing.LISTED]).value,
            "retrieved_at": self._chance.choice(self._instants),
            "first_recorded_at": stamps[0],
            "recorded_at": stamps[-1],
            "superseded_at": None,
            "vocabulary_edition": self._chance.choice((1, 2)),
            "change_seq": self._next(),
        }
        row |= {
            facts.name: self._aside.sample(CONDITIONS, self._aside.choice((0, 1, 2)))
            for facts in record_type.conditions
        }
        free = {name: facts for name, facts in record_type.fields.items() if is_drawn(facts)}
        return row | {
            name: draw_value(self._chance, facts, self._keys) for name, facts in free.items()
        }

    def _next(self) -> int:
        self._seq += self._chance.choice((1, 1, 5))
        return self._seq


def _origins(name: str) -> Iterable[str]:
    if name in {"Substance", "RegisterEntry"}:
        return ["ALLIANCE"] * COUNTS.get(name, 12)
    return [str(o) for o in Origin if o is not Origin.ALLIANCE] * 10


async def insert(connection: AsyncConnection, rows: Mapping[str, Iterable[Row]]) -> None:
    """Write rows into the record tables."""
    async with connection.cursor() as cursor:
        for name, found in rows.items():
            table = Identifier(RECORD_TYPES[name].table)
            for row in found:
                columns = SQL(", ").join(map(Identifier, row))
                places = SQL(", ").join([SQL("%s")] * len(row))
                statement = SQL("INSERT INTO {} ({}) VALUES ({})").format(table, columns, places)
                values = [Jsonb(v) if isinstance(v, dict) else v for v in row.values()]
                await cursor.execute(statement, values)


def at(text: str) -> datetime:
    """Read an instant."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
