"""The hub against the oracle: generated questions, the same bytes, the same masks."""

from datetime import UTC, datetime
from functools import cache

import orjson
import pytest
from graphql import build_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.gateway.schema import build_schema as hub_schema
from hub.identity.types import Purpose
from tests.hub.gateway.oracle import Oracle, Sight, TextOrder
from tests.hub.gateway.questions import questions
from tests.hub.gateway.serving import WORLD, caller_of, strict_json, without_entry

WHO = st.sampled_from(
    [
        ("committed", "kr-mfds", Purpose.SHORTAGE_RESPONSE),
        ("committed", "in-cdsco", Purpose.POLICY_RESEARCH),
        ("committed", "auditor", Purpose.EXERCISE),
        ("by_row", "us-fda", Purpose.SHORTAGE_RESPONSE),
        ("by_row", "jp-mhlw", Purpose.SUPPLY_MAPPING),
        ("open", "eu-ema", Purpose.EXERCISE),
        ("none", "kr-mfds", Purpose.SHORTAGE_RESPONSE),
    ]
)
SDL = hub_schema().as_str()
QUESTIONS = questions(build_schema(SDL), WORLD)
GENERATED = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="session")
async def oracles(hubs, world_url):
    texts = await TextOrder.of(world_url, WORLD)

    @cache
    def oracle(policies, client, purpose):
        caller = caller_of(client, purpose)
        sight = Sight(WORLD, hubs[policies].policies, caller, datetime.now(UTC))
        return Oracle(SDL, WORLD, sight, texts)

    return oracle


async def compare(hub, oracle, question, client, purpose):
    asked = {"client": client, "purpose": purpose, "variables": question.variables}
    cold = await hub.post(question.document, **asked)
    # The third time the hot tier answers.
    for _ in range(2):
        warm = await hub.post(question.document, **asked)
        assert without_entry(cold.content) == without_entry(warm.content)
    found = strict_json(cold.content)
    if "errors" in found:
        assert [error["extensions"]["code"] for error in found["errors"]] == ["COST_LIMIT"]
        return
    expected = oracle.answer(question.document, question.variables)
    assert orjson.dumps(found["data"]) == orjson.dumps(expected["data"])
    masked = {
        (mask["path"], mask["recordType"], mask["group"], bool(mask["roundedTo"])): mask["fields"]
        for mask in found["extensions"]["policy"]["masked"]
    }
    assert masked == expected["masked"]


@settings(GENERATED, max_examples=120)
@given(question=QUESTIONS, who=WHO)
async def test_generated_questions_are_answered_as_the_oracle_does(hubs, oracles, question, who):
    policies, *asking = who
    await compare(hubs[policies], oracles(*who), question, *asking)


@pytest.mark.deep
@settings(GENERATED, max_examples=1000)
@given(question=QUESTIONS, who=WHO)
async def test_many_generated_questions_are_answered_as_the_oracle_does(
    hubs, oracles, question, who
):
    policies, *asking = who
    await compare(hubs[policies], oracles(*who), question, *asking)
