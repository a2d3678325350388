"""A hub whose embedded issuer is asked over HTTP, and clients that hold keys of their own."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx  # noqa: TID251 - asks an in-process application, not the network
import psycopg
import pytest

from hub.agreements.watch import FixedPolicies
from hub.app import build_app
from hub.entrance import embedded_issuer
from hub.identity.keys.public_keys import read_public_keys
from hub.identity.own_issuer import clients
from hub.identity.own_issuer.clients import RegisteredClient
from hub.identity.types import Client, Purpose, Role
from hub.policy.engine import load_policies
from hub.settings import Settings
from tests.hub.gateway.serving import OPEN, write_policies
from tests.hub.identity import forge, possession
from tests.hub.store.databases import migrated_database

ADDRESS = "http://hub.test"
TOKEN_URL = f"{ADDRESS}/oauth/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


@dataclass(frozen=True)
class Agency:
    """A registered client and the key that it alone holds."""

    id: str
    signer: Any = field(default_factory=forge.ECSigner)

    def assertion(self, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """An honest assertion but for the header's members and the claims given."""
        now = int(time.time())
        claims = {
            "iss": self.id,
            "sub": self.id,
            "aud": ADDRESS,
            "jti": uuid4().hex,
            "iat": now,
            "exp": now + 60,
        } | changes
        whole = {"typ": "JWT", "alg": "ES256", "kid": self.signer.kid} | (header or {})
        present = [
            {name: value for name, value in part.items() if value is not forge.ABSENT}
            for part in (whole, claims)
        ]
        return forge.compact(*present, self.signer)

    def form(self, **changes: Any) -> dict[str, Any]:
        """An honest request for a token but for the fields given."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": changes.get("client_assertion") or self.assertion(),
        } | changes
        return {name: value for name, value in form.items() if value is not forge.ABSENT}


@dataclass(frozen=True)
class Issuing:
    """A hub that gives tokens."""

    http: httpx.AsyncClient
    settings: Settings
    url: str

    async def register(
        self,
        *,
        member: str = "KR",
        roles: tuple[Role, ...] = (Role.AGENCY, Role.REGULATOR),
        purposes: tuple[Purpose, ...] = (Purpose.EXERCISE, Purpose.SUPPLY_MAPPING),
        signer: Any = None,
        **more: Any,
    ) -> Agency:
        """Register a client of a new name."""
        agency = Agency(f"client-{uuid4().hex[:8]}", signer or forge.ECSigner())
        client = Client(agency.id, member, "An agency", frozenset(roles), frozenset(purposes))
        keys = read_public_keys(json.dumps(agency.signer.jwk()))
        registered = RegisteredClient(client, **({"keys": keys} | more))
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            await clients.add(connection, registered, "a test")
        return agency

    async def post(
        self, path: str, form: Any, proof: str | None = None, **headers: str
    ) -> httpx.Response:
        shown = headers | ({"dpop": proof} if proof else {})
        return await self.http.post(path, data=form, headers=shown)

    async def token(self, agency: Agency, proof: str | None = None, **form: Any) -> dict[str, Any]:
        """Get a token."""
        answer = await self.post("/oauth/token", agency.form(**form), proof)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return answer.json()

    async def error(
        self, form: Any, proof: str | None = None, path: str = "/oauth/token"
    ) -> tuple[int, str]:
        """Ask what is refused; return status and code."""
        answer = await self.post(path, form, proof)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json().keys() == {"error", "error_description"}
        return answer.status_code, answer.json()["error"]

    async def exchanged(self, agency: Agency, subject: str, **form: Any) -> dict[str, Any]:
        """Get a token to act for the subject of another."""
        return await self.token(agency, **exchange_of(subject, **form))

    async def me(self, token: str, proof: str | None = None, **headers: str) -> httpx.Response:
        """Ask the gateway who calls."""
        scheme = {"DPoP": proof} if proof else {}
        shown = {"authorization": f"{'DPoP' if proof else 'Bearer'} {token}"} | scheme | headers
        body = {"query": "{ me { client member purpose } }"}
        return await self.http.post("/graphql", json=body, headers=shown)

    async def until_ready(self) -> None:
        """Wait until the gateway knows whom to trust: building another one may have held it up."""
        token = self.minted(Agency("nobody"))
        async with asyncio.timeout(30):
            while (await self.me(token)).status_code != 200:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.02)

    async def until_refused(self, token: str, proof: Callable[[], str] | None = None) -> None:
        """Wait until the gateway has heard that a token holds no longer."""
        async with asyncio.timeout(10):
            while (await self.me(token, proof and proof())).status_code != 401:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.02)

    def minted(self, agency: Agency, purpose: Purpose = Purpose.EXERCISE, **client: Any) -> str:
        """A token of whoever may run commands on the machine."""
        known = {
            "client_id": agency.id,
            "member": "KR",
            "organisation": "An agency",
            "roles": frozenset({Role.REGULATOR}),
            "purposes": frozenset({purpose}),
        } | client
        return embedded_issuer(self.settings).mint(Client(**known), purpose)


def exchange_of(subject: str, **form: Any) -> dict[str, Any]:
    return {
        "grant_type": EXCHANGE,
        "subject_token": subject,
        "subject_token_type": ACCESS_TOKEN,
    } | form


def proof(signer: Any, url: str = TOKEN_URL, **changes: Any) -> str:
    """A proof of possession, for now and for an address."""
    made = {"jti": uuid4().hex, "iat": int(time.time()), "htu": url, "ath": forge.ABSENT}
    return possession.proof(signer, **(made | changes))


def claims_of(token: str) -> dict[str, Any]:
    return json.loads(possession.decoded(token.split(".")[1]))


def header_of(token: str) -> dict[str, Any]:
    return json.loads(possession.decoded(token.split(".", maxsplit=1)[0]))


@asynccontextmanager
async def open_issuing(database: str, folder: Path, **settings: Any) -> AsyncIterator[Issuing]:
    """Run the application over a database, with everything open."""
    policies = write_policies(folder / "policies", OPEN, {})
    known = Settings(
        **({"state_dir": folder, "policies_dir": policies, "public_url": ADDRESS} | settings)
    )
    app = build_app(known, database, policies=FixedPolicies(load_policies(policies)))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http,
    ):
        yield Issuing(http, known, database)


@pytest.fixture(scope="module")
async def issuing(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Issuing]:
    """A hub of its own for a module's tests."""
    folder = tmp_path_factory.mktemp("issuing")
    async with migrated_database(database_url) as url, open_issuing(url, folder) as opened:
        await opened.until_ready()
        yield opened
