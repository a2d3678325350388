"""People's words on which records are one: decided, undone and shown.

A decision overrules the rules until it is undone. It and the entity keys it changes are one
transaction, the caller's, so that no pull comes between.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import LockNotAvailable
from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier

from federation.records.registry import RECORD_TYPES
from hub.errors import Conflict, InvalidInput, NotFound, Unavailable
from hub.store.instants import instant_after_all
from hub.store.merge import take_turn
from hub.sync.entities.linking import SUBJECT_NAMES, Linked, link_entities
from hub.sync.entities.types import EntityVerdict

_PATIENCE_SECONDS = 10  # how long a person waits for a pull that is publishing


@dataclass(frozen=True, slots=True)
class Member:
    """A record of an entity."""

    key: str
    name: str
    feed: str
    entity_key: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A link that stands, or stood."""

    left_key: str
    right_key: str
    method: str
    evidence: dict[str, Any]
    confidence: float
    found_at: datetime
    ended_at: datetime | None
    ended_reason: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that stands, or was undone."""

    left_key: str
    right_key: str
    verdict: EntityVerdict
    author: str
    reason: str
    decided_at: datetime
    undone_at: datetime | None
    undone_by: str | None
    undone_reason: str | None


@dataclass(frozen=True, slots=True)
class Entity:
    """The records that are one, with all that was ever found or decided of any of them."""

    members: tuple[Member, ...]
    evidence: tuple[Evidence, ...]
    decisions: tuple[Decision, ...]


async def decide(
    connection: AsyncConnection,
    keys: tuple[str, str],
    verdict: EntityVerdict,
    author: str,
    reason: str,
) -> Linked:
    """Decide whether two records are one, and bring the entity keys in line.

    Raises:
        InvalidInput: no reason, or the records can't be compared.
        NotFound: there is no such record.
        Conflict: a decision stands on the pair, or others say the contrary together.
        Unavailable: a pull is publishing for long.
    """
    record_type, left, right = _pair(keys)
    _require_words(author, reason)
    await _take_turn(connection)
    for key in (left, right):
        await _member(connection, key)
    standing = [one for one in await _decisions(connection) if one.undone_at is None]
    _check_agrees(standing, left, right, verdict)
    await connection.execute(
        "INSERT INTO entity_decision "
        "(record_type, left_key, right_key, verdict, author, reason, decided_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [record_type, left, right, verdict, author, reason, await instant_after_all(connection)],
    )
    return await link_entities(connection)


async def undo(
    connection: AsyncConnection, keys: tuple[str, str], author: str, reason: str
) -> Linked:
    """End the decision on two records: the rules hold again.

    Raises:
        InvalidInput: no reason, or the records can't be compared.
        NotFound: no decision stands on the pair.
        Unavailable: a pull is publishing for long.
    """
    _, left, right = _pair(keys)
    _require_words(author, reason)
    await _take_turn(connection)
    ended = await connection.execute(
        "UPDATE entity_decision SET undone_at = %s, undone_by = %s, undone_reason = %s "
        "WHERE left_key = %s AND right_key = %s AND undone_at IS NULL",
        [await instant_after_all(connection), author, reason, left, right],
    )
    if not ended.rowcount:
        raise NotFound(f"no decision stands on `{left}` and `{right}`: `hub entities show` lists")
    return await link_entities(connection)


async def show(connection: AsyncConnection, key: str) -> Entity:
    """Read the entity of a record.

    Raises:
        InvalidInput: no key of an organisation or site.
        NotFound: there is no such record.
    """
    member = await _member(connection, key)
    statement = SQL(
        "SELECT key, name, feed, coalesce(entity_key, '') AS entity_key FROM {} "
        "WHERE superseded_at IS NULL AND (key = %s OR entity_key = %s) ORDER BY key"
    ).format(_table(key))
    async with connection.cursor(row_factory=class_row(Member)) as cursor:
        await cursor.execute(statement, [key, member.entity_key])
        members = await cursor.fetchall()
    keys = [one.key for one in members]
    async with connection.cursor(row_factory=class_row(Evidence)) as cursor:
        await cursor.execute(
            "SELECT left_key, right_key, method, evidence, confidence, found_at, ended_at, "
            "ended_reason FROM entity_link "
            "WHERE left_key = ANY(%s) OR right_key = ANY(%s) ORDER BY id",
            [keys, keys],
        )
        evidence = await cursor.fetchall()
    return Entity(tuple(members), tuple(evidence), tuple(await _decisions(connection, keys)))


def _pair(keys: tuple[str, str]) -> tuple[str, str, str]:
    """Give the record type of two keys, and the keys in order."""
    left, right = sorted(keys)
    record_type = _record_type(left)
    if _record_type(right) != record_type:
        raise InvalidInput(f"`{left}` and `{right}` are of two types: name two of one type")
    if left == right:
        raise InvalidInput(f"`{left}` was named twice: name two records")
    return record_type, left, right


def _record_type(key: str) -> str:
    parts = key.split(".", 2)
    if len(parts) < 3 or parts[1] not in SUBJECT_NAMES:
        raise InvalidInput(
            f"`{key}` is no key of an organisation or site: such a key is "
            "`KR.Organization.<identifier>` or `US.Site.<identifier>`"
        )
    return parts[1]


def _table(key: str) -> Identifier:
    return Identifier(RECORD_TYPES[_record_type(key)].table)


def _require_words(author: str, reason: str) -> None:
    if not author.strip() or not reason.strip():
        raise InvalidInput("a decision needs an author and a reason: say who and why")


async def _take_turn(connection: AsyncConnection) -> None:
    """Wait for the publishing turn, but not for ever."""
    await connection.execute(f"SET LOCAL lock_timeout = '{_PATIENCE_SECONDS}s'")
    try:
        await take_turn(connection)
    except LockNotAvailable as error:
        raise Unavailable("a pull is publishing: decide again in a minute") from error


async def _member(connection: AsyncConnection, key: str) -> Member:
    statement = SQL(
        "SELECT key, name, feed, coalesce(entity_key, '') AS entity_key FROM {} "
        "WHERE superseded_at IS NULL AND key = %s"
    ).format(_table(key))
    async with connection.cursor(row_factory=class_row(Member)) as cursor:
        await cursor.execute(statement, [key])
        found = await cursor.fetchone()
    if found is None:
        raise NotFound(f"no record `{key}`: copy the key from an answer as it stands")
    return found


async def _decisions(
    connection: AsyncConnection, keys: Iterable[str] | None = None
) -> list[Decision]:
    """Read decisions, all or those on any of these records, the oldest first."""
    listed = None if keys is None else list(keys)
    async with connection.cursor(row_factory=class_row(Decision)) as cursor:
        await cursor.execute(
            "SELECT left_key, right_key, verdict, author, reason, decided_at, undone_at, "
            "undone_by, undone_reason FROM entity_decision "
            "WHERE %s::text[] IS NULL OR left_key = ANY(%s) OR right_key = ANY(%s) ORDER BY id",
            [listed, listed, listed],
        )
        return await cursor.fetchall()


def _check_agrees(
    standing: Iterable[Decision], left: str, right: str, verdict: EntityVerdict
) -> None:
    """Refuse a decision on a decided pair, and one that others together contradict."""
    standing = list(standing)
    for one in standing:
        if (one.left_key, one.right_key) == (left, right):
            raise Conflict(
                f"`{left}` and `{right}` are decided to be {one.verdict}: undo that first"
            )
    same = [(one.left_key, one.right_key) for one in standing if one.verdict == EntityVerdict.SAME]
    if verdict == EntityVerdict.DIFFERENT:
        torn = _reached(left, same) & {right}
    else:
        joined = _reached(left, [*same, (left, right)])
        apart = [one for one in standing if one.verdict == EntityVerdict.DIFFERENT]
        torn = {one.left_key for one in apart if {one.left_key, one.right_key} <= joined}
    if torn:
        raise Conflict(
            f"other decisions on `{min(torn)}` say the contrary: look at `hub entities show` "
            "and undo one"
        )


def _reached(key: str, pairs: Iterable[tuple[str, str]]) -> set[str]:
    """Give all keys that pairs lead to from a key, itself too."""
    reached = {key}
    pairs = list(pairs)
    while fresh := set(chain(*(pair for pair in pairs if reached & set(pair)))) - reached:
        reached |= fresh
    return reached
