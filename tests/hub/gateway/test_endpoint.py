"""Every answer is on record before it goes, and none goes without."""

import pytest

from hub.errors import Unavailable
from hub.store.database import reading_pool
from tests.hub.gateway.desk import CALLERS, Desk

NOTICES = "{ supplyNotices(first: 500) { nodes { key reason } } }"


@pytest.fixture
async def desk(world_url, hubs):
    async with reading_pool(world_url) as pool:
        yield Desk(pool, hubs["by_row"].policies)


async def test_an_answer_is_disclosed_with_what_was_asked_masked_and_opened(desk):
    answer = (await desk.ask(NOTICES, caller=CALLERS[1])).json()
    [(caller, question, request)] = desk.disclosed
    assert (caller, question) == (CALLERS[1], NOTICES)
    assert request.decisions.digest == desk.engine.decide(caller).digest
    policy = answer["extensions"]["policy"]
    assert [mask.path for mask in request.masked] == [mask["path"] for mask in policy["masked"]]
    assert sorted(request.opened_by) == policy["openedBy"]
    assert policy["masked"]
    assert policy["openedBy"]
    assert answer["extensions"]["disclosure"] == {"id": "entry 1"}


@pytest.mark.parametrize("question", [NOTICES, "{ me { client } }", "{ nothing }", "{"])
async def test_no_answer_goes_that_could_not_be_recorded(desk, question):
    desk.refusal = Unavailable("the answer could not be recorded, so it is not given: ask again")
    answer = await desk.ask(question)
    assert answer.status_code == 503
    assert set(answer.json()) == {"errors"}
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}


@pytest.mark.parametrize("question", ["{ nothing }", "{", NOTICES.replace("500", "501")])
async def test_a_question_that_fails_is_disclosed_too(desk, question):
    assert "errors" in (await desk.ask(question)).json()
    assert [asked for _, asked, _ in desk.disclosed] == [question]


async def test_two_answers_of_one_kept_plan_are_each_disclosed(desk):
    for _ in range(2):
        await desk.ask(NOTICES, caller=CALLERS[1])
    (*_, first), (*_, second) = desk.disclosed
    assert first.masked == second.masked
    assert first.masked
    assert first.opened_by == second.opened_by


async def test_opened_by_names_the_policies_of_what_was_asked_alone(desk):
    answer = (await desk.ask("{ qualityAlerts { nodes { key } } }", caller=CALLERS[2])).json()
    assert answer["extensions"]["policy"]["openedBy"] == ["baseline/owners", "us-rows/6"]
    answer = (await desk.ask("{ qualityAlerts { nodes { reasonText native } } }")).json()
    assert answer["extensions"]["policy"]["openedBy"] == ["baseline/owners", "us-rows/6"]
    answer = (await desk.ask("{ me { client } }")).json()
    assert answer["extensions"]["policy"] == {"masked": [], "openedBy": []}
