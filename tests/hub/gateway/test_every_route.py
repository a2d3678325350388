"""One field of one row, asked for by every way there is: each gives what the policies say.

What they say is Cedar's full decision on the row (`oracle.Sight`), never the hub's own predicates.
"""

import base64
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

import pytest

from federation.records.declaration import FieldFacts, Group, PartialDate
from federation.records.registry import RECORD_TYPES, RecordType
from hub.exports.formats import FORMATS
from hub.gateway.planning.naming import camel
from hub.identity.types import Purpose
from tests.hub.exports.exporting import Exporter, hub_alone, rows_of, typed
from tests.hub.gateway.oracle import Sight, sql_text
from tests.hub.gateway.serving import WORLD, Hub, caller_of

CLIENT, PURPOSE = "us-fda", Purpose.SHORTAGE_RESPONSE
CASES_A_ROUTE = 24


@dataclass(frozen=True, eq=False)
class Case:
    """A field of a current row outside the public group; `expected` is null where it is hidden."""

    record_type: RecordType
    row: Mapping[str, Any]
    facts: FieldFacts
    is_visible: bool
    expected: Any

    @property
    def key(self) -> str:
        return json.dumps(self.row["key"])

    @property
    def field(self) -> str:
        below = " { earliest }" if self.facts.python_type is PartialDate else ""
        return camel(self.facts.name) + below

    @property
    def root(self) -> str:
        return camel(self.record_type.plural)


def shown(value: Any) -> Any:
    """A value of an answer, in the form that `Case.expected` has."""
    return value["earliest"] if isinstance(value, dict) and set(value) == {"earliest"} else value


@pytest.fixture(scope="module")
def sight(hubs):
    return Sight(WORLD, hubs["by_row"].policies, caller_of(CLIENT, PURPOSE), datetime.now(UTC))


