"""Rows are counted in parts where an index holds all that is asked of them, and else in one go."""

from datetime import UTC, datetime

import pytest

from federation.records.registry import RECORD_TYPES
from hub.gateway.planning.plan import connection_plan
from hub.gateway.planning.selection import Selected
from hub.identity.types import Purpose
from hub.policy.engine import PolicyEngine, load_policies
from tests.hub.gateway.serving import HUB_FIXTURES, caller_of

_, policy_folders, _, _ = HUB_FIXTURES

COUNTED = "(SELECT count(*) FROM (SELECT b."


@pytest.fixture(scope="module")
def decisions(policy_folders):
    engine = PolicyEngine(load_policies(policy_folders["by_row"]))
    return engine.decide(caller_of("kr-mfds", Purpose.SHORTAGE_RESPONSE))


def counts(decisions, record_type, **arguments):
    """How many counts a page's total is the sum of."""
    total = Selected("totalCount", "total", {})
    selected = Selected("rows", "rows", {"first": 1} | arguments, (total,))
    return connection_plan(RECORD_TYPES[record_type], selected, decisions).sql.count(COUNTED)


@pytest.mark.parametrize("filtered", [{}, {"status": {"eq": "ONGOING"}}])
def test_what_policies_ask_of_notices_is_counted_in_parts(decisions, filtered):
    assert counts(decisions, "SupplyNotice", filter=filtered) > 1


@pytest.mark.parametrize(
    ("record_type", "arguments"),
    [
        ("SupplyNotice", {"asOf": datetime(2026, 1, 1, tzinfo=UTC)}),
        ("SupplyNotice", {"filter": {"title": {"contains": "x"}}}),
        ("SupplyNotice", {"filter": {"status": {"eq": "ONGOING"}, "title": {"eq": "x"}}}),
        ("Organization", {}),
    ],
)
def test_what_the_index_of_policies_does_not_hold_is_counted_once(
    decisions, record_type, arguments
):
    assert counts(decisions, record_type, **arguments) == 1
