"""The whole application over the world's rows, in this process, one for each set of policies."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx  # noqa: TID251 - asks an in-process application, not the network
import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from hub.agreements.watch import FixedPolicies
from hub.app import build_app
from hub.entrance import embedded_issuer
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.types import Caller, Purpose
from hub.policy.engine import load_policies
from hub.policy.policy_set import PolicySet
from hub.settings import ROOT, Settings
from hub.store.database import migrate
from tests.hub.gateway.world import build_world, insert

CLIENTS = {client.client_id: client for client in DEMO_CLIENTS}
ADDRESS = "http://hub.test"
WORLD = build_world(datetime.now(UTC))
"""The rows of every gateway test."""

OPEN = '@id("baseline/all") permit (principal, action in Action::"read", resource);'

BY_ROW = {
    "kr-rows": """
id: kr-rows
owner: KR
title: Groups that open by the row's own attributes
legal_basis: a test
recipients: all
purposes: any
valid_from: 2026-01-01
share:
  - {records: [SupplyNotice], groups: [public]}
  - {records: [SupplyNotice], groups: [operational], where: {status: [ONGOING, RESOLVED, DRAFT]}}
  - {records: [SupplyNotice], groups: [commercial], where: {kind: [SHORTAGE, SUSPENSION]}}
  - {records: [SupplyNotice, Product], groups: [native], where: {listing: [LISTED]}}
  - {records: [Product, Ingredient, Package, Organization], groups: [public]}
  - {records: [Product, Organization], groups: [operational], where: {feed: [one.feed]}}
  - {records: [StockReport], groups: [public]}
  - {records: [StockReport], groups: [operational, restricted], where: {feed: [two.feed]}}
  - {records: [StockReport], groups: [commercial], rounded_to: 1000}
  - {records: [StockReport], groups: [commercial], rounded_to: 10, where: {feed: [two.feed]}}
""",
    "us-rows": """
id: us-rows
owner: US
title: Rows that are seen by their own attributes
legal_basis: a test
recipients: all
purposes: any
valid_from: 2026-01-01
share:
  - {records: [SupplyNotice], groups: [public], where: {listing: [LISTED]}}
  - {records: [SupplyNotice], groups: [operational], where: {feed: [one.feed]}}
  - {records: [Product], groups: [public, operational], where: {species: [HUMAN, UNMAPPED]}}
  - {records: [Product], groups: [public], where: {substances: [one, three]}}
  - {records: [Ingredient, Package, Organization], groups: [public], where: {feed: [one.feed]}}
  - {records: [QualityAlert], groups: [public, operational]}
  - {records: [EssentialListing, PriceCeiling, StockReport], groups: [public]}
  - {records: [StockReport], groups: [commercial], where: {listing: [LISTED]}}
""",
    "eu-late": """
id: eu-late
owner: EU
title: Everything after a week
legal_basis: a test
recipients: all
purposes: [shortage-response]
valid_from: 2026-01-01
share:
  - records: [SupplyNotice]
    groups: [public, operational, commercial, native]
    embargo_days: 7
  - records: [Product, Ingredient, Package, Organization, EssentialListing, PriceCeiling]
    groups: [public]
    embargo_days: 7
""",
}


@dataclass(frozen=True, repr=False)
class Hub:
    """A running application and its callers' tokens."""

    http: httpx.AsyncClient
    settings: Settings
    policies: PolicySet

    @cached_property
    def _tokens(self) -> dict[tuple[str, Purpose], str]:
        return {}

    def token(self, client: str, purpose: Purpose = Purpose.SHORTAGE_RESPONSE) -> str:
        if (client, purpose) not in self._tokens:
            token = embedded_issuer(self.settings).mint(CLIENTS[client], purpose, 3600)
            self._tokens[client, purpose] = token
        return self._tokens[client, purpose]

    async def post(
        self,
        question: str,
        *,
        client: str = "kr-mfds",
        purpose: Purpose = Purpose.SHORTAGE_RESPONSE,
        **more: Any,
    ) -> httpx.Response:
        """Ask; `more` goes into the body beside the question."""
        headers = {"authorization": f"Bearer {self.token(client, purpose)}"}
        body = {"query": question} | more
        return await self.http.post("/graphql", json=body, headers=headers)

    async def ask(self, question: str, **asking: Any) -> dict[str, Any]:
        """Ask and read the answer, whatever it is."""
        answer = await self.post(question, **asking)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def data(self, question: str, **asking: Any) -> Any:
        """Ask what can be answered."""
        answer = await self.ask(question, **asking)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def error(self, question: str, **asking: Any) -> dict[str, Any]:
        """Ask what is refused with one error, and return it."""
        answer = await self.ask(question, **asking)
        [error] = answer["errors"]
        return error


