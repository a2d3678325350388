"""Both tiers give the same bytes; the hot one answers where it can, and nowhere else."""

import asyncio
import json
from collections import Counter

import pytest
from graphql import build_schema
from hypothesis import given, settings

from hub.gateway.hot.tier import HotTier
from hub.identity.types import Purpose
from tests.hub.gateway.questions import questions
from tests.hub.gateway.serving import WORLD, without_entry
from tests.hub.gateway.test_differential import GENERATED, SDL, WHO

REFERENCE = {"content-type": "application/json;charset=utf-8"}
"""A header that only the reference tier reads, and that says the same."""

PAGE = """query Page($first: Int! = 3, $after: String, $filter: SupplyNoticeFilter,
    $order: [SupplyNoticeOrder!], $asOf: DateTime, $with: Boolean! = true) {
  supplyNotices(first: $first, after: $after, filter: $filter, orderBy: $order, asOf: $asOf) {
    nodes { key title @include(if: $with) stockText product { name } }
    pageInfo { endCursor hasNextPage hasPreviousPage }
    totalCount
  }
}"""


@pytest.fixture
def answered(monkeypatch):
    """Count the requests by the tier that answered them."""
    seen = Counter()
    answer = HotTier.answer

    async def watched(self, request):
        found = await answer(self, request)
        seen["hot"] += found is not None
        return found

    monkeypatch.setattr(HotTier, "answer", watched)
    return seen


def said(response):
    """All that an answer says, but what names this one request."""
    told = without_entry(response.content)
    kept = {"cache-control", "content-type", "www-authenticate", "retry-after"}
    return response.status_code, told, {n: v for n, v in response.headers.items() if n in kept}


async def ask(hub, question, headers=None, *, client="kr-mfds", purpose=None, **more):
    purpose = purpose or Purpose.SHORTAGE_RESPONSE
    shown = {"authorization": f"Bearer {hub.token(client, purpose)}"} | (headers or {})
    shown.setdefault("content-type", "application/json")
    body = json.dumps({"query": question} | more)
    return await hub.http.post("/graphql", content=body, headers=shown)


async def compare(hub, question, **asking):
    """Ask often enough for the hot tier to learn it, and compare it with the reference tier."""
    expected = said(await ask(hub, question, REFERENCE, **asking))
    for _ in range(3):
        found = await ask(hub, question, **asking)
        assert said(found) == expected
    return found


@settings(GENERATED, max_examples=60)
@given(question=questions(build_schema(SDL), WORLD), who=WHO)
async def test_generated_questions_are_answered_alike_by_both_tiers(hubs, question, who):
    policies, client, purpose = who
    await compare(
        hubs[policies],
        question.document,
        variables=question.variables,
        client=client,
        purpose=purpose,
    )


async def test_the_hot_tier_answers_from_the_third_time_on(hub, answered):
    question = "{ hotThird: products(first: 2) { nodes { key } } }"
    for expected in (0, 0, 1, 2):
        await ask(hub, question)
        assert answered["hot"] == expected


FORMS = [
    {},
    {"first": 2},
    {"first": 5},
    {"first": None},
    {"first": 0},
    {"first": "2"},
    {"first": 2.0},
    {"first": 2**40},
    {"unknown": 1},
    {"with": False},
    {"with": None},
    {"filter": None},
    {"filter": {}},
    {"filter": {"origin": {"in": ["KR", "US"]}}},
    {"filter": {"origin": {"in": ["EU"]}}},
    {"filter": {"origin": {"in": []}}},
    {"filter": {"origin": {"in": "EU"}}},
    {"filter": {"origin": {"in": ["KR", None]}}},
    {"filter": {"origin": {"in": ["KR"] * 1001}}},
    {"filter": {"origin": {"in": None}}},
    {"filter": {"origin": None}},
    {"filter": {"origin": {"eq": "KR"}, "title": {"contains": "%_\\"}}},
    {"filter": {"title": {"contains": "e"}, "origin": {"eq": "US"}}},
    {"filter": {"origin": {"eq": "nowhere"}}},
    {"filter": {"origin": {"eq": ["KR"]}}},
    {"filter": {"title": {"eq": "a\0b"}}},
    {"filter": {"title": {"eq": 1}}},
    {"filter": {"title": {"isNull": True}}},
    {"filter": {"title": {"isNull": False}}},
    {"filter": {"nothing": {"eq": 1}}},
    {"filter": [1]},
    {"filter": {"retrievedAt": {"gte": "2020-01-01T00:00:00Z"}}},
    {"filter": {"retrievedAt": {"gte": "2020-01-01"}}},
    {"filter": {"retrievedAt": {"gte": "no instant"}}},
    {"filter": {"postedOn": {"onOrAfter": "2020-01-01"}}},
    {"filter": {"postedOn": {"onOrAfter": "2020-13-01"}}},
    {"order": [{"field": "TITLE"}]},
    {"order": [{"field": "TITLE", "direction": "DESC"}, {"field": "STATUS"}]},
    {"order": {"field": "TITLE"}},
    {"order": []},
    {"order": [{"field": "NOTHING"}]},
    {"asOf": "2020-01-01T00:00:00Z"},
    {"asOf": "2100-01-01T00:00:00Z"},
    {"asOf": 5},
    {"after": "no cursor"},
    {"after": ""},
    {"after": None},
]


async def test_each_form_of_variables_is_answered_alike_in_any_order(hubs, answered):
    hub = hubs["by_row"]
    for _ in range(3):
        for variables in FORMS:
            expected = said(await ask(hub, PAGE, REFERENCE, variables=variables))
            assert said(await ask(hub, PAGE, variables=variables)) == expected, variables
    assert answered["hot"] > len(FORMS) / 3


