"""The whole application behind a real socket on loopback, and tokens forged in its issuer's name.

Tests that attack the edge take `EDGE_FIXTURES` over and ask `edge`.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx  # noqa: TID251 - the client of an attacker
import pytest
import uvicorn
from joserfc.jwk import ECKey

from hub.agreements.watch import FixedPolicies
from hub.app import Server, build_app
from hub.entrance import embedded_issuer
from hub.identity.types import Purpose
from hub.settings import Settings
from tests.hub.gateway.serving import ADDRESS, CLIENTS, HUB_FIXTURES, Hub
from tests.hub.identity import forge

QUESTION = {"query": "{ products { totalCount } me { client } }"}


@dataclass(frozen=True, repr=False)
class Edge:
    """A hub that listens, and what an attacker can do to it."""

    url: str
    http: httpx.AsyncClient
    settings: Settings

    @property
    def key(self) -> ECKey:
        """The key that signs the embedded issuer's tokens."""
        return embedded_issuer(self.settings).keys.current

    def minted(self, client: str = "kr-mfds", purpose: Purpose = Purpose.EXERCISE) -> str:
        """An honest token."""
        return embedded_issuer(self.settings).mint(CLIENTS[client], purpose)

    def signed(self, data: bytes) -> bytes:
        """Sign as the embedded issuer does."""
        signer = forge.ECSigner()
        signer.private = self.key.private_key
        return signer(data)

    def forged(
        self,
        *,
        header: dict[str, Any] | None = None,
        sign: forge.Signer | None = None,
        **claims: Any,
    ) -> str:
        """A token as the embedded issuer makes them, but for what is given."""
        now = int(time.time())
        honest = {"iss": ADDRESS, "aud": ADDRESS, "iat": now, "nbf": now, "exp": now + 600}
        return forge.compact(
            forge.header(**({"kid": self.key.kid} | (header or {}))),
            forge.claims(**(honest | claims)),
            sign or self.signed,
        )

    async def ask(self, token: str, scheme: str = "Bearer", **headers: str) -> httpx.Response:
        """Ask with a token."""
        shown = {"authorization": f"{scheme} {token}"} | headers
        return await self.http.post("/graphql", json=QUESTION, headers=shown)


@asynccontextmanager
async def listening(settings: Settings, database: str, policies: Any) -> AsyncIterator[Edge]:
    """Serve the application on a free port of loopback."""
    app = build_app(settings, database, policies=FixedPolicies(policies))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False)
    server = Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()
    url = f"http://{host}:{port}"
    try:
        async with httpx.AsyncClient(base_url=url) as http:
            yield Edge(url, http, settings)
    finally:
        server.should_exit = True
        await serving


@pytest.fixture(scope="session")
async def edge(hub: Hub, world_url: str) -> AsyncIterator[Edge]:
    """A hub that listens, with everything open to whoever holds a token."""
    async with listening(hub.settings, world_url, hub.policies) as opened:
        yield opened


EDGE_FIXTURES = (*HUB_FIXTURES, edge)
"""What a test must take over to have `edge`."""
