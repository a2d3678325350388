"""The hub against the oracle, on generated questions, byte for byte."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
import pytest
from graphql import build_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.gateway.schema import build_schema as hub_schema
from hub.identity.types import Caller, Purpose
from tests.hub.gateway.oracle import Oracle, Sight, TextOrder
from tests.hub.gateway.questions import questions
from tests.hub.gateway.serving import CLIENTS, WORLD

CALLERS = (
    ("committed", "kr-mfds", Purpose.SHORTAGE_RESPONSE),
    ("committed", "in-cdsco", Purpose.POLICY_RESEARCH),
    ("by_row", "us-fda", Purpose.SHORTAGE_RESPONSE),
    ("by_row", "jp-mhlw", Purpose.SUPPLY_MAPPING),
    ("open", "eu-ema", Purpose.EXERCISE),
)
SDL = hub_schema().as_str()
SCHEMA = build_schema(SDL)


def caller_of(client: str, purpose: Purpose) -> Caller:
    known = CLIENTS[client]
    return Caller(
        issuer="",
        subject=client,
        client=client,
        member=known.member,
        organisation=known.organisation,
        roles=known.roles,
        purpose=purpose,
        sender_constrained=False,
        token_id="",
    )


def strict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    assert len(found) == len(pairs), f"a name stands twice in {pairs}"
    return found


def parsed(content: bytes) -> Any:
    import json

    return json.loads(content, object_pairs_hook=strict)


@pytest.fixture(scope="session")
async def oracles(hubs, world_url):
    texts = await TextOrder.of(world_url, WORLD)

    @cache
    def oracle(policies: str, client: str, purpose: Purpose) -> Oracle:
        sight = Sight(
            WORLD, hubs[policies].policies, caller_of(client, purpose), datetime.now(UTC)
        )
        return Oracle(SDL, WORLD, sight, texts)

    return oracle


async def compare(hub, oracle, question, client, purpose):
    answer = await hub.post(
        question.document, client=client, purpose=purpose, variables=question.variables
    )
    found = parsed(answer.content)
    assert "errors" not in found, found["errors"]
    expected = oracle.answer(question.document, question.variables)
    assert orjson.dumps(found["data"]) == orjson.dumps(expected["data"])
    masked = {
        (mask["path"], mask["recordType"], mask["group"]): mask["fields"]
        for mask in found["extensions"]["policy"]["masked"]
    }
    assert masked == expected["masked"]
    return answer.content


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(question=questions(SCHEMA, WORLD), who=st.sampled_from(CALLERS))
async def test_generated_questions_are_answered_as_the_oracle_does(hubs, oracles, question, who):
    policies, client, purpose = who
    oracle = oracles(policies, client, purpose)
    cold = await compare(hubs[policies], oracle, question, client, purpose)
    warm = await compare(hubs[policies], oracle, question, client, purpose)
    assert cold == warm