ORDERS = [
    None,
    [{"field": "TITLE", "direction": "DESC"}],
    [{"field": "STOCK_TEXT"}, {"field": "STATUS", "direction": "DESC"}],
    [{"field": "RETRIEVED_AT"}, {"field": "POSTED_ON", "direction": "DESC"}],
]


@pytest.mark.parametrize("order", ORDERS)
async def test_a_list_is_walked_to_its_end_alike_by_both_tiers(hubs, answered, order):
    hub, after, is_more, pages = hubs["by_row"], None, True, 0
    while is_more:
        variables = {"after": after, "order": order}
        expected = await ask(hub, PAGE, REFERENCE, variables=variables)
        assert said(await ask(hub, PAGE, variables=variables)) == said(expected)
        page = expected.json()["data"]["supplyNotices"]["pageInfo"]
        after, is_more = page["endCursor"], page["hasNextPage"]
        pages += 1
    assert pages > 6
    assert answered["hot"]


async def test_a_cursor_of_another_list_is_refused_alike(hub):
    first = await ask(hub, "{ products(first: 1) { pageInfo { endCursor } } }")
    foreign = first.json()["data"]["products"]["pageInfo"]["endCursor"]
    own = (await ask(hub, PAGE)).json()["data"]["supplyNotices"]["pageInfo"]["endCursor"]
    for after in (own, own, own, foreign, own):
        expected = said(await ask(hub, PAGE, REFERENCE, variables={"after": after}))
        assert said(await ask(hub, PAGE, variables={"after": after})) == expected


KEYS = [row["key"] for rows in WORLD.rows.values() for row in rows][:40]


async def test_records_are_found_by_changing_keys_of_any_type(hub, answered):
    question = "query ($id: ID!) { node(id: $id) { __typename id } }"
    for key in (*KEYS, "", "KR.Nothing.1", "KR.Product.\0", *KEYS):
        expected = said(await ask(hub, question, REFERENCE, variables={"id": key}))
        assert said(await ask(hub, question, variables={"id": key})) == expected
    assert answered["hot"] > len(KEYS)


SEVERAL = """query A($a: String, $b: [Origin!]) {
  one: products(first: 2, filter: {name: {contains: $a}, origin: {in: $b}}) { totalCount }
  two: packages(first: 1) { ...P __typename }
  node(id: "KR.Nothing.1") { id }
}
query B { two: packages(first: 1) { ...P } }
query C { me { client } products(first: 1) { totalCount } }
query D { __typename products(first: 1) { totalCount } }
query E { productsStats: productStats { total { count } } }
fragment P on PackageConnection { nodes { key __typename } }"""


async def test_one_document_of_several_operations_and_roots_is_answered_alike(hub):
    for operation in ("A", "B", "C", "D", "F", None, "A"):
        for variables in (
            {"a": "e", "b": ["KR"]},
            {"a": None},
            {"a": "x\u20ac", "b": ["US", "EU"]},
        ):
            await compare(hub, SEVERAL, operationName=operation, variables=variables)


UNUSUAL = [
    {"content-type": "application/json; charset=utf-8"},
    {"content-type": "text/plain"},
    {"accept": "application/graphql-response+json"},
    {"accept": "text/event-stream"},
    {"accept": "image/png"},
    {"authorization": "Bearer nonsense"},
    {"authorization": "Basic YTpi"},
    {"hub-purpose": "shortage-response"},
    {"hub-purpose": ""},
    {"hub-purpose": "exercise"},
    {"dpop": "nonsense"},
    {"client-cert": ":bm9uc2Vuc2U=:"},
]


@pytest.mark.parametrize("headers", UNUSUAL)
async def test_unusual_requests_are_answered_alike(hub, headers):
    await compare(hub, PAGE)
    slow = REFERENCE | headers
    if headers.get("content-type", "").startswith("application/json"):
        slow = REFERENCE
    expected = said(await ask(hub, PAGE, slow))
    assert said(await ask(hub, PAGE, headers)) == expected


BODIES = [b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"query": 1}', b'{"query": "{", "x": 1}']


@pytest.mark.parametrize("body", [*BODIES, b'{"query": "' + b"x" * 200_000 + b'"}'])
async def test_a_body_that_is_no_question_is_refused_alike(hub, body):
    headers = {"authorization": f"Bearer {hub.token('kr-mfds')}"}
    plain = headers | {"content-type": "application/json"}
    expected = said(await hub.http.post("/graphql", content=body, headers=headers | REFERENCE))
    assert said(await hub.http.post("/graphql", content=body, headers=plain)) == expected


async def test_a_body_in_pieces_is_read_whole(hub, answered):
    question = "{ pieces: products(first: 1) { nodes { key } } }"
    expected = said(await compare(hub, question))
    content = json.dumps({"query": question}).encode()

    async def pieces():
        for place in range(0, len(content), 7):
            yield content[place : place + 7]

    shown = {"authorization": f"Bearer {hub.token('kr-mfds')}", "content-type": "application/json"}
    before = answered["hot"]
    found = await hub.http.post("/graphql", content=pieces(), headers=shown)
    assert said(found) == expected
    assert answered["hot"] == before + 1


async def test_many_at_once_get_each_its_own_answer(hub):
    async def one(size):
        variables = {"first": size % 9 + 1, "filter": {"origin": {"in": ["KR", "US", "EU"]}}}
        found = await ask(hub, PAGE, variables=variables)
        expected = await ask(hub, PAGE, REFERENCE, variables=variables)
        assert said(found) == said(expected)

    for _ in range(3):
        await asyncio.gather(*(one(size) for size in range(30)))
