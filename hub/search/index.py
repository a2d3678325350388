"""Keeping the search terms in step with the records: after a publication, in its own transactions.

A batch of changed records at a time, in the order of the change feed; what a batch has done is
committed with how far it came, so that whoever is stopped goes on from there. Several processes
may run it at once: they take turns. A new version that is found by the same texts costs nothing.
"""

import asyncio
import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composed, Identifier

from federation.records.declaration import FieldFacts
from federation.records.registry import RECORD_TYPES, RecordType
from federation.substances import normalise
from hub.search import findable, terms
from hub.search.findable import Use, facts_of
from hub.search.terms import form_of_code, form_of_name, words_of
from hub.store.database import Pool

BATCH = 5_000
"""Records of one transaction: a second's work."""

_LOCK = 7_214_003
"""Advisory lock of whoever writes search terms; any fixed number of the hub's own."""

_GROWTH = 50_000
"""Terms written from which on PostgreSQL's figures of the table are taken anew."""

_log = structlog.get_logger()

Terms = dict[tuple[str, str], tuple[Use, str]]
"""What a record is found by: (field, text) → use and form."""


@dataclass(frozen=True, slots=True)
class _Changed:
    """A batch of a record type's changes: the terms of the current records, and how far it goes."""

    terms: Mapping[str, Terms]
    upto: int


async def bring_up_to_date(pool: Pool) -> int:
    """Bring all terms in step with the records that are committed; give how many were written."""
    written = 0
    for record_type in RECORD_TYPES.values():
        while (done := await _batch(pool, record_type)) is not None:
            written += done
    if written >= _GROWTH:
        async with pool.connection() as connection:
            # Without this, questions would look through what waits to be put into the index.
            await connection.execute("SELECT gin_clean_pending_list('ix_search_term_words')")
            await connection.execute("ANALYZE search_term (record_type, use, form, words)")
    if written:
        _log.info("search terms written", count=written)
    return written


async def _batch(pool: Pool, record_type: RecordType) -> int | None:
    """Do one batch in a transaction; None where there is nothing left."""
    async with pool.connection() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        since = await _progress(connection, record_type)
        head = await _head(connection, record_type)
        if since >= head:
            return None
        await connection.execute(_forget_removed(record_type), [since, head])
        changed = await _changed(connection, record_type, since, head)
        known = await _known(connection, list(changed.terms))
        due = {key: one for key, one in changed.terms.items() if one.keys() != known.get(key)}
        written = await _replace(connection, record_type, due)
        await connection.execute(
            "UPDATE search_progress SET change_seq = %s WHERE record_type = %s",
            [changed.upto, record_type.name],
        )
        return written


async def _progress(connection: AsyncConnection, record_type: RecordType) -> int:
    """Read how far a record type's terms have come; begin anew where the rules are others."""
    name = record_type.name
    cursor = await connection.execute(
        "SELECT change_seq FROM search_progress WHERE record_type = %s AND rules = %s",
        [name, rules_digest()],
    )
    row = await cursor.fetchone()
    if row:
        return int(row[0])
    await connection.execute("DELETE FROM search_term WHERE record_type = %s", [name])
    await connection.execute(
        "INSERT INTO search_progress VALUES (%s, 0, %s) ON CONFLICT (record_type) "
        "DO UPDATE SET change_seq = 0, rules = EXCLUDED.rules",
        [name, rules_digest()],
    )
    return 0


async def _head(connection: AsyncConnection, record_type: RecordType) -> int:
    """Find the newest change of a record type.

    INVARIANT: changes are committed in their order, so all that came before it can be read.
    """
    cursor = await connection.execute(
        SQL("SELECT greatest(max(change_seq), max(removed_seq), 0) FROM {}").format(
            Identifier(record_type.table)
        )
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


def _forget_removed(record_type: RecordType) -> Composed:
    return SQL(
        "DELETE FROM search_term s USING {table} t WHERE s.key = t.key "
        "AND t.removed_seq > %s AND t.removed_seq <= %s "
        "AND NOT EXISTS (SELECT FROM {table} c WHERE c.key = t.key AND c.superseded_at IS NULL)"
    ).format(table=Identifier(record_type.table))


async def _changed(
    connection: AsyncConnection, record_type: RecordType, since: int, head: int
) -> _Changed:
    fields = facts_of(record_type)
    statement = SQL(
        "SELECT change_seq, superseded_at IS NULL, key, {fields} FROM {table} "
        "WHERE change_seq > %s AND change_seq <= %s ORDER BY change_seq LIMIT %s"
    ).format(
        fields=SQL(", ").join(Identifier(facts.name) for facts, _ in fields),
        table=Identifier(record_type.table),
    )
    rows = await (await connection.execute(statement, [since, head, BATCH])).fetchall()
    terms = await asyncio.to_thread(_terms, fields, rows)
    return _Changed(terms, rows[-1][0] if len(rows) == BATCH else head)


def _terms(
    fields: Sequence[tuple[FieldFacts, Use]], rows: Iterable[tuple[Any, ...]]
) -> dict[str, Terms]:
    """List what each current record is found by."""
    return {key: _found_by(fields, values) for _, is_current, key, *values in rows if is_current}


def _found_by(fields: Sequence[tuple[FieldFacts, Use]], values: Sequence[Any]) -> Terms:
    """List what a record is found by; of texts that come to the same for one use, the first."""
    found: dict[tuple[Use, str], tuple[str, str]] = {}
    for (facts, use), value in zip(fields, values, strict=True):
        for text in value if facts.is_list else (value,):
            if form := _form(use, text or ""):
                found.setdefault((use, form), (facts.name, text))
    return {source: term for term, source in found.items()}


def _form(use: Use, text: str) -> str | None:
    # An identifier has its scheme before it: `FEI:3002806523`.
    return form_of_code(text.rpartition(":")[2]) if use is Use.CODE else form_of_name(text)


async def _known(connection: AsyncConnection, keys: list[str]) -> dict[str, set[tuple[str, str]]]:
    """Find what records are found by as yet."""
    cursor = await connection.execute(
        "SELECT key, field, text FROM search_term WHERE key = ANY(%s) ORDER BY key", [keys]
    )
    return {
        key: {(field, text) for _, field, text in found}
        for key, found in itertools.groupby(await cursor.fetchall(), lambda row: row[0])
    }


async def _replace(
    connection: AsyncConnection, record_type: RecordType, due: Mapping[str, Terms]
) -> int:
    """Write the terms of records anew."""
    await connection.execute("DELETE FROM search_term WHERE key = ANY(%s)", [list(due)])
    lines = await asyncio.to_thread(lambda: list(_lines(record_type.name, due)))
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY search_term (record_type, key, field, text, use, form, words) FROM STDIN"
        ) as copy,
    ):
        for line in lines:
            await copy.write_row(line)
    return len(lines)


def _lines(name: str, due: Mapping[str, Terms]) -> Iterator[tuple[Any, ...]]:
    for key, found in due.items():
        for (field, text), (use, form) in found.items():
            words = None if use is Use.CODE else words_of(form)
            yield name, key, field, text, use.value, form, words


@cache
def rules_digest() -> str:
    """Digest of what decides by which words a record is found: the sources of these modules."""
    digest = hashlib.sha256()
    for module in (terms, findable, normalise):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()
