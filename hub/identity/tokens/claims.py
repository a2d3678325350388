"""From JSON values to typed claims: presence, type, length and code list of each.

Which claim says what is the issuer's registration (`ClaimMap`). Signature before, time, audience
and the issuer's reach after: see `verifying.py`. Extra claims are ignored, as RFC 7519 asks.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from federation.records.declaration import Origin
from hub.identity.errors import refused
from hub.identity.trust.trusted import ClaimMap, ClaimSource
from hub.identity.types import ALLIANCE_ROLES, Confirmation, Purpose, Role, VerifiedClaims

MAX_CLAIM_CHARS = 256
MAX_ACTORS = 2
LATEST_S = 253_402_300_799  # 9999-12-31T23:59:59Z, the last instant most software can hold

CONFIRMATION_MEMBERS = frozenset({"jkt", "x5t#S256"})
ACTOR_MEMBERS = frozenset({"sub", "iss", "client_id", "act"})

VOUCHED_BY = "subject_issuer"
"""Who said who the subject is, in a token that was exchanged for one of another issuer."""

_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes in base64url

Code = TypeVar("Code", bound=StrEnum)


def read_claims(values: Mapping[str, object], said: ClaimMap) -> VerifiedClaims:
    """Read the claims of a token whose signature holds.

    Raises:
        Unauthenticated: a claim is missing, of another type, empty, too long or off its code list;
            the roles are not such as the member's bodies hold; or more act for the subject than
            may.

    Source: RFC 9068 section 2.2, RFC 7519 section 4.1.
    """
    issued_at = _instant(values, "iat")
    member = _coded(_one(values, said.member, "member"), Origin, "member")
    return VerifiedClaims(
        issuer=_text(values.get("iss"), "iss"),
        subject=_text(values.get("sub"), "sub"),
        client=_one(values, said.client, "client_id"),
        audience=_audience(values.get("aud")),
        token_id=_text(values.get("jti"), "jti"),
        issued_at=issued_at,
        not_before=_instant(values, "nbf") if "nbf" in values else issued_at,
        expires_at=_instant(values, "exp"),
        member=member.value,
        organisation=_one(values, said.organisation, "organisation"),
        roles=_roles(values, said.roles, member),
        purposes=_codes(values, said.purposes, Purpose, "purpose"),
        confirmation=_confirmation(values),
        actors=_actors(values),
    )


def _text(value: object, name: str) -> str:
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


def _audience(value: object) -> str:
    """Read the one audience. A token for others too is one that they can send us."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return _text(value, "aud")


def _find(values: Mapping[str, object], claim: str) -> object:
    """Find a claim by its name, or by the names that lead to it, joined by dots."""
    if claim in values:
        return values[claim]
    found: object = values
    for name in claim.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _one(values: Mapping[str, object], source: ClaimSource, name: str) -> str:
    """Read what a token says once, in our word for it."""
    fixed = source.fixed[0] if len(source.fixed) == 1 else None
    text = _text(_find(values, source.claim) if source.claim else fixed, name)
    return source.words.get(text, text)


def _coded(value: object, codes: type[Code], name: str) -> Code:
    for code in codes:
        if value == code:
            return code
    raise refused(f"{name}: missing, or not on its list")


def _codes(
    values: Mapping[str, object], source: ClaimSource, codes: type[Code], name: str
) -> frozenset[Code]:
    """Read what a token may say several times: a list, or one text with blanks between."""
    stated = _find(values, source.claim) if source.claim else list(source.fixed)
    words = stated.split(" ") if isinstance(stated, str) else stated
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise refused(f"{name}: missing, or no list of words")
    if source.words:
        # The issuer's own words are for other services too.
        words = [source.words.get(word, word) for word in words]
        words = [word for word in words if word in frozenset(codes)]
    if not words:
        raise refused(f"{name}: missing, or none")
    return frozenset(_coded(word, codes, name) for word in words)


def _roles(values: Mapping[str, object], source: ClaimSource, member: Origin) -> frozenset[Role]:
    roles = _codes(values, source, Role, "roles")
    # INVARIANT: no member's issuer can make a secretary or an auditor of the alliance.
    held = ALLIANCE_ROLES if member is Origin.ALLIANCE else frozenset(Role) - ALLIANCE_ROLES
    if not roles <= held:
        raise refused("roles: not held by bodies of this member")
    return roles


def _confirmation(values: Mapping[str, object]) -> Confirmation:
    """Read what the token is bound to; a binding that is not understood can't be checked."""
    if "cnf" not in values:
        return Confirmation()
    bound = values["cnf"]
    if not isinstance(bound, dict) or not bound or not bound.keys() <= CONFIRMATION_MEMBERS:
        raise refused("cnf: neither `jkt` nor `x5t#S256`, or more")
    for value in bound.values():
        if not isinstance(value, str) or not _THUMBPRINT.fullmatch(value):
            raise refused("cnf: no SHA-256 thumbprint")
    return Confirmation(bound.get("jkt"), bound.get("x5t#S256"))


def _actors(values: Mapping[str, object]) -> tuple[str, ...]:
    """Read who acts for the subject, the present one first.

    Source: RFC 8693 section 4.1.
    """
    actors: list[str] = []
    while "act" in values:
        actor = values["act"]
        if not isinstance(actor, dict) or not actor.keys() <= ACTOR_MEMBERS:
            raise refused("act: no actor, or more than who it is")
        if len(actors) == MAX_ACTORS:
            raise refused(f"act: over {MAX_ACTORS} actors")
        actors.append(_text(actor.get("sub"), "act"))
        for name in actor.keys() & {"iss", "client_id"}:
            _text(actor[name], "act")
        values = actor
    return tuple(actors)
