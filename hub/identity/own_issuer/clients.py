"""Registered OAuth clients: registering one, finding one, disabling one, and those of the demo.

The caller owns the connection and its transaction; nothing here commits. The table is in
`models.py`; how a client proves who it is, in `assertions.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from federation.records.declaration import Origin
from hub.errors import InvalidInput, NotFound
from hub.identity.keys.jwks import VerificationKey, read_jwks
from hub.identity.trust.log import CHANNEL
from hub.identity.types import ALLIANCE_ROLES, Client, Purpose, Role
from hub.outbound import LOOPBACK_HOSTS

MAX_TEXT_CHARS = 256

_COLUMNS = (
    "client_id, member, organisation, roles, purposes, jwks, jwks_uri, "
    "requires_sender_constraint, may_act, registered_at, changed_at, changed_by, disabled_at"
)


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """How a client proves who it is, and what else it may and must.

    It has `keys`, a `jwks_uri` to fetch them from, or neither and then gets no token over HTTP.
    `may_act` lets it act for officers of its member.
    """

    client: Client
    keys: Mapping[str, object] | None = None
    jwks_uri: str | None = None
    requires_sender_constraint: bool = False
    may_act: bool = False
    registered_at: datetime | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None
    disabled_at: datetime | None = None

    def verification_keys(self) -> Mapping[str, VerificationKey]:
        """Read the keys it was registered with, by `kid`; none where it publishes them itself."""
        return read_jwks(self.keys) if self.keys else {}


def _regulator(client_id: str, member: Origin, organisation: str) -> Client:
    roles = frozenset({Role.REGULATOR, Role.AGENCY})
    return Client(client_id, member.value, organisation, roles, frozenset(Purpose))


def _alliance(client_id: str, role: Role, organisation: str) -> Client:
    roles = frozenset({role})
    return Client(client_id, Origin.ALLIANCE.value, organisation, roles, frozenset(Purpose))


DEMO_CLIENTS = (
    _regulator("kr-mfds", Origin.KR, "Ministry of Food and Drug Safety"),
    _regulator("us-fda", Origin.US, "Food and Drug Administration"),
    _regulator("jp-mhlw", Origin.JP, "Ministry of Health, Labour and Welfare"),
    _regulator("in-cdsco", Origin.IN, "Central Drugs Standard Control Organisation"),
    _regulator("eu-ema", Origin.EU, "European Medicines Agency"),
    _alliance("secretariat", Role.SECRETARIAT, "Alliance secretariat"),
    # Nobody may decide on what they drafted, so the secretariat has two.
    _alliance("secretariat-deputy", Role.SECRETARIAT, "Alliance secretariat"),
    _alliance("auditor", Role.AUDITOR, "Alliance auditor"),
)


async def register(conn: AsyncConnection, client: Client) -> None:
    """Register a client without keys, or bring a registered one's member and rights up to date.

    Keys and the rest of a registered one stay; a disabled one stays disabled.
    """
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
        _values(client),
    )


async def add(conn: AsyncConnection, registered: RegisteredClient, by: str) -> None:
    """Register a client with its keys, or register it anew. A disabled one stays disabled.

    Raises:
        InvalidInput: its id or organisation is empty, too long or unprintable; it has no purpose;
            its roles are not such as its member's bodies hold; or its keys are at no address.
    """
    _check(registered)
    await register(conn, registered.client)
    keys = None if registered.keys is None else Jsonb(dict(registered.keys))
    await _change(
        conn,
        registered.client.client_id,
        by,
        "jwks = %(jwks)s, jwks_uri = %(jwks_uri)s, may_act = %(may_act)s,"
        " requires_sender_constraint = %(requires_sender_constraint)s",
        {
            "jwks": keys,
            "jwks_uri": registered.jwks_uri,
            "may_act": registered.may_act,
            "requires_sender_constraint": registered.requires_sender_constraint,
        },
    )


async def disable(conn: AsyncConnection, client_id: str, by: str) -> None:
    """Give a client no token, and have those it has refused at once.

    Raises:
        NotFound: it is not registered.
    """
    await _change(conn, client_id, by, "disabled_at = coalesce(disabled_at, now())", {})


async def enable(conn: AsyncConnection, client_id: str, by: str) -> None:
    """Let a client have tokens again.

    Raises:
        NotFound: it is not registered.
    """
    await _change(conn, client_id, by, "disabled_at = NULL", {})


async def read_all(conn: AsyncConnection) -> tuple[RegisteredClient, ...]:
    """Read all clients, by id."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM oauth_client ORDER BY client_id")  # noqa: S608 - our own columns
        return tuple(map(_client, await cursor.fetchall()))


