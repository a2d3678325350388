"""The steps of an agreement's life, from draft to end.

Each takes the caller's connection and transaction, checks all that can be refused before it writes,
and gives the version as it stands afterwards. Who may do what is in `access.py`, which step follows
which in `life.py`. Every step is an event with its actor, instant and reason.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

from psycopg import AsyncConnection

from hub.agreements import history
from hub.agreements.access import sides
from hub.agreements.applying import admit_ahead, cut_in_force, put_in_force, take_turn
from hub.agreements.clock import now
from hub.agreements.deeds import Deed, check_terms, keep
from hub.agreements.in_force import read_coming
from hub.agreements.life import OPEN, STANDING, check_step, stated, suspended_by
from hub.agreements.types import AgreementState, Step, Version, VersionKey
from hub.errors import Conflict, Forbidden, InvalidInput
from hub.identity.types import Caller
from hub.policy.agreement import Agreement
from hub.policy.folder import parse_agreement


async def draft(connection: AsyncConnection, caller: Caller, text: str, reason: str) -> Version:
    """Keep an agreement's YAML as the draft of its next version.

    Raises:
        PolicyFault: the text says something that an agreement can't; all findings.
        Forbidden: the caller is neither the secretariat nor the owner's agency, code `NOT_YOURS`.
        Conflict: the newest open version says the same, code `SAME_VERSION`; or the id is that of
            another owner's agreement, code `ID_TAKEN`.
        Unavailable: another change of the policies takes long.
    """
    deed = Deed.of(Step.DRAFTED, caller, reason)
    agreement = parse_agreement(text, "the draft")
    deed.check_may(agreement.owner, f"`{agreement.id}`")
    at = await take_turn(connection)
    await check_terms(connection, [agreement], at)
    known = await history.read_one(connection, agreement.id)
    content = canonical(agreement)
    digest = digest_of(agreement)
    _check_is_next(agreement, digest, known)
    key = VersionKey(agreement.id, len(known) + 1)
    await connection.execute(
        "INSERT INTO agreement_version (agreement, number, text, content, digest) "
        "VALUES (%s, %s, %s, %s, %s)",
        [*key, text, content, digest],
    )
    version = Version(key, agreement, text, digest, (), AgreementState.DRAFT)
    await keep(connection, [deed.done_to(version, at)])
    return await history.version(connection, caller, key)


def digest_of(agreement: Agreement) -> str:
    """Fingerprint what an agreement says, however its YAML is written."""
    return hashlib.sha256(canonical(agreement).encode()).hexdigest()


def canonical(agreement: Agreement) -> str:
    """Write what an agreement says as JSON in one order of its keys."""
    return json.dumps(agreement.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)


def _check_is_next(agreement: Agreement, digest: str, known: Sequence[Version]) -> None:
    if known and known[-1].owner != agreement.owner:
        raise Conflict(
            f"`{agreement.id}` is an agreement of {known[-1].owner}: choose another id",
            code="ID_TAKEN",
        )
    same = [each for each in known if each.state in OPEN][-1:]
    if same and same[0].digest == digest:
        raise Conflict(
            f"`{same[0].key}` says the same and is {same[0].state.lower()}: go on with that one",
            code="SAME_VERSION",
        )


async def propose(
    connection: AsyncConnection, caller: Caller, key: VersionKey, reason: str
) -> Version:
    """Put a draft to its owner.

    Raises:
        NotFound: no such version that the caller may read.
        Forbidden: the caller is neither the secretariat nor the owner's agency, code `NOT_YOURS`.
        Conflict: it is no draft, code `WRONG_STATE`.
        PolicyFault: its validity is over, or it names an organisation that nobody knows.
    """
    return await _step(connection, caller, key, Deed.of(Step.PROPOSED, caller, reason))


async def ratify(
    connection: AsyncConnection, caller: Caller, key: VersionKey, reason: str
) -> Version:
    """Agree to a proposal as its owner.

    Raises:
        NotFound: no such version that the caller may read.
        Forbidden: the caller is not the owner's regulator or agency, code `NOT_YOURS`; or drafted
            it, code `FOUR_EYES`.
        Conflict: it is not proposed, code `WRONG_STATE`.
        PolicyFault: its validity is over.
    """
    return await _step(connection, caller, key, Deed.of(Step.RATIFIED, caller, reason))


async def reject(
    connection: AsyncConnection, caller: Caller, key: VersionKey, reason: str
) -> Version:
    """Refuse what is proposed or ratified, as its owner or the secretariat.

    Raises:
        NotFound: no such version that the caller may read.
        Forbidden: the caller is another, code `NOT_YOURS`.
        Conflict: it is neither proposed nor ratified, code `WRONG_STATE`.
    """
    return await _step(connection, caller, key, Deed.of(Step.REJECTED, caller, reason))


async def withdraw(
    connection: AsyncConnection, caller: Caller, key: VersionKey, reason: str
) -> Version:
    """Take back what is not approved yet, as the secretariat or the owner's agency.

    Raises:
        NotFound: no such version that the caller may read.
        Forbidden: the caller is another, code `NOT_YOURS`.
        Conflict: it is approved or over, code `WRONG_STATE`.
    """
    return await _step(connection, caller, key, Deed.of(Step.WITHDRAWN, caller, reason))


async def approve(
    connection: AsyncConnection, caller: Caller, keys: Sequence[VersionKey], reason: str
) -> tuple[Version, ...]:
    """Approve ratified versions in one decision, and put the set with them in force.

    Takes seconds, for the set as it will be is admitted first; other changes may go on meanwhile.

    Raises:
        NotFound: one is no version that the caller may read.
        Forbidden: the caller is not the secretariat, code `NOT_YOURS`; or drafted or ratified one
            of them, code `FOUR_EYES`.
        Conflict: one is not ratified, or its agreement is suspended, code `WRONG_STATE`; or
            another approval came first, code `POLICIES_MOVED`.
        PolicyFault: the set as it would be is refused, or an example in it fails; all findings.
    """
    deed = Deed.of(Step.APPROVED, caller, reason)
    find = partial(_approvable, connection, caller, deed, keys)
    return await _opening_step(connection, caller, find, deed)


async def suspend(
    connection: AsyncConnection, caller: Caller, agreement: str, reason: str
) -> Version:
    """Close what an agreement opens until it is resumed, as its owner or the secretariat.

    Raises:
        NotFound: no such agreement that the caller may read.
        Forbidden: the caller is another, code `NOT_YOURS`.
        Conflict: nothing of it is approved, or the caller's side suspended it already, code
            `WRONG_STATE`.
    """
    return await _closing_step(
        connection, caller, agreement, Deed.of(Step.SUSPENDED, caller, reason)
    )


async def resume(
    connection: AsyncConnection, caller: Caller, agreement: str, reason: str
) -> Version:
    """Lift a suspension, as the side that suspended: the owner or the secretariat.

    Raises:
        NotFound: no such agreement that the caller may read.
        Forbidden: the caller's side is not the one that suspended, code `NOT_YOURS`.
        Conflict: it is not suspended, code `WRONG_STATE`; or an approval came first, code
            `POLICIES_MOVED`.
        PolicyFault: the set with it again is refused; all findings.
    """
    deed = Deed.of(Step.RESUMED, caller, reason)
    find = partial(_resumable, connection, caller, deed, agreement)
    return (await _opening_step(connection, caller, find, deed))[0]


async def end(connection: AsyncConnection, caller: Caller, agreement: str, reason: str) -> Version:
    """End an agreement for good, with all its open versions, as its owner or the secretariat.

    Raises:
        NotFound: no such agreement that the caller may read.
        Forbidden: the caller is another, code `NOT_YOURS`.
        Conflict: nothing of it is approved, code `WRONG_STATE`.
    """
    return await _closing_step(connection, caller, agreement, Deed.of(Step.ENDED, caller, reason))


async def _step(
    connection: AsyncConnection, caller: Caller, key: VersionKey, deed: Deed
) -> Version:
    """Take a step that neither opens nor closes anything."""
    at = await take_turn(connection)
    version = await history.version(connection, caller, key)
    deed.check(version)
    if deed.step in {Step.PROPOSED, Step.RATIFIED}:
        await check_terms(connection, [version.agreement], at)
    await keep(connection, [deed.done_to(version, at)])
    return await history.version(connection, caller, key)


async def _closing_step(
    connection: AsyncConnection, caller: Caller, agreement: str, deed: Deed
) -> Version:
    """Take a step that only closes: sets are cut from those kept, so nothing can delay it."""
    at = await take_turn(connection)
    versions = await history.agreement(connection, caller, agreement)
    deed.check_may(versions[0].owner, f"`{agreement}`")
    standing = [each for each in versions if each.state in STANDING]
    if not standing:
        check_step(versions[-1], deed.step)
    await keep(connection, [deed.done_to(each, at) for each in _closed_by(deed, versions)])
    await cut_in_force(connection, at)
    return await history.version(connection, caller, standing[0].key)


def _closed_by(deed: Deed, versions: Sequence[Version]) -> list[Version]:
    if deed.step is Step.ENDED:
        return [each for each in versions if each.state in OPEN]
    own = sides(deed.actor, versions[0].owner)
    standing = [each for each in versions if each.state in STANDING]
    found = [each for each in standing if not own & suspended_by(each)]
    if not found:
        raise Conflict(
            f"`{standing[0].key}` is suspended by your side already: resume or end it",
            code="WRONG_STATE",
        )
    return found


_Find = Callable[[datetime], Awaitable[list[Version]]]
"""Finds the versions to take a step on at an instant, or says why it can't be taken."""


