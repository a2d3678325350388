"""People who handle trusted issuers, and a registration they may handle."""

import json
from typing import Any

from psycopg import AsyncConnection

from hub.identity.trust import issuers
from hub.identity.trust.issuers import Version
from hub.identity.trust.registration import Registration
from hub.identity.types import Caller, Purpose, Role

ISSUER = "https://login.mfds.example"


def person(subject: str, member: str, *roles: Role, client: str = "desk") -> Caller:
    """Make a caller."""
    return Caller(
        issuer="https://hub.example",
        subject=subject,
        client=client,
        member=member,
        organisation="Office",
        roles=frozenset(roles),
        purpose=Purpose.EXERCISE,
        sender_constrained=False,
        token_id="t",
    )


KR = person("kim", "KR", Role.REGULATOR, Role.AGENCY)
KR_OTHER = person("lee", "KR", Role.REGULATOR)
KR_AGENCY = person("han", "KR", Role.AGENCY)
US = person("ann", "US", Role.REGULATOR)
SECRETARY = person("sam", "ALLIANCE", Role.SECRETARIAT)
SECRETARY_2 = person("sue", "ALLIANCE", Role.SECRETARIAT)
AUDITOR = person("ada", "ALLIANCE", Role.AUDITOR)


def stated(**changes: Any) -> dict[str, Any]:
    """Write a registration of Korea's issuer but for the changes."""
    return {
        "issuer": ISSUER,
        "jwks_uri": f"{ISSUER}/jwks",
        "members": ["KR"],
        "roles": ["regulator", "agency"],
        "purposes": ["shortage-response", "exercise"],
    } | changes


def registration(**changes: Any) -> Registration:
    """Read such a registration."""
    return Registration.read(json.dumps(stated(**changes)))


async def registered(connection: AsyncConnection, **changes: Any) -> Version:
    """Have an issuer in force, by a word of both sides."""
    found = registration(**changes)
    await issuers.propose(connection, KR, found, "ours", allow_loopback=True)
    number = len(await issuers.read_one(connection, found.issuer))
    return await issuers.approve(connection, SECRETARY, found.issuer, number, "theirs indeed")