@asynccontextmanager
async def open_hub(url: str, policies: Path, state: Path, **more: Any) -> AsyncIterator[Hub]:
    """Run the application over a database with a policy folder; `more` are other settings."""
    settings = Settings(
        state_dir=state,
        policies_dir=policies,
        public_url=ADDRESS,
        client_rate=0,
        member_rate=0,
        **more,
    )
    admitted = load_policies(policies)
    app = build_app(settings, url, policies=FixedPolicies(admitted))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http,
    ):
        yield Hub(http, settings, admitted)


@asynccontextmanager
async def new_database(server_url: str) -> AsyncIterator[str]:
    """Make a database at the newest schema beside the given one, and drop it again."""
    name = f"gateway_{uuid4().hex}"
    async with await psycopg.AsyncConnection.connect(server_url, autocommit=True) as connection:
        await connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
        await migrate(url)
        yield url
        await connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def caller_of(client: str, purpose: Purpose) -> Caller:
    """Make the caller that a token of a client stands for."""
    known = CLIENTS[client]
    return Caller(
        issuer=ADDRESS,
        subject=client,
        client=client,
        member=known.member,
        organisation=known.organisation,
        roles=known.roles,
        purpose=purpose,
        sender_constrained=False,
        token_id="token",
    )


def without_entry(content: bytes) -> bytes:
    """An answer but for the id of its disclosure entry, which no other answer has."""
    return re.sub(rb'"disclosure":\{"id":"[^"]*"\}', b'"disclosure":{}', content)


def strict_json(content: bytes) -> Any:
    """Read JSON in which no name stands twice."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs), pairs
        return dict(pairs)

    return json.loads(content, object_pairs_hook=unique)


def write_policies(folder: Path, baseline: str, agreements: dict[str, str]) -> Path:
    """Write a policy folder."""
    (folder / "agreements").mkdir(parents=True)
    (folder / "baseline.cedar").write_text(baseline)
    for name, text in agreements.items():
        (folder / "agreements" / f"{name}.yaml").write_text(text)
    return folder


@pytest.fixture(scope="session")
async def world_url(database_url: str) -> AsyncIterator[str]:
    """A database of its own that holds the world, and lends no order by the luck of an index."""
    async with new_database(database_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await insert(connection, WORLD.rows)
            name = Identifier(connection.info.dbname)
            for path in ("indexscan", "indexonlyscan", "bitmapscan"):
                setting = Identifier(f"enable_{path}")
                await connection.execute(
                    SQL("ALTER DATABASE {} SET {} = off").format(name, setting)
                )
        yield url


@pytest.fixture(scope="session")
def policy_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of policies: the project's own, one whose masks vary by row, all open, and none."""
    folder = tmp_path_factory.mktemp("policies")
    baseline = (ROOT / "policies" / "baseline.cedar").read_text()
    return {
        "committed": ROOT / "policies",
        "by_row": write_policies(folder / "by_row", baseline, BY_ROW),
        "open": write_policies(folder / "open", OPEN, {}),
        "none": write_policies(folder / "none", "", {}),
    }


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of all hubs, so that they share their keys."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
async def hub(world_url: str, policy_folders: dict[str, Path], state: Path) -> AsyncIterator[Hub]:
    """The application with everything open."""
    async with open_hub(world_url, policy_folders["open"], state) as opened:
        yield opened


@pytest.fixture(scope="session")
async def hubs(
    hub: Hub, world_url: str, policy_folders: dict[str, Path], state: Path
) -> AsyncIterator[dict[str, Hub]]:
    """The application over the world, by the name of its policies."""
    async with AsyncExitStack() as stack:
        yield {"open": hub} | {
            name: await stack.enter_async_context(open_hub(world_url, folder, state))
            for name, folder in policy_folders.items()
            if name != "open"
        }


HUB_FIXTURES = (hub, policy_folders, state, world_url)
"""What a test elsewhere must take over to have `hub`."""
