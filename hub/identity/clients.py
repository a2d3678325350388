"""Registered OAuth clients: registering one, finding one, and those of the demo.

The caller owns the connection and its transaction; nothing here commits. The table is in
`models.py`.
"""

from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from federation.records.declaration import Origin
from hub.errors import InvalidInput
from hub.identity.types import Client, Purpose, Role


def _regulator(client_id: str, member: Origin, organisation: str) -> Client:
    roles = frozenset({Role.REGULATOR, Role.AGENCY})
    return Client(client_id, member.value, organisation, roles, frozenset(Purpose))


def _alliance(role: Role, organisation: str) -> Client:
    return Client(
        role.value, Origin.ALLIANCE.value, organisation, frozenset({role}), frozenset(Purpose)
    )


DEMO_CLIENTS = (
    _regulator("kr-mfds", Origin.KR, "Ministry of Food and Drug Safety"),
    _regulator("us-fda", Origin.US, "Food and Drug Administration"),
    _regulator("jp-mhlw", Origin.JP, "Ministry of Health, Labour and Welfare"),
    _regulator("in-cdsco", Origin.IN, "Central Drugs Standard Control Organisation"),
    _regulator("eu-ema", Origin.EU, "European Medicines Agency"),
    _alliance(Role.SECRETARIAT, "Alliance secretariat"),
    _alliance(Role.AUDITOR, "Alliance auditor"),
)


async def register(conn: AsyncConnection[Any], client: Client) -> None:
    """Register a client, or bring a registered one up to date. A disabled one stays disabled."""
    await conn.execute(
        """
        INSERT INTO oauth_client
            (client_id, member, organisation, roles, purposes, registered_at)
        VALUES
            (%(client_id)s, %(member)s, %(organisation)s, %(roles)s, %(purposes)s, now())
        ON CONFLICT (client_id) DO UPDATE SET
            member = excluded.member,
            organisation = excluded.organisation,
            roles = excluded.roles,
            purposes = excluded.purposes
        """,
        {
            "client_id": client.client_id,
            "member": client.member,
            "organisation": client.organisation,
            "roles": sorted(role.value for role in client.roles),
            "purposes": sorted(purpose.value for purpose in client.purposes),
        },
    )


async def find(conn: AsyncConnection[Any], client_id: str) -> Client:
    """Find a client that may get tokens.

    Raises:
        InvalidInput: it is not registered, or is disabled; names those that may.
    """
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT client_id, member, organisation, roles, purposes FROM oauth_client"
            " WHERE disabled_at IS NULL ORDER BY client_id"
        )
        rows = {row["client_id"]: row for row in await cursor.fetchall()}
    if client_id not in rows:
        known = ", ".join(f"`{name}`" for name in rows) or "none yet: register one"
        raise InvalidInput(f"no active client `{client_id}`: known are {known}")
    row = rows[client_id]
    return Client(
        client_id=row["client_id"],
        member=row["member"],
        organisation=row["organisation"],
        roles=frozenset(map(Role, row["roles"])),
        purposes=frozenset(map(Purpose, row["purposes"])),
    )
