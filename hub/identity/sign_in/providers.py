"""Providers at which people sign in: adding, listing, finding and removing one.

The caller owns the connection and its transaction; nothing here commits. That a provider's issuer
may vouch for anybody is decided by `Trust`, not here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from hub.errors import InvalidInput, NotFound

_NAME = re.compile(r"(?!callback$)[a-z0-9][a-z0-9-]{0,39}")
_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Provider:
    """An issuer's sign-in, and the client that the hub is to it.

    `hosts` are those beside the issuer's own on which its endpoints may be, with a port where it is
    not the scheme's.
    """

    name: str
    issuer: str
    client_id: str
    scopes: tuple[str, ...] = ("openid",)
    hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InvalidInput(f"`{self.name}` is no name for a provider: use a-z, 0-9 and `-`")
        if "openid" not in self.scopes:
            raise InvalidInput("the scopes lack `openid`: no provider signs anybody in without it")
        for host in self.hosts:
            if not _HOST.fullmatch(host):
                raise InvalidInput(f"`{host}` is no host: write `login.example.org` or with a port")


async def add(conn: AsyncConnection, provider: Provider) -> None:
    """Add a provider, or bring the one of its name up to date."""
    await conn.execute(
        """
        INSERT INTO sign_in_provider (name, issuer, client_id, scopes, hosts)
        VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (name) DO UPDATE SET
            issuer = excluded.issuer,
            client_id = excluded.client_id,
            scopes = excluded.scopes,
            hosts = excluded.hosts
        """,
        [
            provider.name,
            provider.issuer,
            provider.client_id,
            list(provider.scopes),
            list(provider.hosts),
        ],
    )


async def remove(conn: AsyncConnection, name: str) -> None:
    """Remove a provider, and with it the sessions of all who signed in there.

    Raises:
        NotFound: there is none of that name.
    """
    removed = await conn.execute(
        "DELETE FROM sign_in_provider WHERE name = %s RETURNING issuer, client_id", [name]
    )
    found = await removed.fetchone()
    if found is None:
        raise unknown(name)
    await conn.execute("DELETE FROM person_session WHERE issuer = %s AND client = %s", found)


async def every(conn: AsyncConnection) -> tuple[Provider, ...]:
    """List the providers, by name."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT name, issuer, client_id, scopes, hosts FROM sign_in_provider ORDER BY name"
        )
        return tuple(_read(await cursor.fetchall()))


async def find(conn: AsyncConnection, name: str) -> Provider:
    """Find a provider.

    Raises:
        NotFound: there is none of that name.
    """
    for provider in await every(conn):
        if provider.name == name:
            return provider
    raise unknown(name)


def unknown(name: str) -> NotFound:
    """Make the error for a name that no provider has."""
    return NotFound(f"no provider `{name}`: `/sign-in` and `hub sign-in list` name those there are")


def _read(rows: Iterable[dict[str, Any]]) -> Iterable[Provider]:
    for row in rows:
        yield Provider(**row | {"scopes": tuple(row["scopes"]), "hosts": tuple(row["hosts"])})
