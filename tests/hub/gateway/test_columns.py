"""A statement's row sources bring the columns that it names, and no others."""

import re

import pytest

from federation.records.registry import RECORD_TYPES
from hub.gateway.planning.plan import connection_plan
from hub.gateway.planning.selection import Selected
from hub.gateway.planning.statement import columns_in, columns_of
from hub.identity.types import Purpose
from hub.policy.engine import PolicyEngine, load_policies
from tests.hub.gateway.serving import HUB_FIXTURES, caller_of

_, policy_folders, _, _ = HUB_FIXTURES

NOTICE = RECORD_TYPES["SupplyNotice"]
TITLE = Selected("title", "title", {})
INGREDIENTS = Selected(
    "ingredients", "ingredients", {"first": 5}, (Selected("nativeText", "text", {}),)
)


@pytest.fixture(scope="module", params=["open", "by_row", "committed"])
def decisions(request, policy_folders):
    engine = PolicyEngine(load_policies(policy_folders[request.param]))
    return engine.decide(caller_of("kr-mfds", Purpose.SHORTAGE_RESPONSE))


def planned(decisions, record_type, *asked, **arguments):
    nodes = Selected("nodes", "nodes", {}, asked)
    selected = Selected("rows", "rows", {"first": 5} | arguments, (nodes,))
    return connection_plan(RECORD_TYPES[record_type], selected, decisions)


def test_every_source_of_a_page_brings_what_is_named_and_no_more(decisions):
    plan = planned(decisions, "SupplyNotice", TITLE, filter={"planText": {"contains": "x"}})
    for sql in (plan.sql, plan.quick):
        assert "b.*" not in sql
        assert {'b."title"', 'b."plan_text"'} <= set(re.findall(r'b\."\w+"', sql))
        assert not re.search(r'b\."(native|stock_text|resolved_on)"', sql)


def test_nested_rows_bring_what_is_named_and_no_more(decisions):
    plan = planned(decisions, "Product", INGREDIENTS)
    assert 'b."native_text"' in plan.sql
    assert not re.search(r'b\."(native|strength_value|resolution_method)"', plan.sql)


def test_columns_are_found_as_whole_words_in_their_tables_order():
    found = columns_in(NOTICE, 'r."title" || r.kind', 'the_origin natives "?native"', 'b."key"')
    assert found == [name for name in columns_of(NOTICE) if name in {"title", "kind", "key"}]
