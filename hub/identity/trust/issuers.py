"""The issuers that members and the secretariat have the hub trust: four eyes, and two sides.

A version is in force once every side has agreed, by at least two people: whoever proposes it speaks
for one side, and whoever approves it for another. An edit is a new version; the old one holds until
then. Either side withdraws alone. The caller owns the connection and its transaction. Start reading
at `propose`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from operator import attrgetter

from psycopg import AsyncConnection

from federation.records.declaration import Origin
from hub.errors import Conflict, Forbidden, InvalidInput, NotFound
from hub.identity.trust.actors import Actor
from hub.identity.trust.log import Deed, Subject, keep, read_deeds, side_of, take_turn
from hub.identity.trust.models import TrustStep
from hub.identity.trust.registration import Registration
from hub.identity.types import ALLIANCE_ROLES, Caller, Role


class VersionState(StrEnum):
    """Where a version stands."""

    PROPOSED = "PROPOSED"
    IN_FORCE = "IN_FORCE"
    SUPERSEDED = "SUPERSEDED"
    WITHDRAWN = "WITHDRAWN"


OPEN = frozenset({VersionState.PROPOSED, VersionState.IN_FORCE})


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an issuer's registration, the sides that must agree, and what was done."""

    number: int
    registration: Registration
    sides: frozenset[str]
    deeds: tuple[Deed, ...]
    state: VersionState = VersionState.PROPOSED

    @property
    def issuer(self) -> str:
        """The issuer, as its tokens name it."""
        return self.registration.issuer

    @property
    def missing(self) -> frozenset[str]:
        """The sides that have not agreed yet."""
        return self.sides - {
            deed.actor.side for deed in self.deeds if deed.step is not TrustStep.WITHDRAWN
        }

    @property
    def holders(self) -> frozenset[str]:
        """The sides that may end it: whoever must agree, and then those it vouches for."""
        if self.state is VersionState.PROPOSED:
            return self.sides
        return frozenset(member.value for member in self.registration.members)

    @property
    def is_agreed(self) -> bool:
        """Tell whether all sides have agreed, and more than one person."""
        return not self.missing and any(deed.step is TrustStep.APPROVED for deed in self.deeds)

    @property
    def subject(self) -> Subject:
        """What events on it are about."""
        return Subject(self.issuer, self.number)


@dataclass(frozen=True, slots=True)
class KnownIssuer:
    """An issuer with its versions, and all that was done to them and to the trust in it."""

    name: str
    versions: tuple[Version, ...]
    deeds: tuple[Deed, ...]


async def propose(
    connection: AsyncConnection,
    caller: Caller,
    registration: Registration,
    reason: str,
    *,
    allow_loopback: bool = False,
) -> Version:
    """Propose a new issuer, or a new version of one.

    Raises:
        Forbidden: the caller is of no side of it, code `NOT_YOURS`.
        Conflict: a proposal for this issuer is open, code `WRONG_STATE`.
        InvalidInput: it is on this machine, where that is not allowed; or no reason.
    """
    if registration.needs_loopback and not allow_loopback:
        raise InvalidInput("an issuer and its key set need https addresses: correct them")
    await take_turn(connection)
    versions = await read_one(connection, registration.issuer)
    standing = in_force(versions)
    named = frozenset(member.value for member in registration.members)
    held = standing.holders if standing else named
    _check_side(caller, held, registration.issuer)
    for version in _in_state(versions, VersionState.PROPOSED):
        raise Conflict(
            f"version {version.number} of `{registration.issuer}` waits for approval: approve or "
            "withdraw it first",
            code="WRONG_STATE",
        )
    # INVARIANT: whom an issuer vouches for agrees to every change of it, so none can take it over.
    sides = named | held | {Origin.ALLIANCE.value}
    number = len(versions) + 1
    await connection.execute(
        "INSERT INTO issuer_version (issuer, number, content, sides) VALUES (%s, %s, %s, %s)",
        [registration.issuer, number, registration.content(), sorted(sides)],
    )
    subject = Subject(registration.issuer, number)
    await keep(connection, caller, TrustStep.PROPOSED, subject, reason)
    return await _read_version(connection, registration.issuer, number)


async def approve(
    connection: AsyncConnection, caller: Caller, issuer: str, number: int, reason: str
) -> Version:
    """Agree to a proposal for a side that has not agreed yet.

    Raises:
        Forbidden: the caller proposed it, code `FOUR_EYES`, or may not agree for any side that is
            missing, code `NOT_YOURS`.
        Conflict: it is not open, code `WRONG_STATE`.
        NotFound: there is no such version.
    """
    await take_turn(connection)
    version = await _read_version(connection, issuer, number)
    _check_may_approve(caller, version)
    await keep(connection, caller, TrustStep.APPROVED, version.subject, reason)
    return await _read_version(connection, issuer, number)


