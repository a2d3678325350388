"""What the events say, put in force: as rows of `policy_set`, admitted sets all.

A set with more than those kept is admitted first, outside the turn, so that no admission delays an
end; a set with less is cut from one kept. Start reading at `put_in_force`.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL

from hub.agreements.clock import next_instant, now
from hub.agreements.history import read_all
from hub.agreements.in_force import (
    AdmittedSet,
    digest_of,
    policies_text,
    read_coming,
    source_digest,
)
from hub.agreements.life import timeline
from hub.agreements.modes import CHANNEL
from hub.agreements.types import Version, VersionKey
from hub.errors import Conflict, Unavailable
from hub.policy.admission import admit
from hub.policy.check import failing_examples
from hub.policy.findings import PolicyFault
from hub.policy.policy_set import PolicySet

_TURN_LOCK = 7_214_004
"""Advisory lock of whoever changes agreements; any fixed number of the hub's own."""

_PATIENCE_SECONDS = 10


async def take_turn(connection: AsyncConnection) -> datetime:
    """Wait for the turn to change agreements, hold it until the transaction ends, and date it.

    Raises:
        Unavailable: another holds it for long.
    """
    await connection.execute(SQL("SET LOCAL lock_timeout = {}").format(f"{_PATIENCE_SECONDS}s"))
    try:
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN_LOCK])
    except LockNotAvailable as error:
        raise Unavailable(
            "another change of the policies is under way: decide again shortly"
        ) from error
    return await next_instant(connection)


async def put_in_force(
    connection: AsyncConnection, at: datetime, candidates: Sequence[AdmittedSet]
) -> None:
    """Have in force from an instant on what the events say, for whoever holds the turn.

    Args:
        connection: the transaction that holds the events and the turn.
        at: the turn's instant.
        candidates: admitted sets of one baseline, from which those to come are cut.

    Raises:
        Conflict: none has all that is needed, for another change came first.
    """
    planned = [
        (starts_at, members, _cut(candidates, members))
        for starts_at, members in timeline(await read_all(connection), at)
    ]
    await _close_all(connection, at)
    ends = [starts_at for starts_at, _, _ in planned[1:]]
    for (starts_at, members, found), until in zip(planned, [*ends, None], strict=True):
        await _keep(connection, found, members, (at, starts_at, until))


async def cut_in_force(connection: AsyncConnection, at: datetime) -> None:
    """Take out of force what the events no longer say, for whoever holds the turn.

    Nothing can refuse it: where what is kept is damaged, nothing at all is in force until the next
    start of a hub admits anew.
    """
    try:
        coming = await read_coming(connection)
    except Unavailable:
        await _close_all(connection, at)
    else:
        await put_in_force(connection, at, coming)


async def _close_all(connection: AsyncConnection, at: datetime) -> None:
    await connection.execute("DELETE FROM policy_set WHERE in_force_from >= %s", [at])
    await connection.execute(
        "UPDATE policy_set SET in_force_until = %(at)s "
        "WHERE coalesce(in_force_until, 'infinity') > %(at)s",
        {"at": at},
    )
    await connection.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def _cut(candidates: Iterable[AdmittedSet], members: Sequence[Version]) -> AdmittedSet:
    wanted = frozenset(member.key for member in members)
    for candidate in candidates:
        if found := candidate.cut_to(wanted):
            return found
    raise Conflict("another change of the policies came first: decide again", code="POLICIES_MOVED")


async def _keep(
    connection: AsyncConnection,
    admitted: AdmittedSet,
    members: Sequence[Version],
    instants: tuple[datetime, datetime, datetime | None],
) -> None:
    keys = [member.key for member in members]
    policies = policies_text(admitted.policy_set)
    cursor = await connection.execute(
        "SELECT v.content FROM unnest(%s::text[], %s::int[]) WITH ORDINALITY k (id, number, place) "
        "JOIN agreement_version v ON (v.agreement, v.number) = (k.id, k.number) ORDER BY place",
        [[key.agreement for key in keys], [key.number for key in keys]],
    )
    contents = [content for (content,) in await cursor.fetchall()]
    digest = digest_of(admitted.baseline, policies, [*zip(keys, contents, strict=True)])
    agreements = [member.agreement for member in members]
    source = source_digest(admitted.baseline, agreements) if admitted.is_fresh else ""
    cursor = await connection.execute(
        "INSERT INTO policy_set (digest, baseline, source_digest, policies, made_at, "
        "in_force_from, in_force_until) VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id",
        [digest, admitted.baseline, source, policies, *instants],
    )
    ((set_id,),) = await cursor.fetchall()
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO policy_set_member (policy_set, agreement, version) VALUES (%s, %s, %s)",
            [(set_id, *key) for key in keys],
        )


async def stand_on(connection: AsyncConnection, baseline: str) -> None:
    """Have sets in force that stand on a baseline, can be read, and say what the events say.

    Takes seconds where they have to be admitted anew: on the first day, with another baseline,
    after damage, or where the hub by now writes agreements in other Cedar words.

    Raises:
        PolicyFault: the baseline, or an agreement in force, is refused.
    """
    while not await _stands(connection, baseline):
        plans = timeline(await read_all(connection), await now(connection))
        candidates = [await _admitted(baseline, members) for _, members in plans]
        at = await take_turn(connection)
        if not await _stands(connection, baseline):
            # An approval may have come first; from here on, under the turn, none can.
            with suppress(Conflict):
                await put_in_force(connection, at, candidates)


async def _stands(connection: AsyncConnection, baseline: str) -> bool:
    try:
        coming = await read_coming(connection)
    except Unavailable:
        return False
    plans = timeline(await read_all(connection), await now(connection))
    wanted = [frozenset(each.key for each in members) for _, members in plans]
    return wanted == [each.members for each in coming] and all(
        each.is_fresh and each.baseline == baseline for each in coming
    )


async def admit_ahead(
    connection: AsyncConnection,
    foreseen: Sequence[Sequence[Version]],
    approved: Iterable[VersionKey] = (),
) -> list[AdmittedSet]:
    """Admit the sets to come that none of those kept contains. Takes seconds; needs no turn.

    Args:
        connection: to read what is kept.
        foreseen: all agreements, as they will be.
        approved: versions whose examples must hold, and spoil none that holds today.

    Raises:
        PolicyFault: a set is refused, or examples fail in it; all findings.
        Unavailable: what is kept is damaged, or nothing is in force yet.
    """
    kept = await read_coming(connection)
    asked = frozenset(key.agreement for key in approved)
    admitted: list[AdmittedSet] = []
    for _, members in timeline(foreseen, await now(connection)):
        keys = frozenset(member.key for member in members)
        if not any(each.cut_to(keys) for each in (*kept, *admitted)):
            found = await _admitted(kept[0].baseline, members)
            await asyncio.to_thread(_ask_examples, found.policy_set, kept[0].policy_set, asked)
            admitted.append(found)
    return admitted


async def _admitted(baseline: str, members: Sequence[Version]) -> AdmittedSet:
    agreements = [member.agreement for member in members]
    policy_set = await asyncio.to_thread(admit, baseline, agreements)
    return AdmittedSet(baseline, frozenset(member.key for member in members), policy_set)


def _ask_examples(after: PolicySet, before: PolicySet, asked: frozenset[str]) -> None:
    if asked and (found := failing_examples(after, before, asked)):
        raise PolicyFault(found)