@pytest.fixture(scope="module")
def cases(sight):
    """Cases by what a route can ask for: rows seen exactly, rounded, masked and not at all."""
    found = []
    for record_type in RECORD_TYPES.values():
        for row in WORLD.current(record_type.name):
            for facts in record_type.fields.values():
                if facts.group is Group.PUBLIC or facts.python_type is dict or facts.is_list:
                    continue
                value = sight.value(row, facts) if sight.of(row) else None
                if facts.python_type is PartialDate:
                    value = value and value["earliest"]
                found.append(Case(record_type, row, facts, sight.of(row), _json(value)))
    random.Random(4).shuffle(found)
    kinds = {
        "seen": [c for c in found if c.expected is not None and sight.of(c.row, c.facts.group)],
        "rounded": [c for c in found if c.is_visible and sight.step(c.row, c.facts.group)],
        "masked": [c for c in found if c.is_visible and c.expected is None and raw(c) is not None],
        "unseen": [c for c in found if not c.is_visible and raw(c) is not None],
    }
    assert all(kinds.values())
    return [case for kind in kinds.values() for case in kind[: CASES_A_ROUTE // len(kinds)]]


def raw(case: Case) -> Any:
    """What is stored."""
    return case.row[case.facts.name]


def _json(value: Any) -> Any:
    return value if value is None or isinstance(value, str | bool | int) else sql_text(value)


async def by_node(hub: Hub, case: Case, inside: str, more: str = "", **asking: Any) -> Any:
    name = case.record_type.name
    question = f"query Q{asking.pop('head', '')} {{ node(id: {case.key}) {{ {inside} }} }} {more}"
    found = await hub.data(
        question.replace("TYPE", name).replace("FIELD", case.field), client=CLIENT, **asking
    )
    return found["node"]


async def aliased(hub, case):
    node = await by_node(hub, case, "... on TYPE { x: FIELD y: FIELD }")
    assert node is None or node["x"] == node["y"]
    return node and [node["x"]]


async def in_a_fragment(hub, case):
    node = await by_node(
        hub, case, "...F", "fragment F on TYPE { ...G } fragment G on TYPE {v: FIELD}"
    )
    return node and [node["v"]]


async def on_the_interface(hub, case):
    node = await by_node(hub, case, "... on Node { id ... on TYPE { v: FIELD } } __typename")
    return node and [node["v"]]


async def under_a_directive(hub, case):
    node = await by_node(
        hub,
        case,
        "... on TYPE @include(if: $yes) { v: FIELD w: key @skip(if: $yes) }",
        head="($yes: Boolean!)",
        variables={"yes": True},
    )
    assert node is None or "w" not in node
    return node and [node["v"]]


async def in_a_page(hub, case):
    page = await _page(hub, case, f"nodes {{ v: {case.field} }} totalCount")
    assert page["totalCount"] == len(page["nodes"])
    return [node["v"] for node in page["nodes"]] or None


async def in_an_edge(hub, case):
    page = await _page(hub, case, f"edges {{ node {{ v: {case.field} }} }}")
    return [edge["node"]["v"] for edge in page["edges"]] or None


async def as_of_now(hub, case):
    now = datetime.now(UTC).isoformat()
    page = await _page(hub, case, f"nodes {{ v: {case.field} }}", f'asOf: "{now}"')
    return [node["v"] for node in page["nodes"]] or None


async def in_its_history(hub, case):
    name = case.record_type.name
    inside = f"nodes {{ supersededAt record {{ ... on {name} {{ v: {case.field} }} }} }}"
    found = await hub.data(f"{{ history(key: {case.key}) {{ {inside} }} }}", client=CLIENT)
    versions = found["history"]["nodes"]
    return [each["record"]["v"] for each in versions if each["supersededAt"] is None] or None


async def as_an_entity(hub, case):
    name = case.record_type.name
    named = f'{{__typename: "{name}", key: {case.key}}}'
    inside = f"... on {name} {{ v: {case.field} }}"
    question = f"{{ _entities(representations: [{named}]) {{ {inside} }} }}"
    [found] = (await hub.data(question, client=CLIENT))["_entities"]
    return found and [found["v"]]


async def _page(hub: Hub, case: Case, inside: str, *arguments: str, condition: str = "") -> Any:
    given = ", ".join([f"filter: {{key: {{eq: {case.key}}}{condition}}}", *arguments])
    found = await hub.data(f"{{ {case.root}({given}) {{ {inside} }} }}", client=CLIENT)
    return found[case.root]


VALUES = [
    aliased,
    in_a_fragment,
    on_the_interface,
    under_a_directive,
    in_a_page,
    in_an_edge,
    as_of_now,
    in_its_history,
    as_an_entity,
]


@pytest.mark.parametrize("route", VALUES)
async def test_every_way_to_a_value_gives_what_the_policies_say(hubs, cases, route):
    for case in cases:
        found = await route(hubs["by_row"], case)
        assert (found is not None) is case.is_visible, case
        if found:
            assert [shown(value) for value in found] == [case.expected], case


async def test_a_filter_finds_a_row_by_what_is_shown_of_it_alone(hubs, cases):
    for case in cases:
        if case.facts.is_filterable:
            condition = f", {camel(case.facts.name)}: {{isNull: false}}"
            page = await _page(hubs["by_row"], case, "totalCount", condition=condition)
            whole = case.facts.python_type is not PartialDate
            if whole or case.expected is not None:
                assert page["totalCount"] == (case.expected is not None), case


async def test_an_order_and_its_cursor_know_what_is_shown_alone(hubs, cases):
    for case in cases:
        if not case.facts.is_filterable:
            continue
        order = f"orderBy: {{field: {case.facts.name.upper()}, direction: ASC}}"
        page = await _page(hubs["by_row"], case, "edges { cursor }", order)
        for edge in page["edges"]:
            text = base64.urlsafe_b64decode(edge["cursor"] + "==").decode()
            _, value, _ = json.loads(text)
            assert value == (None if case.expected is None else sql_text(case.expected)), case


async def test_a_list_in_another_record_shows_what_the_policies_say(hubs, cases, sight):
    asked = 0
    for case in cases:
        for facts in case.record_type.fields.values():
            parent = case.row.get(facts.name) if facts.reverse else None
            if not parent or case.row["listing"] != "LISTED":
                continue
            name = camel(facts.reverse)
            question = f"""{{ node(id: {json.dumps(parent)}) {{ ... on {facts.refers_to} {{
                {name}(first: 100) {{ key v: {case.field} }} }} }} }}"""
            node = (await hubs["by_row"].data(question, client=CLIENT))["node"]
            found = [
                one["v"] for one in (node or {name: []})[name] if one["key"] == case.row["key"]
            ]
            asked += bool(node)
            assert [shown(value) for value in found] == (
                [case.expected] if case.is_visible and node else []
            )
    assert asked > 5


async def test_an_error_says_nothing_of_a_value(hubs, cases):
    for case in cases:
        value = raw(case)
        if not isinstance(value, str) or len(value.encode()) < 4 or case.expected is not None:
            continue
        question = (
            f"{{ node(id: {case.key}) {{ ... on {case.record_type.name} "
            f"{{ {camel(case.facts.name)}(bad: 1) }} }} }}"
        )
        answer = await hubs["by_row"].post(question, client=CLIENT)
        assert json.dumps(value)[1:-1] not in answer.text
        assert value not in answer.text


async def test_the_change_feed_names_a_row_only_where_it_is_seen(hubs, cases):
    named, since = set(), None
    while True:
        page = (
            await hubs["by_row"].data(
                """query ($since: String) { changes(since: $since, first: 500) {
                     nodes { key } endCursor hasNextPage } }""",
                client=CLIENT,
                variables={"since": since},
            )
        )["changes"]
        named |= {node["key"] for node in page["nodes"]}
        since = page["endCursor"]
        if not page["hasNextPage"]:
            break
    for case in cases:
        if case.is_visible:
            assert case.row["key"] in named


@pytest.fixture(scope="module")
async def exporting_hub(database_url, policy_folders, state):
    async with hub_alone(database_url, policy_folders["by_row"], state) as hub:
        yield hub


async def test_a_bulk_file_gives_what_the_policies_say(exporting_hub, cases):
    exporter = Exporter(exporting_hub, CLIENT, PURPOSE)
    for case, form in zip(cases, cycle(FORMATS), strict=False):
        asked = f"{case.root}(filter: {{key: {{eq: {case.key}}}}})"
        query = f"{{ {asked} {{ nodes {{ v: {case.field} }} }} }}"
        content, manifest = await exporter.content(query, form)
        found = [value for row in rows_of(content, manifest) for value in row.values()]
        [column] = manifest["columns"]
        # Excel has no empty text.
        expected = None if form == "excel" and case.expected == "" else case.expected
        assert found == ([typed(column, expected)] if case.is_visible else []), case
        assert manifest["rows"] == case.is_visible
        assert bool(manifest["sources"]) is case.is_visible


def test_there_are_cases_enough(cases):
    assert len(cases) * (len(VALUES) + 6) >= 200
