"""The review queue: texts that hold records back, the heaviest first, and what the records say.

Read from the current records each time, so that it is never behind. What a text may mean is
`federation.substances.candidates`' work.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.sql import SQL, Composable

from federation.members.registry import FEEDS
from federation.records.product import Ingredient
from federation.vocabularies.terms import ResolutionMethod
from hub.curation.access import readable_origins
from hub.errors import InvalidInput
from hub.identity.types import Caller

MOST_QUEUED = 50
"""Most texts of one page: each is compared with the whole register."""

MOST_SHOWN = 5
"""Most record keys shown of one text."""

_MOST_LOOKED_INTO = 20  # records of one text that are searched for codes
_UNII = re.compile(r"\b[A-Z0-9]{10}\b")


@dataclass(frozen=True, slots=True)
class Queued:
    """A text of the queue and the evidence in its records.

    Attributes:
        origin: the member whose text it is.
        text: as its records have it.
        held_back: how many current records wait for it.
        is_ambiguous: its records name several substances, or only some name one.
        feeds: they came by, sorted.
        substances: keys of those that some of its records name, sorted.
        keys: of a few of its records, sorted.
        unii: codes in a few of its native rows; for the texts' owner alone.
        atc: codes of a few of its products.
    """

    origin: str
    text: str
    held_back: int
    is_ambiguous: bool
    feeds: list[str]
    substances: list[str]
    keys: list[str] = field(default_factory=list)
    unii: list[str] = field(default_factory=list)
    atc: list[str] = field(default_factory=list)

    @property
    def cursor(self) -> str:
        """Its place in the queue, to read on from."""
        place = orjson.dumps([self.held_back, self.origin, self.text])
        return base64.urlsafe_b64encode(place).decode()


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of the queue, and whether more follow."""

    texts: list[Queued]
    has_next: bool


async def read_queue(
    connection: AsyncConnection,
    caller: Caller,
    *,
    origin: str | None = None,
    first: int = MOST_QUEUED,
    after: str | None = None,
) -> QueuePage:
    """Read a page of the queue: most records held back first, then by member and text.

    Raises:
        InvalidInput: an unknown member, a cursor that is none, or `first` beyond `MOST_QUEUED`.
        Forbidden: the caller may not review that member's texts.
    """
    if not 1 <= first <= MOST_QUEUED:
        raise InvalidInput(
            f"`first` is {first}: ask for 1 to {MOST_QUEUED} and page on with `after`",
            code="PAGE_SIZE",
        )
    texts = await _read(
        connection,
        caller,
        origins=readable_origins(caller, origin),
        wanted=SQL("true"),
        placed=SQL("held_back > 0 AND {}").format(_later(after)),
        limit=first + 1,
    )
    return QueuePage(texts[:first], has_next=len(texts) > first)


async def find_text(
    connection: AsyncConnection, caller: Caller, origin: str, text: str
) -> Queued | None:
    """Find a text among the current records, whether it is queued or not.

    Raises:
        InvalidInput: an unknown member.
        Forbidden: the caller may not review that member's texts.
    """
    texts = await _read(
        connection,
        caller,
        origins=readable_origins(caller, origin),
        wanted=SQL("native_text = {}").format(text),
        placed=SQL("true"),
        limit=1,
    )
    return texts[0] if texts else None


async def _read(connection: AsyncConnection, caller: Caller, **terms: Any) -> list[Queued]:
    statement = _TEXTS.format(none=ResolutionMethod.NONE.value, **terms)
    async with connection.cursor(row_factory=class_row(Queued)) as cursor:
        await cursor.execute(statement)
        found = await cursor.fetchall()
    return await _with_evidence(connection, caller, found)


async def _with_evidence(
    connection: AsyncConnection, caller: Caller, texts: Sequence[Queued]
) -> list[Queued]:
    """Add what a few records of each text say besides."""
    statement = _EVIDENCE.format(
        origins=[each.origin for each in texts],
        texts=[each.text for each in texts],
        most=_MOST_LOOKED_INTO,
    )
    rows: dict[tuple[str, str], list[_Row]] = {}
    async with connection.cursor(row_factory=class_row(_Row)) as cursor:
        await cursor.execute(statement)
        async for row in cursor:
            rows.setdefault((row.origin, row.native_text), []).append(row)
    return [_joined(each, rows.get((each.origin, each.text), []), caller) for each in texts]


@dataclass(frozen=True, slots=True)
class _Row:
    """One record of a text."""

    origin: str
    native_text: str
    key: str
    feed: str
    native: Mapping[str, object]
    atc_codes: list[str] | None


def _joined(queued: Queued, rows: Sequence[_Row], caller: Caller) -> Queued:
    # INVARIANT: native rows are the owner's own; the alliance's bodies see no part of them.
    is_owner = caller.member == queued.origin
    unii = {code for row in rows for code in _codes(row)} if is_owner else set()
    return replace(
        queued,
        keys=[row.key for row in rows[:MOST_SHOWN]],
        unii=sorted(unii),
        atc=sorted({code for row in rows for code in row.atc_codes or ()}),
    )


def _codes(row: _Row) -> Iterator[str]:
    """Yield the UNIIs in the native columns that the feed's mapping takes them from."""
    feed = FEEDS.get(row.feed)
    for mapping in feed.mappings if feed else ():
        if (
            mapping.record is Ingredient
            and mapping.substance
            and mapping.substance.unii is not None
        ):
            for column in mapping.substance.unii.meta.root_names():
                yield from _UNII.findall(orjson.dumps(row.native.get(column)).decode())


def _later(after: str | None) -> Composable:
    """Write the condition that a text comes after a cursor."""
    if after is None:
        return SQL("true")
    try:
        held_back, origin, text = orjson.loads(base64.urlsafe_b64decode(after))
        place = int(held_back), str(origin), str(text)
    except (ValueError, TypeError) as error:
        raise InvalidInput(
            "`after` is not a cursor of the queue: use `endCursor`", code="BAD_CURSOR"
        ) from error
    return SQL('(-held_back, origin COLLATE "C", text COLLATE "C") > ({}, {}, {})').format(
        -place[0], *place[1:]
    )


_TEXTS = SQL("""
    SELECT * FROM (
        SELECT origin, native_text AS text,
            CASE WHEN count(DISTINCT substance_key) > 1 THEN count(*)
                ELSE count(*) FILTER (WHERE resolution_method = {none}) END AS held_back,
            count(DISTINCT coalesce(substance_key, '')) > 1 AS is_ambiguous,
            array_agg(DISTINCT feed) AS feeds,
            array_remove(array_agg(DISTINCT substance_key), NULL) AS substances
        FROM ingredient
        WHERE superseded_at IS NULL AND origin = ANY({origins}) AND {wanted}
        GROUP BY origin, native_text
    ) texts
    WHERE {placed} ORDER BY held_back DESC, origin COLLATE "C", text COLLATE "C" LIMIT {limit}
""")
_EVIDENCE = SQL(
    "SELECT r.origin, r.native_text, r.key, r.feed, r.native, p.atc_codes FROM ("
    "SELECT i.*, row_number() OVER (PARTITION BY i.origin, i.native_text ORDER BY i.key) AS place "
    "FROM ingredient i JOIN unnest({origins}::text[], {texts}::text[]) w (origin, text) "
    "ON i.origin = w.origin AND i.native_text = w.text WHERE i.superseded_at IS NULL) r "
    "LEFT JOIN product p ON p.key = r.product_key AND p.superseded_at IS NULL "
    "WHERE r.place <= {most} ORDER BY r.key"
)
