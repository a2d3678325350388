"""What happened: agreements with all their versions and events, and the sets that were in force.

Whatever is read for a caller holds only what it may read. `read_all` is for the rooms' own use.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable

from hub.agreements.access import may_read
from hub.agreements.clock import NOW
from hub.agreements.life import stated
from hub.agreements.types import AgreementState, Event, KeptSet, Step, Version, VersionKey
from hub.errors import InvalidInput, NotFound
from hub.identity.trust.actors import Actor
from hub.identity.types import Caller, Role
from hub.policy.agreement import Agreement

MOST_SETS = 500
"""Most sets that one reading of the history gives."""


async def agreements(connection: AsyncConnection, caller: Caller) -> list[tuple[Version, ...]]:
    """Read all agreements that a caller may read, by id, each with its versions, oldest first.

    Owners and the alliance's bodies read all versions, others the approved ones they receive.
    """
    readable = (_readable(caller, versions) for versions in await read_all(connection))
    return [versions for versions in readable if versions]


async def agreement(
    connection: AsyncConnection, caller: Caller, agreement_id: str
) -> tuple[Version, ...]:
    """Read one agreement's versions, oldest first.

    Raises:
        NotFound: there is none that the caller may read.
    """
    if readable := _readable(caller, await read_one(connection, agreement_id)):
        return readable
    raise NotFound(f"no agreement `{agreement_id[:64]}` that you may read: list those you may")


async def version(connection: AsyncConnection, caller: Caller, key: VersionKey) -> Version:
    """Read one version.

    Raises:
        NotFound: there is none that the caller may read.
    """
    return of_key(await agreement(connection, caller, key.agreement), key)


def of_key(versions: Sequence[Version], key: VersionKey) -> Version:
    """Find a version among an agreement's.

    Raises:
        NotFound: there is none.
    """
    for each in versions:
        if each.key == key:
            return each
    raise NotFound(f"no version `{str(key)[:80]}` that you may read: look at the agreement")


async def sets(connection: AsyncConnection, *, first: int = 50) -> list[KeptSet]:
    """Read the sets that were, are or will be in force, the newest first.

    Raises:
        InvalidInput: `first` is beyond `MOST_SETS`.
    """
    if not 1 <= first <= MOST_SETS:
        raise InvalidInput(f"`first` is {first}: ask for 1 to {MOST_SETS}", code="PAGE_SIZE")
    return await _kept_sets(connection, SQL("true"), first)


async def set_at(connection: AsyncConnection, at: datetime) -> KeptSet | None:
    """Read which set was in force at an instant; None before the first."""
    found = await _kept_sets(connection, SQL("{} <@ {}").format(at, IN_FORCE))
    return found[0] if found else None


IN_FORCE = SQL("tstzrange(in_force_from, in_force_until)")
"""When a row of `policy_set` is in force; by this expression the database refuses overlaps."""


async def _kept_sets(
    connection: AsyncConnection, wanted: Composable, first: int = 1
) -> list[KeptSet]:
    statement = SQL(
        "SELECT id, digest, made_at, in_force_from, in_force_until, ARRAY(SELECT "
        "agreement || '@' || version FROM policy_set_member m WHERE m.policy_set = s.id "
        "ORDER BY agreement) AS members FROM policy_set s WHERE {} "
        "ORDER BY in_force_from DESC LIMIT {}"
    ).format(wanted, first)
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement)
        rows = await cursor.fetchall()
    return [
        KeptSet(**row | {"members": tuple(map(VersionKey.parse, row["members"]))}) for row in rows
    ]


async def read_all(connection: AsyncConnection) -> list[tuple[Version, ...]]:
    """Read all agreements by id, each with its versions, oldest first."""
    return await _read(connection, SQL("true"))


async def read_one(connection: AsyncConnection, agreement_id: str) -> tuple[Version, ...]:
    """Read an agreement's versions, oldest first; none where there is no such agreement."""
    found = await _read(connection, SQL("v.agreement = {}").format(agreement_id))
    return found[0] if found else ()


async def _read(connection: AsyncConnection, wanted: Composable) -> list[tuple[Version, ...]]:
    statement = SQL(
        "SELECT v.text, v.content, v.digest, e.*, {} AS now "
        "FROM agreement_version v JOIN agreement_event e "
        "ON (e.agreement, e.version) = (v.agreement, v.number) WHERE {} "
        'ORDER BY v.agreement COLLATE "C", v.number, e.number'
    ).format(NOW, wanted)
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement)
        rows = await cursor.fetchall()
    return [_versions([*of_one]) for _, of_one in groupby(rows, key=itemgetter("agreement"))]


def _versions(rows: Sequence[dict[str, Any]]) -> tuple[Version, ...]:
    by_version = groupby(rows, key=itemgetter("version"))
    return stated([_version([*of_one]) for _, of_one in by_version], rows[0]["now"])


def _version(rows: Sequence[dict[str, Any]]) -> Version:
    row = rows[0]
    return Version(
        key=VersionKey(row["agreement"], row["version"]),
        agreement=Agreement.model_validate_json(row["content"]),
        text=row["text"],
        digest=row["digest"],
        events=tuple(map(_event, rows)),
        state=AgreementState.DRAFT,
    )


def _event(row: dict[str, Any]) -> Event:
    actor = {name: row[name] for name in Actor.__dataclass_fields__}
    return Event(
        number=row["number"],
        step=Step(row["step"]),
        actor=Actor(**actor | {"roles": frozenset(map(Role, row["roles"]))}),
        at=row["at"],
        reason=row["reason"],
        effective_at=row["effective_at"],
    )


def _readable(caller: Caller, versions: Sequence[Version]) -> tuple[Version, ...]:
    return tuple(each for each in versions if may_read(caller, each))
