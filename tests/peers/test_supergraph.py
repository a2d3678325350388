"""The hub and two example members behind Hive Gateway, asked by several members' regulators."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx  # noqa: TID251 - a client of the router
import pytest

from hub.demo.run import Demo
from hub.identity.own_issuer.clients import DEMO_CLIENTS

SUPERGRAPH = Path(__file__).resolve().parents[2] / "graphql" / "supergraph"
START_SECONDS = 60.0
MEMBERS = ("kr-mfds", "us-fda", "in-cdsco")

STOCKS = """{
  hospitalStocks {
    hospital units
    product { key name formularyEntry { section } supplyNotices { key reasonText } }
    filedIn { key quantity quantityBand }
  }
}"""
AT_THE_HUB = """query ($product: ID!, $report: ID!) {
  product: node(id: $product) { ... on Product { key name supplyNotices { key reasonText } } }
  report: node(id: $report) { ... on StockReport { key quantity quantityBand } }
}"""


class Router:
    """A running supergraph, beside the hub itself."""

    def __init__(self, http: httpx.AsyncClient, url: str, demo: Demo) -> None:
        self.http, self.url, self.demo = http, url, demo

    async def ask(self, question: str, client: str | None, *, url: str | None = None, **variables):
        """Ask the router, or whom the address says, as a client."""
        headers = {}
        if client:
            known = next(one for one in DEMO_CLIENTS if one.client_id == client)
            headers["authorization"] = f"Bearer {self.demo.token(known)}"
        body = {"query": question, "variables": variables}
        answer = await self.http.post(url or self.url, json=body, headers=headers)
        return answer.json()

    async def data(self, question: str, client: str, **more):
        """Ask what can be answered."""
        answer = await self.ask(question, client, **more)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


@pytest.fixture(scope="session")
async def router(demo: Demo) -> AsyncIterator[Router]:
    """The supergraph, started as its one command starts it."""
    process = await asyncio.create_subprocess_exec(
        "node",
        SUPERGRAPH / "run.mjs",
        "--hub",
        f"{demo.url}/graphql",
        "--port",
        "0",
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        async with asyncio.timeout(START_SECONDS):
            line = (await process.stdout.readline()).decode()
        [url] = re.findall(r"supergraph at (\S+),", line)
        async with httpx.AsyncClient(timeout=START_SECONDS) as http:
            yield Router(http, url, demo)
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
async def seen(router: Router) -> dict[str, list]:
    """What each member sees of the same hospitals."""
    return {client: (await router.data(STOCKS, client))["hospitalStocks"] for client in MEMBERS}


async def test_each_member_sees_through_the_router_what_the_hub_shows_it(router: Router, seen):
    for client, stocks in seen.items():
        for stock in stocks:
            report = stock["filedIn"] or {"key": "KR.StockReport.none"}
            shown = await router.data(
                AT_THE_HUB,
                client,
                url=f"{router.demo.url}/graphql",
                product=stock["product"]["key"],
                report=report["key"],
            )
            product = {name: stock["product"][name] for name in shown["product"]}
            assert product == shown["product"]
            hidden = {"key": report["key"], "quantity": None, "quantityBand": None}
            assert stock["filedIn"] == (shown["report"] or (stock["filedIn"] and hidden))


async def test_members_see_different_parts_of_the_same_records(seen):
    reports = {client: stocks[0]["filedIn"] for client, stocks in seen.items()}
    assert reports["kr-mfds"]["quantity"] is not None
    assert reports["us-fda"]["quantity"] is None
    assert reports["us-fda"]["quantityBand"] is not None
    assert reports["in-cdsco"]["quantityBand"] is None
    reasons = {
        client: {notice["reasonText"] for notice in stocks[0]["product"]["supplyNotices"]}
        for client, stocks in seen.items()
    }
    assert None not in reasons["us-fda"]
    assert reasons["in-cdsco"] == {None}


async def test_members_that_ask_at_the_same_moment_see_each_its_own(router: Router, seen):
    asking = [client for _ in range(10) for client in MEMBERS]
    answers = await asyncio.gather(*(router.data(STOCKS, client) for client in asking))
    assert [answer["hospitalStocks"] for answer in answers] == [seen[one] for one in asking]


async def test_one_question_joins_the_formulary_the_hub_and_the_hospitals(router: Router):
    question = """{ formularyEntries {
      code substance { inn } products { name hospitalStocks { units } } } }"""
    answer = await router.ask(question, "us-fda")
    found = {
        entry["code"]: (
            entry["substance"]["inn"],
            [product and product["hospitalStocks"] for product in entry["products"]],
        )
        for entry in answer["data"]["formularyEntries"]
    }
    assert found == {
        "A02.01": ("fentanyl", [[{"units": 3}]]),
        "A10.04": ("insulin glargine", [[{"units": 30}]]),
        "B05.11": ("calcium gluconate", [[{"units": 12}, {"units": 4}], None]),
    }
    # What the formulary names and the hub does not show is null, and the router says why.
    assert [error["path"][:4] for error in answer["errors"]] == [
        ["formularyEntries", 2, "products", 1]
    ]


async def test_the_hub_s_own_pages_are_joined_with_the_members_data(router: Router):
    question = """{ products(first: 500, filter: {origin: {eq: KR}}) { totalCount nodes {
      nationalId formularyEntry { code } hospitalStocks { units }
      ingredients { substance { formularyEntry { code } } } } } }"""
    nodes = (await router.data(question, "kr-mfds"))["products"]["nodes"]
    listed = {
        node["nationalId"]: node["formularyEntry"]["code"]
        for node in nodes
        if node["formularyEntry"]
    }
    assert listed == {"200605327": "A02.01", "200506218": "A10.04", "198400093": "B05.11"}
    stocked = {node["nationalId"] for node in nodes if node["hospitalStocks"]}
    assert stocked == listed.keys()


async def test_without_a_token_the_hub_shows_nothing(router: Router):
    answer = await router.ask("{ hospitalStocks { units product { name } } }", None)
    assert {stock["units"] for stock in answer["data"]["hospitalStocks"]} == {3, 12, 4, 30}
    assert {stock["product"] for stock in answer["data"]["hospitalStocks"]} == {None}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHENTICATED"}


async def test_a_caller_s_credentials_go_to_the_hub_alone(peer):
    given = {"authorization": "Bearer t", "hub-purpose": "exercise", "cookie": "session=s"}
    found = await peer("router_headers.mjs", headers=given)
    assert found["answer"]["data"] == {"hub": "answered", "other": "answered"}
    assert given.keys() & set(found["seen"]["hub"]) == {"authorization", "hub-purpose"}
    assert given.keys() & set(found["seen"]["other"]) == set()