async def _opening_step(
    connection: AsyncConnection, caller: Caller, find: _Find, deed: Deed
) -> tuple[Version, ...]:
    """Take a step that opens something.

    The sets to come are admitted before the turn; under it, all is looked at again.
    """
    before = await now(connection)
    foreseen = {each.key: deed.done_to(each, before) for each in await find(before)}
    admitted = await admit_ahead(
        connection,
        [
            stated([foreseen.get(each.key, each) for each in versions], before)
            for versions in await history.read_all(connection)
        ],
        approved=foreseen if deed.step is Step.APPROVED else (),
    )
    at = await take_turn(connection)
    chosen = await find(at)
    coming = await read_coming(connection)
    # A hub that started meanwhile may have brought another baseline.
    usable = [each for each in admitted if each.baseline == coming[0].baseline]
    async with connection.transaction():
        await keep(connection, [deed.done_to(each, at) for each in chosen])
        await put_in_force(connection, at, [*coming, *usable])
    return tuple([await history.version(connection, caller, each.key) for each in chosen])


async def _approvable(
    connection: AsyncConnection,
    caller: Caller,
    deed: Deed,
    keys: Sequence[VersionKey],
    at: datetime,
) -> list[Version]:
    chosen = []
    for key in dict.fromkeys(keys):
        versions = await history.agreement(connection, caller, key.agreement)
        version = history.of_key(versions, key)
        deed.check(version)
        if any(each.state is AgreementState.SUSPENDED for each in versions):
            raise Conflict(
                f"`{key}` can't be approved while `{key.agreement}` is suspended: "
                "have that resumed or ended first",
                code="WRONG_STATE",
            )
        chosen.append(version)
    if not chosen:
        raise InvalidInput("there is nothing to approve: name at least one version")
    await check_terms(connection, [each.agreement for each in chosen], at)
    return chosen


async def _resumable(
    connection: AsyncConnection, caller: Caller, deed: Deed, agreement: str, _: datetime
) -> list[Version]:
    versions = await history.agreement(connection, caller, agreement)
    owner = versions[0].owner
    deed.check_may(owner, f"`{agreement}`")
    suspended = [each for each in versions if each.state is AgreementState.SUSPENDED]
    if not suspended:
        check_step(versions[-1], Step.RESUMED)
    found = [each for each in suspended if sides(deed.actor, owner) & suspended_by(each)]
    if not found:
        holders = " and ".join(sorted(suspended_by(suspended[0])))
        raise Forbidden(
            f"`{suspended[0].key}` was suspended by {holders}: only {holders} can resume it",
            code="NOT_YOURS",
        )
    return found
