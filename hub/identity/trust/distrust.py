"""Emergency: an issuer or a key that the hub distrusts from now on, until two people lift it.

Distrust takes one person and holds whatever is registered or published. The caller owns the
connection and its transaction. Start reading at `distrust`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from psycopg import AsyncConnection

from federation.records.declaration import Origin
from hub.errors import Conflict, Forbidden, InvalidInput
from hub.identity.keys.jwks import MAX_KID_CHARS
from hub.identity.trust import issuers
from hub.identity.trust.actors import Actor
from hub.identity.trust.log import Deed, Subject, keep, read_deeds, side_of, take_turn
from hub.identity.trust.models import TrustStep
from hub.identity.types import Caller

_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")  # RFC 7638 with SHA-256

# Which of issuer, `kid` and thumbprint are given.
_ISSUER = (True, False, False)
_KEYS = frozenset({(True, True, False), (True, False, True), (False, False, True)})


@dataclass(frozen=True, slots=True)
class Distrust:
    """What is distrusted, by the deeds of which sides, and who asks to lift it, if someone does."""

    subject: Subject
    deeds: tuple[Deed, ...]
    asked: Deed | None = None

    @property
    def sides(self) -> frozenset[str]:
        """The sides that distrust it; each has to be among those who lift it."""
        return frozenset(deed.actor.side or "" for deed in self.deeds)


def distrusted(
    issuer: str | None = None,
    kid: str | None = None,
    thumbprint: str | None = None,
    *,
    is_key: bool = False,
) -> Subject:
    """Name what is distrusted: an issuer, its key by `kid` or thumbprint, or a key of any issuer.

    Raises:
        InvalidInput: it names nothing, or a key in two ways; or no key where `is_key`.
    """
    given = (issuer is not None, kid is not None, thumbprint is not None)
    if given not in _KEYS and (is_key or given != _ISSUER):
        raise InvalidInput(
            "name an issuer, or a key: by its issuer and `kid`, or by its thumbprint instead"
        )
    if thumbprint is not None and not _THUMBPRINT.fullmatch(thumbprint):
        raise InvalidInput(
            "a thumbprint is 43 characters of base64url: as `hub issuer keys` prints"
        )
    for name in (issuer, kid):
        if name is not None and not (0 < len(name) <= MAX_KID_CHARS and name.isprintable()):
            raise InvalidInput(
                f"an issuer and a `kid` are 1 to {MAX_KID_CHARS} printable characters: correct it"
            )
    return Subject(issuer, kid=kid, thumbprint=thumbprint)


async def distrust(
    connection: AsyncConnection, caller: Caller, subject: Subject, reason: str
) -> None:
    """Distrust an issuer or a key, at once.

    Raises:
        Forbidden: the caller is neither of the secretariat nor of a member that the issuer vouches
            for, code `NOT_YOURS`.
        InvalidInput: no reason.
    """
    await take_turn(connection)
    await _check_may(connection, caller, subject)
    await keep(connection, caller, TrustStep.DISTRUSTED, subject, reason)


async def lift(connection: AsyncConnection, caller: Caller, subject: Subject, reason: str) -> bool:
    """Ask to lift a distrust, or agree to what another person asked; say whether it is lifted.

    Raises:
        Forbidden: the caller may not, code `NOT_YOURS`; or asked for it, code `FOUR_EYES`.
        Conflict: it is not distrusted, code `WRONG_STATE`.
        InvalidInput: no reason.
    """
    await take_turn(connection)
    await _check_may(connection, caller, subject)
    found = (await standing(connection)).get(subject)
    if found is None:
        raise Conflict(f"{subject} is not distrusted: list what is", code="WRONG_STATE")
    if found.asked is None:
        await keep(connection, caller, TrustStep.LIFT_ASKED, subject, reason)
        return False
    _check_other_eyes(caller, found, found.asked)
    await keep(connection, caller, TrustStep.LIFTED, subject, reason)
    return True


async def standing(connection: AsyncConnection) -> Mapping[Subject, Distrust]:
    """Read what is distrusted, in the order it was first."""
    found: dict[Subject, Distrust] = {}
    for deed in await read_deeds(connection):
        earlier = found.get(deed.subject, Distrust(deed.subject, ()))
        match deed.step:
            case TrustStep.DISTRUSTED:
                found[deed.subject] = Distrust(deed.subject, (*earlier.deeds, deed))
            case TrustStep.LIFT_ASKED:
                found[deed.subject] = replace(earlier, asked=deed)
            case TrustStep.LIFTED:
                found.pop(deed.subject)
            case _:
                pass
    return found


async def readable(connection: AsyncConnection, caller: Caller) -> list[Distrust]:
    """Read what is distrusted of the issuers that a caller may read of, or of any issuer."""
    own = {each.name for each in await issuers.readable(connection, caller)}
    return [
        each
        for each in (await standing(connection)).values()
        if issuers.reads_all(caller) or each.subject.about is None or each.subject.about in own
    ]


async def _check_may(connection: AsyncConnection, caller: Caller, subject: Subject) -> None:
    side = side_of(caller)
    if side == Origin.ALLIANCE.value:
        return
    if subject.about:
        versions = await issuers.read_one(connection, subject.about)
        if any(side in each.holders for each in versions if each.state in issuers.OPEN):
            return
    raise Forbidden(
        f"{subject} is not {side}'s to trust or distrust: ask the secretariat", code="NOT_YOURS"
    )


def _check_other_eyes(caller: Caller, found: Distrust, asked: Deed) -> None:
    actor = Actor.of(caller)
    if asked.actor.is_same_person(actor):
        raise Forbidden(
            f"you, `{actor.subject}` of `{actor.client}`, asked for this: have another person of "
            f"{' or '.join(sorted(found.sides))} lift it",
            code="FOUR_EYES",
        )
    missing = found.sides - {asked.actor.side, actor.side}
    if missing:
        raise Forbidden(
            f"{', '.join(sorted(missing))} distrusts it too: a client of theirs has to lift it",
            code="NOT_YOURS",
        )
