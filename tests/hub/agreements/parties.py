"""Who takes part in agreements' lives, small agreements, and the way to one that is active."""

from datetime import UTC, datetime

from psycopg import AsyncConnection

from hub.agreements import history, proceedings
from hub.agreements.types import Version, VersionKey
from hub.identity.types import Caller, Purpose, Role

BASELINE = """
@id("baseline/owners")
permit (principal, action in Action::"read", resource) when {resource.origin == principal.member};
"""

TODAY = datetime.now(UTC).date()


def caller(member: str, *roles: Role, subject: str = "kim", client: str | None = None) -> Caller:
    return Caller(
        issuer="https://issuer.test",
        subject=subject,
        client=client or f"{member.lower()}-client",
        member=member,
        organisation=f"Body of {member}",
        roles=frozenset(roles),
        purpose=Purpose.SUPPLY_MAPPING,
        sender_constrained=False,
        token_id="token",
    )


KR = caller("KR", Role.REGULATOR, Role.AGENCY)
KR_DRAFTER = caller("KR", Role.AGENCY, subject="lee")
US = caller("US", Role.REGULATOR, Role.AGENCY)
JP = caller("JP", Role.REGULATOR, Role.AGENCY)
DRAFTER = caller("ALLIANCE", Role.SECRETARIAT, subject="drafter")
APPROVER = caller("ALLIANCE", Role.SECRETARIAT, subject="approver")
AUDITOR = caller("ALLIANCE", Role.AUDITOR)


def text(
    name: str = "kr-supply",
    *,
    owner: str = "KR",
    recipients: str = "{members: [US, EU]}",
    groups: str = "[public]",
    valid_from: object = "2026-01-01",
    more: str = "",
) -> str:
    """Write an agreement by which an owner shows its notices to the US and the EU."""
    return f"""
id: {name}
owner: {owner}
title: Notices
legal_basis: a test
recipients: {recipients}
purposes: any
valid_from: {valid_from}
share:
  - {{records: [SupplyNotice], groups: {groups}}}
{more}
"""


async def proposed(connection: AsyncConnection, yaml: str | None = None) -> VersionKey:
    """Draft and propose as the secretariat."""
    version = await proceedings.draft(connection, DRAFTER, yaml or text(), "as agreed")
    await proceedings.propose(connection, DRAFTER, version.key, "as agreed")
    return version.key


async def ratified(
    connection: AsyncConnection, yaml: str | None = None, owner: Caller = KR
) -> VersionKey:
    """Bring an agreement to the point where its approval is due."""
    key = await proposed(connection, yaml)
    await proceedings.ratify(connection, owner, key, "we agree")
    return key


async def active(
    connection: AsyncConnection, yaml: str | None = None, owner: Caller = KR
) -> Version:
    """Bring an agreement into force."""
    key = await ratified(connection, yaml, owner)
    (version,) = await proceedings.approve(connection, APPROVER, [key], "in order")
    return version


async def members(connection: AsyncConnection, at: datetime | None = None) -> list[str]:
    """Read which versions make the set, the coming one last or that of an instant."""
    if at is None:
        found = (await history.sets(connection))[0]
    else:
        found = await history.set_at(connection, at)
        assert found is not None
    return list(map(str, found.members))
