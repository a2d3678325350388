"""From JSON values to typed claims: presence, type, length and code list of each.

Signature before, time, audience and the issuer's reach after: see `tokens.py`. Extra claims are
ignored, as RFC 7519 asks, but for `cnf`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from federation.records.declaration import Origin
from hub.identity.errors import refused
from hub.identity.types import ALLIANCE_ROLES, Purpose, Role, VerifiedClaims

MAX_CLAIM_CHARS = 256
LATEST_S = 253_402_300_799  # 9999-12-31T23:59:59Z, the last instant most software can hold

Code = TypeVar("Code", bound=StrEnum)


def read_claims(values: Mapping[str, object]) -> VerifiedClaims:
    """Read the claims of a token whose signature holds.

    Raises:
        Unauthenticated: a claim is missing, of another type, empty, too long or off its code list;
            the token is bound to a key (`cnf`); or the roles are not such as the member's bodies
            hold.

    Source: RFC 9068 section 2.2, RFC 7519 section 4.1.
    """
    if "cnf" in values:
        # RFC 9449 section 7.1, RFC 8705 section 3: without the proof it asks for, it is stolen.
        raise refused("cnf: a key-bound token came as a bearer token")
    issued_at = _instant(values, "iat")
    member = _coded(values.get("member"), Origin, "member")
    return VerifiedClaims(
        issuer=_text(values, "iss"),
        subject=_text(values, "sub"),
        client=_text(values, "client_id"),
        audience=_text(values, "aud"),
        token_id=_text(values, "jti"),
        issued_at=issued_at,
        not_before=_instant(values, "nbf") if "nbf" in values else issued_at,
        expires_at=_instant(values, "exp"),
        member=member.value,
        organisation=_text(values, "organisation"),
        roles=_roles(values, member),
        purpose=_coded(values.get("purpose"), Purpose, "purpose"),
    )


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    # Printable: a line break would forge log lines, half a surrogate pair can't be stored.
    if not isinstance(value, str) or not value.isprintable():
        raise refused(f"{name}: missing, or no printable text")
    if not value.strip() or len(value) > MAX_CLAIM_CHARS:
        raise refused(f"{name}: empty or over {MAX_CLAIM_CHARS} characters")
    return value


def _instant(values: Mapping[str, object], name: str) -> float:
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refused(f"{name}: missing, or no number")
    # Written so that NaN fails too: every comparison with it is false.
    if not 0 <= value <= LATEST_S:
        raise refused(f"{name}: no time between 1970 and 9999")
    return value


def _coded(value: object, codes: type[Code], name: str) -> Code:
    for code in codes:
        if value == code:
            return code
    raise refused(f"{name}: missing, or not on its list")


def _roles(values: Mapping[str, object], member: Origin) -> frozenset[Role]:
    stated = values.get("roles")
    if not isinstance(stated, list) or not stated:
        raise refused("roles: missing, or no list")
    roles = frozenset(_coded(value, Role, "roles") for value in stated)
    # INVARIANT: no member's issuer can make a secretary or an auditor of the alliance.
    held = ALLIANCE_ROLES if member is Origin.ALLIANCE else frozenset(Role) - ALLIANCE_ROLES
    if not roles <= held:
        raise refused("roles: not held by bodies of this member")
    return roles
