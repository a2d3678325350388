"""Mistakes that the gateway's own compiler could make, each caught by the oracle."""

import orjson
import pytest

from federation.records.declaration import Group
from hub.gateway.planning import filters, plan
from hub.identity.types import Purpose
from tests.hub.gateway.serving import open_hub, strict_json
from tests.hub.gateway.test_differential import oracles

__all__ = ["oracles"]

WHO = ("by_row", "us-fda", Purpose.SHORTAGE_RESPONSE)
QUESTIONS = [
    """{ supplyNotices(first: 100) { totalCount nodes { key reasonText
         product { key surveillanceText ingredients(first: 100) { key } } } } }""",
    """{ products(first: 50) { nodes { key supplyNotices(first: 50) { key reasonText } } } }""",
    """{ supplyNotices(first: 500, filter: {reasonText: {isNull: false}}) { nodes { key } } }""",
    """{ stockReports(first: 500) { nodes { key quantity quantityText quantityUnit } } }""",
]


async def differences(hub, oracle) -> int:
    """Count the questions that the hub answers otherwise than it should."""
    found = 0
    for question in QUESTIONS:
        answer = strict_json((await hub.post(question, client=WHO[1], purpose=WHO[2])).content)
        expected = oracle.answer(question)["data"]
        found += orjson.dumps(answer.get("data")) != orjson.dumps(expected)
    return found


def nested_rows_by_the_parents_predicate(patch):
    opened = plan.Compiler._opened
    roots = []

    def from_parent(self, record_type, group):
        roots.append(record_type)
        return opened(self, roots[0], group if group in roots[0].groups else Group.PUBLIC)

    patch.setattr(plan.Compiler, "_opened", from_parent)


def rows_without_their_public_predicate(patch):
    opened = plan.Compiler._opened

    def all_rows(self, record_type, group):
        return "true" if group is Group.PUBLIC else opened(self, record_type, group)

    patch.setattr(plan.Compiler, "_opened", all_rows)


def filters_on_hidden_values(patch):
    patch.setattr(filters, "seen", lambda facts, row: f'{row}."{facts.name}"')


def numbers_not_rounded(patch):
    patch.setattr(plan, "own_columns", lambda _, __, row, ___: f"{row}.*")


async def test_without_a_mistake_nothing_differs(hubs, oracles):
    assert await differences(hubs[WHO[0]], oracles(*WHO)) == 0


@pytest.mark.parametrize(
    "mutate",
    [
        nested_rows_by_the_parents_predicate,
        rows_without_their_public_predicate,
        filters_on_hidden_values,
        numbers_not_rounded,
    ],
)
async def test_a_mistake_in_the_plan_is_caught(hubs, world_url, state, oracles, mutate):
    folder = hubs[WHO[0]].settings.policies_dir
    async with open_hub(world_url, folder, state) as without_plans:
        with pytest.MonkeyPatch.context() as patch:
            mutate(patch)
            assert await differences(without_plans, oracles(*WHO)) > 0
