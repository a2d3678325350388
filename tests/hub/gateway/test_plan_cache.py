"""A kept plan answers as a new one does, whoever asks and whatever policies are in force."""

import httpx  # noqa: TID251 - asks an in-process application, not the network
import pytest
from graphql import build_schema
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route

from hub.gateway import plan_cache, roots
from hub.gateway.endpoint import GraphQLEndpoint
from hub.gateway.plan_cache import PlanCache
from hub.gateway.schema import build_schema as hub_schema
from hub.identity.types import Purpose
from hub.policy.engine import PolicyEngine
from hub.store.database import reading_pool
from tests.hub.gateway.questions import questions
from tests.hub.gateway.serving import ADDRESS, WORLD, caller_of
from tests.hub.gateway.test_differential import GENERATED

SCHEMA = hub_schema()
CALLERS = [caller_of(client, Purpose.EXERCISE) for client in ("kr-mfds", "us-fda", "eu-ema")]
POLICIES = ("committed", "by_row", "none")


class Desk:
    """An endpoint whose callers and policies change while its plans stay."""

    def __init__(self, pool, policies):
        self.engine = PolicyEngine(policies)
        self.caller = CALLERS[0]
        endpoint = GraphQLEndpoint(SCHEMA, self, self.engine.decide, pool, self.disclose)
        app = Starlette(routes=[Route("/graphql", endpoint.answer, methods=["POST"])])
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS)

    async def verify(self, _token):
        return self.caller

    async def disclose(self, *_):
        pass

    async def ask(self, question, variables=None, caller=None):
        self.caller = caller or self.caller
        headers = {"authorization": "Bearer x"}
        body = {"query": question, "variables": variables}
        return (await self.http.post("/graphql", json=body, headers=headers)).content


@pytest.fixture(scope="session")
async def pool(world_url):
    async with reading_pool(world_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def sets(hubs):
    return {name: hubs[name].policies for name in POLICIES}


@pytest.fixture(scope="session")
def warm(pool, sets):
    """One desk for all questions."""
    return Desk(pool, sets["committed"])


@settings(GENERATED, max_examples=60)
@given(
    question=questions(build_schema(SCHEMA.as_str()), WORLD),
    turns=st.lists(
        st.tuples(st.sampled_from(POLICIES), st.sampled_from(CALLERS)), min_size=2, max_size=5
    ),
)
async def test_kept_plans_answer_as_new_ones_through_changes_of_policy(
    pool, sets, warm, question, turns
):
    for name, caller in turns:
        warm.engine.replace(sets[name])
        cold = Desk(pool, sets[name])
        expected = await cold.ask(question.document, question.variables, caller)
        for _ in range(2):
            assert await warm.ask(question.document, question.variables, caller) == expected


@pytest.fixture
def planned(monkeypatch):
    """The plans made, one after another."""
    made = []
    make = roots.connection_plan

    def counted(*asked):
        made.append(asked)
        return make(*asked)

    monkeypatch.setattr(roots, "connection_plan", counted)
    return made


ASKED = "query ($n: Int!) { products(first: $n) { nodes { key } } }"


async def test_a_question_asked_again_is_not_planned_again(pool, sets, planned):
    desk = Desk(pool, sets["by_row"])
    first = await desk.ask(ASKED, {"n": 1})
    assert await desk.ask(ASKED, {"n": 1}) == first
    assert len(planned) == 1


async def test_whatever_a_plan_hangs_on_makes_another(pool, sets, planned):
    desk = Desk(pool, sets["by_row"])
    await desk.ask(ASKED, {"n": 1})
    await desk.ask(ASKED, {"n": 2})
    await desk.ask(ASKED + " ", {"n": 1})
    await desk.ask(ASKED, {"n": 1}, CALLERS[1])
    desk.engine.replace(sets["committed"])
    await desk.ask(ASKED, {"n": 1})
    assert len(planned) == 5


async def test_a_question_that_fails_is_planned_each_time(pool, sets, planned):
    desk = Desk(pool, sets["by_row"])
    for _ in range(2):
        assert b"PAGE_SIZE" in await desk.ask(ASKED, {"n": 0})
    assert len(planned) == 2


def test_the_plans_not_asked_for_longest_go_first(monkeypatch):
    monkeypatch.setattr(plan_cache, "MAX_KEPT", 2)
    cache = PlanCache()
    for key in "ab":
        cache.keep(key, {key: None})
    assert cache.find("a") == {"a": None}
    cache.keep("c", {"c": None})
    assert [cache.find(key) is not None for key in "abc"] == [True, False, True]
