"""A hub that decides by its database, its clients, and the steps of agreements' lives over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx  # noqa: TID251 - asks an in-process application, not the network
import psycopg

from hub.app import build_app
from hub.entrance import embedded_issuer
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from hub.identity.types import Client, Purpose, Role
from hub.settings import ROOT, Settings
from tests.hub.gateway.serving import ADDRESS
from tests.hub.store.databases import migrated_database

MORE_CLIENTS = (
    Client("secretary", "ALLIANCE", "Secretariat", frozenset({Role.SECRETARIAT}), {*Purpose}),
    Client("kr-office", "KR", "Ministry", frozenset({Role.AGENCY}), {*Purpose}),
    Client("kr-lab", "KR", "Laboratory", frozenset({Role.REGULATOR}), {*Purpose}),
)
CLIENTS = {client.client_id: client for client in (*DEMO_CLIENTS, *MORE_CLIENTS)}

TEXT = """
id: {id}
owner: KR
title: Notices of Korea
legal_basis: Some act
recipients: {{members: [US]}}
purposes: any
valid_from: {start}
share:
  - {{records: [SupplyNotice], groups: [public]}}
"""
VERSION = """
fragment version on AgreementVersion {
  id number state remark owner title legalBasis validFrom validUntil members organisations roles
  text digest supersededAt
  events { step at effectiveAt reason issuer client subject member organisation roles }
}
"""
DRAFT = (
    'mutation ($text: String!, $reason: String! = "asked for") '
    "{ done: draftAgreement(input: {text: $text, reason: $reason}) { ...version } }" + VERSION
)
APPROVE = (
    "mutation ($versions: [ID!]!) "
    '{ done: approveAgreements(input: {versions: $versions, reason: "in order"}) { ...version } }'
    + VERSION
)
ON_VERSION = ("propose", "ratify", "reject", "withdraw")
ON_AGREEMENT = ("suspend", "resume", "end")


def step_of(step: str) -> str:
    """Write a step's mutation."""
    if step == "approve":
        return APPROVE
    name = "version" if step in ON_VERSION else "agreement"
    return (
        f"mutation (${name}: ID!) {{ done: {step}Agreement(input: "
        f'{{{name}: ${name}, reason: "in order"}}) {{ ...version }} }}' + VERSION
    )


class Office:
    """A hub that decides by its database, and callers of it."""

    def __init__(self, http: httpx.AsyncClient, settings: Settings, url: str) -> None:
        self.url = url
        self._http = http
        self._issuer = embedded_issuer(settings)
        self._ids = count(1)

    async def ask(self, client: str, question: str, **variables: Any) -> dict[str, Any]:
        token = self._issuer.mint(CLIENTS[client], Purpose.SHORTAGE_RESPONSE)
        answer = await self._http.post(
            "/graphql",
            json={"query": question, "variables": variables},
            headers={"authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def data(self, client: str, question: str, **variables: Any) -> Any:
        answer = await self.ask(client, question, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def error(self, client: str, question: str, **variables: Any) -> dict[str, Any]:
        [error] = (await self.ask(client, question, **variables))["errors"]
        return error

    def text(self, **changes: str) -> str:
        """Write an agreement of an id that is new."""
        return TEXT.format(**{"id": f"kr-{next(self._ids)}", "start": "2026-01-01"} | changes)

    async def draft(self, client: str = "secretariat", text: str | None = None) -> dict[str, Any]:
        return (await self.data(client, DRAFT, text=text or self.text()))["done"]

    async def take(self, step: str, client: str, version: str) -> Any:
        return (await self.data(client, step_of(step), **naming(step, version)))["done"]

    async def refused(self, step: str, client: str, version: str) -> dict[str, Any]:
        return await self.error(client, step_of(step), **naming(step, version))

    async def reach(self, state: str, text: str | None = None) -> str:
        """Bring a new agreement to a state, each step by somebody else."""
        version = (await self.draft(text=text))["id"]
        steps = {
            "PROPOSED": ("propose", "secretariat"),
            "RATIFIED": ("ratify", "kr-mfds"),
            "ACTIVE": ("approve", "secretary"),
            "SUSPENDED": ("suspend", "kr-mfds"),
        }
        for reached, (step, client) in steps.items():
            if state == "DRAFT":
                break
            await self.take(step, client, version)
            if reached == state:
                break
        return version


def naming(step: str, version: str) -> dict[str, Any]:
    """Write what a step's mutation is about."""
    if step == "approve":
        return {"versions": [version]}
    agreement, _, _ = version.partition("@")
    return {"version": version} if step in ON_VERSION else {"agreement": agreement}


@asynccontextmanager
async def open_office(server_url: str, state: Path) -> AsyncIterator[Office]:
    """Run the application over a database of its own that knows all clients."""
    settings = Settings(state_dir=state, policies_dir=ROOT / "policies", public_url=ADDRESS)
    async with migrated_database(server_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            for client in CLIENTS.values():
                await register(connection, client)
        app = build_app(settings, url)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http,
        ):
            yield Office(http, settings, url)
