"""A kept plan answers as a new one does, whoever asks and whatever policies are in force."""

import pytest
from graphql import build_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.gateway.execution import executor, plan_cache, roots
from hub.gateway.execution.plan_cache import PlanCache
from hub.store.database import reading_pool
from tests.hub.gateway.desk import CALLERS, SCHEMA, Desk
from tests.hub.gateway.questions import questions
from tests.hub.gateway.serving import WORLD, without_entry
from tests.hub.gateway.test_differential import GENERATED

POLICIES = ("committed", "by_row", "none")


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


@settings(GENERATED, max_examples=30)
@given(
    question=questions(build_schema(SCHEMA.as_str()), WORLD),
    turns=st.lists(
        st.tuples(st.sampled_from(POLICIES), st.sampled_from(CALLERS)), min_size=2, max_size=3
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
            found = await warm.ask(question.document, question.variables, caller)
            assert without_entry(found.content) == without_entry(expected.content)


@pytest.fixture
def planned(monkeypatch):
    """The plans made, one after another."""
    made = []
    make = roots.RootField.plan

    def plan(self, decisions):
        made.append(self.selected)
        return make(self, decisions)

    monkeypatch.setattr(roots.RootField, "plan", plan)
    return made


ASKED = "query ($n: Int!) { products(first: $n) { nodes { key } } }"


async def test_a_question_asked_again_is_not_planned_again(pool, sets, planned):
    desk = Desk(pool, sets["by_row"])
    first = await desk.ask(ASKED, {"n": 1})
    again = await desk.ask(ASKED, {"n": 1})
    assert without_entry(again.content) == without_entry(first.content)
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


async def test_two_operations_of_one_document_have_plans_of_their_own(pool, sets):
    desk = Desk(pool, sets["by_row"])
    document = (
        "query A { found: products { totalCount } } "
        "query B { found: packages { pageInfo { hasNextPage } } }"
    )
    for _ in range(2):
        for name, field in (("A", "totalCount"), ("B", "pageInfo")):
            answer = (await desk.ask(document, operation=name)).json()
            assert list(answer["data"]["found"]) == [field]


async def test_a_question_that_fails_is_planned_each_time(pool, sets, planned):
    desk = Desk(pool, sets["by_row"])
    for _ in range(2):
        assert "PAGE_SIZE" in (await desk.ask(ASKED, {"n": 0})).text
    assert len(planned) == 2


def test_the_plans_not_asked_for_longest_go_first(monkeypatch):
    monkeypatch.setattr(plan_cache, "MAX_KEPT", 2)
    cache = PlanCache()
    for key in "ab":
        cache.keep(key, {key: None})
    assert cache.find("a") == {"a": None}
    cache.keep("c", {"c": None})
    assert [cache.find(key) is not None for key in "abc"] == [True, False, True]


async def test_an_answer_decided_before_a_change_of_policy_is_given_by_the_new_one(
    pool, sets, monkeypatch
):
    desk = Desk(pool, sets["by_row"])
    run = executor._run

    async def ended_meanwhile(plan, request):
        answer = await run(plan, request)
        desk.engine.replace(sets["none"])
        return answer

    monkeypatch.setattr(executor, "_run", ended_meanwhile)
    answer = await desk.ask(ASKED, {"n": 5})
    assert answer.json()["data"] == {"products": {"nodes": []}}
    assert len(desk.disclosed) == 1