async def read_one(conn: AsyncConnection, client_id: str) -> RegisteredClient | None:
    """Read a client, disabled or not; None where it is not registered."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM oauth_client WHERE client_id = %s",  # noqa: S608 - our own columns
            [client_id],
        )
        row = await cursor.fetchone()
    return _client(row) if row else None


async def find(conn: AsyncConnection, client_id: str) -> Client:
    """Find a client that may get tokens.

    Raises:
        InvalidInput: it is not registered, or is disabled; names those that may.
    """
    return (await find_active(conn, client_id)).client


async def find_active(conn: AsyncConnection, client_id: str) -> RegisteredClient:
    """Find what is registered of a client that may get tokens.

    Raises:
        InvalidInput: it is not registered, or is disabled; names those that may.
    """
    known = {each.client.client_id: each for each in await read_all(conn) if not each.disabled_at}
    if client_id not in known:
        names = ", ".join(f"`{name}`" for name in known) or "none yet: register one"
        raise InvalidInput(f"no active client `{client_id}`: known are {names}")
    return known[client_id]


async def _change(
    conn: AsyncConnection, client_id: str, by: str, changes: str, values: dict[str, object]
) -> None:
    """Change a client's row, and tell the gateways once the transaction is committed."""
    changed = await conn.execute(
        f"UPDATE oauth_client SET {changes}, changed_at = now(), changed_by = %(by)s"  # noqa: S608 - our own columns
        " WHERE client_id = %(client_id)s",
        {"client_id": client_id, "by": by, **values},
    )
    if not changed.rowcount:
        raise NotFound(f"no client `{client_id}`: `hub client list` shows all")
    await conn.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def _check(registered: RegisteredClient) -> None:
    client = registered.client
    for text in (client.client_id, client.organisation):
        if not text.isprintable() or not text.strip() or len(text) > MAX_TEXT_CHARS:
            raise InvalidInput(
                f"a client's id and organisation are 1 to {MAX_TEXT_CHARS} printable characters: "
                "correct them"
            )
    is_alliance = client.member == Origin.ALLIANCE.value
    held = ALLIANCE_ROLES if is_alliance else frozenset(Role) - ALLIANCE_ROLES
    if not client.roles or not client.roles <= held:
        roles = ", ".join(sorted(held))
        raise InvalidInput(f"a client of {client.member} has some of {roles}: name them")
    if not client.purposes:
        raise InvalidInput(f"a client may state some of {', '.join(sorted(Purpose))}: name them")
    if registered.jwks_uri and not _is_address(registered.jwks_uri):
        raise InvalidInput("a client publishes its keys at a plain https address: correct it")
    if registered.may_act and is_alliance:
        # Whoever acts for a secretary would be a second pair of eyes in the secretary's own head.
        raise InvalidInput("nobody acts for the alliance's own bodies: leave out `--may-act`")


def _is_address(text: str) -> bool:
    """Tell whether keys may lie there; whether they may on this machine, the fetch decides."""
    address = urlsplit(text)
    is_loopback = address.scheme == "http" and address.hostname in LOOPBACK_HOSTS
    return address.scheme == "https" or is_loopback


def _values(client: Client) -> dict[str, object]:
    return {
        "client_id": client.client_id,
        "member": client.member,
        "organisation": client.organisation,
        "roles": sorted(role.value for role in client.roles),
        "purposes": sorted(purpose.value for purpose in client.purposes),
    }


def _client(row: dict[str, Any]) -> RegisteredClient:
    return RegisteredClient(
        client=Client(
            client_id=row["client_id"],
            member=row["member"],
            organisation=row["organisation"],
            roles=frozenset(map(Role, row["roles"])),
            purposes=frozenset(map(Purpose, row["purposes"])),
        ),
        keys=row["jwks"],
        jwks_uri=row["jwks_uri"],
        requires_sender_constraint=row["requires_sender_constraint"],
        may_act=row["may_act"],
        registered_at=row["registered_at"],
        changed_at=row["changed_at"],
        changed_by=row["changed_by"],
        disabled_at=row["disabled_at"],
    )