async def withdraw(
    connection: AsyncConnection, caller: Caller, issuer: str, number: int | None, reason: str
) -> tuple[Version, ...]:
    """Withdraw a version, or all that are open, at once and alone; no older one revives.

    Raises:
        Forbidden: the caller is of no side of one of them, code `NOT_YOURS`.
        Conflict: none is open, code `WRONG_STATE`.
    """
    await take_turn(connection)
    versions = await read_one(connection, issuer)
    chosen = [
        version
        for version in _in_state(versions, *OPEN)
        if number is None or version.number == number
    ]
    if not chosen:
        raise Conflict(
            f"nothing of `{issuer[:256]}` is open: list its versions", code="WRONG_STATE"
        )
    for version in chosen:
        _check_side(caller, version.holders, issuer)
        await keep(connection, caller, TrustStep.WITHDRAWN, version.subject, reason)
    after = await read_one(connection, issuer)
    return tuple(after[version.number - 1] for version in chosen)


async def read_all(connection: AsyncConnection) -> Mapping[str, tuple[Version, ...]]:
    """Read all issuers by name, each with its versions, the oldest first."""
    cursor = await connection.execute(
        "SELECT issuer, number, content, sides FROM issuer_version "
        'ORDER BY issuer COLLATE "C", number'
    )
    rows = await cursor.fetchall()
    deeds: dict[Subject, list[Deed]] = {}
    for deed in await read_deeds(connection):
        deeds.setdefault(deed.subject, []).append(deed)
    versions = [
        Version(
            number=number,
            registration=Registration.read(content),
            sides=frozenset(sides),
            deeds=tuple(deeds[Subject(issuer, number)]),
        )
        for issuer, number, content, sides in rows
    ]
    return {issuer: _stated([*each]) for issuer, each in groupby(versions, attrgetter("issuer"))}


async def read_one(connection: AsyncConnection, issuer: str) -> tuple[Version, ...]:
    """Read an issuer's versions, the oldest first; none where it was never proposed."""
    return (await read_all(connection)).get(issuer, ())


async def readable(connection: AsyncConnection, caller: Caller) -> list[KnownIssuer]:
    """Read the issuers that a caller is of a side of, by name; the alliance's bodies read all."""
    deeds = await read_deeds(connection)
    return [
        KnownIssuer(name, versions, tuple(each for each in deeds if each.subject.about == name))
        for name, versions in (await read_all(connection)).items()
        if reads_all(caller) or any(Actor.of(caller).side in each.sides for each in versions)
    ]


def in_force(versions: Iterable[Version]) -> Version | None:
    """Find the version in force among an issuer's."""
    return next(iter(_in_state(versions, VersionState.IN_FORCE)), None)


def reads_all(caller: Caller) -> bool:
    """Tell whether a caller is one of the alliance's own bodies."""
    return bool(caller.roles & ALLIANCE_ROLES)


async def _read_version(connection: AsyncConnection, issuer: str, number: int) -> Version:
    versions = await read_one(connection, issuer)
    if not 1 <= number <= len(versions):
        raise NotFound(f"no version {number} of `{issuer[:256]}`: list the issuers")
    return versions[number - 1]


def _stated(versions: Sequence[Version]) -> tuple[Version, ...]:
    """Derive where an issuer's versions stand: the one agreed last was in force, if any is."""
    agreed = [version for version in versions if version.is_agreed]
    newest = max(agreed, key=lambda each: each.number, default=None)
    return tuple(replace(each, state=_state(each, newest)) for each in versions)


def _state(version: Version, newest_agreed: Version | None) -> VersionState:
    if version.deeds[-1].step is TrustStep.WITHDRAWN:
        return VersionState.WITHDRAWN
    if not version.is_agreed:
        return VersionState.PROPOSED
    return VersionState.IN_FORCE if version is newest_agreed else VersionState.SUPERSEDED


def _in_state(versions: Iterable[Version], *states: VersionState) -> list[Version]:
    return [version for version in versions if version.state in states]


def _check_side(caller: Caller, sides: frozenset[str], issuer: str) -> None:
    if side_of(caller) not in sides | {Origin.ALLIANCE.value}:
        raise Forbidden(
            f"`{issuer[:256]}` is for {', '.join(sorted(sides))} and the secretariat to handle: "
            "ask with a client of theirs",
            code="NOT_YOURS",
        )


def _check_may_approve(caller: Caller, version: Version) -> None:
    if version.state is not VersionState.PROPOSED:
        raise Conflict(
            f"version {version.number} of `{version.issuer}` is {version.state.lower()}, and only "
            "what is proposed can be approved: propose it again",
            code="WRONG_STATE",
        )
    actor = Actor.of(caller)
    if any(deed.actor.is_same_person(actor) for deed in version.deeds):
        raise Forbidden(
            f"you, `{actor.subject}` of `{actor.client}`, have spoken on this version: have "
            "another person approve it",
            code="FOUR_EYES",
        )
    # Where the alliance is the only side, its second person finds none missing.
    awaited = version.missing or version.sides
    is_member = side_of(caller) != Origin.ALLIANCE.value
    if actor.side not in awaited or (is_member and Role.REGULATOR not in actor.roles):
        raise Forbidden(
            f"this waits for the word of {', '.join(sorted(awaited))}: a member's regulator or the "
            "secretariat gives it",
            code="NOT_YOURS",
        )
