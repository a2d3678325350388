"""A search finds what its caller sees and nothing else: by the policies, row by row."""

import json
from datetime import UTC, datetime

import pytest

from federation.records.registry import RECORD_TYPES
from hub.gateway.planning.naming import camel
from hub.identity.types import Purpose
from hub.search.findable import FINDABLE, Use, facts_of
from hub.search.terms import Sought, form_of_code, form_of_name, words_of
from tests.hub.gateway.oracle import Sight
from tests.hub.gateway.search_scene import DOLIPRANE, PARACETAMOL, keys, refresh, search, searchable
from tests.hub.gateway.serving import ROOT, WORLD, caller_of, open_hub, write_policies

PURPOSE = Purpose.SHORTAGE_RESPONSE
TEXTS = (
    "타이레놀정",
    "アセトアミノフェン",
    "paracetamol",
    "a quoted word",
    "under score",
    "100",
    "b",
)


@pytest.fixture(scope="module")
async def world_terms(world_url):
    """The terms of the world's records."""
    await refresh(world_url)


def askings(sight, text):
    """What a text asks for: the beginning of a name, or none, and words of one."""
    form = form_of_name(text)
    yield form, {*words_of(form)}
    names = (
        "inn",
        *(name for name in RECORD_TYPES["Substance"].fields if name.startswith("names")),
    )
    substances = [row for row in WORLD.current("Substance") if sight.of(row)]
    for span in Sought.of(text).spans:
        for row in substances:
            forms = {form_of_name(value) for name in names for value in listed(row[name])} - {""}
            if span.form in forms:
                for other in forms - {span.form}:
                    beginning = None if span.rest else other
                    yield beginning, {*words_of(other), *span.rest}


def listed(value):
    return value if isinstance(value, list) else [value]


def held(record_type, row, text, asked):
    """The texts of a row in which something that is asked for is found."""
    sought = Sought.of(text)
    for facts, use in facts_of(record_type):
        for value in filter(None, listed(row[facts.name])):
            if use is Use.CODE:
                code = form_of_code(value.rpartition(":")[2]) or ""
                is_held = code in sought.codes or code.startswith(sought.prefix or " ")
            else:
                form = form_of_name(value)
                is_held = any(
                    (beginning and form.startswith(beginning)) or words <= {*words_of(form)}
                    for beginning, words in asked
                )
            if is_held:
                yield facts.name, value


def expected(sight, text):
    """Texts that the caller may be told, by the key of a record it sees."""
    asked = list(askings(sight, text))
    found = {}
    for name, record_type in RECORD_TYPES.items():
        for row in filter(sight.of, WORLD.current(name)):
            texts = {(camel(field), value) for field, value in held(record_type, row, text, asked)}
            for part in FINDABLE[name].parts:
                source = RECORD_TYPES[part.record_type]
                parts = filter(sight.of, WORLD.current(source.name))
                texts |= {
                    (f"{camel(source.plural)}.{camel(field)}", value)
                    for other in parts
                    if other[part.link] == row["key"]
                    for field, value in held(source, other, text, asked)
                }
            if texts:
                found[row["key"]] = texts
    return found


@pytest.mark.parametrize("client", ["kr-mfds", "us-fda", "eu-ema", "auditor"])
@pytest.mark.parametrize("policies", ["open", "by_row", "committed", "none"])
async def test_what_is_found_is_what_is_seen(hubs, world_terms, policies, client):
    hub = hubs[policies]
    sight = Sight(WORLD, hub.policies, caller_of(client, PURPOSE), datetime.now(UTC))
    for text in TEXTS:
        wanted = expected(sight, text)
        page = await search(hub, text, client=client, first=500)
        matched = {
            each["node"]["id"]: (each["matched"]["field"], each["matched"]["text"])
            for each in page["edges"]
        }
        assert matched.keys() == wanted.keys(), text
        for key, match in matched.items():
            assert match in wanted[key]


HIDING = """
id: eu-records
owner: EU
title: All but what the test hides
legal_basis: a test
recipients: all
purposes: any
valid_from: 2026-01-01
share:
  - {{records: [{types}], groups: [public]}}
"""


@pytest.fixture(scope="module")
async def scene(database_url):
    async with searchable(database_url) as url:
        yield url


@pytest.fixture
def hub_showing(scene, tmp_path, state):
    """Opens a hub whose Korean callers see these record types of the EU."""

    def opened(*types):
        baseline = (ROOT / "policies" / "baseline.cedar").read_text()
        agreement = HIDING.format(types=", ".join(types))
        folder = write_policies(tmp_path / "-".join(types), baseline, {"eu-records": agreement})
        return open_hub(scene, folder, state)

    return opened


async def test_a_word_of_a_hidden_record_alone_answers_as_one_of_no_record(hub_showing):
    async with hub_showing("Organization") as hub:
        question = """query ($t: String!, $after: String) { search(text: $t, after: $after) {
            edges { cursor matched { text } } nodes { id }
            pageInfo { hasNextPage startCursor endCursor } } }"""
        for hidden, unknown in (("doliprane", "dolipranx"), ("3400937905282", "3400937905289")):
            asked = [await hub.ask(question, variables={"t": text}) for text in (hidden, unknown)]
            for answer in asked:
                answer["extensions"].pop("disclosure", None)
            assert asked[0] == asked[1]
            assert asked[0]["data"]["search"]["nodes"] == []


async def test_a_hidden_part_leads_to_no_record(hub_showing):
    async with hub_showing("Product") as hub:
        assert DOLIPRANE in await keys(hub, "doliprane")
        assert DOLIPRANE not in await keys(hub, "paracetamol")
        assert DOLIPRANE not in await keys(hub, "3400937905282")
    async with hub_showing("Product", "Ingredient") as hub:
        assert DOLIPRANE in await keys(hub, "paracetamol")
    async with hub_showing("Ingredient") as hub:
        assert DOLIPRANE not in await keys(hub, "paracetamol")


async def test_a_substance_that_is_not_seen_lends_no_names(scene, tmp_path, state):
    only_products = (
        '@id("baseline/products") permit (principal, action in Action::"read", '
        "resource is Product);"
    )
    folder = write_policies(tmp_path / "products", only_products, {})
    async with open_hub(scene, folder, state) as hub:
        found = await keys(hub, "acetaminophen")
        assert found == ["US.Product.0113-4004"]
        assert PARACETAMOL not in found


async def test_a_masked_field_of_a_find_is_null_and_told(hubs, world_terms):
    question = """{ search(text: "paracetamol", types: [SupplyNotice], first: 500) {
        rows: nodes { ... on SupplyNotice { key reason: reasonText title } } } }"""
    answer = await hubs["by_row"].ask(question, client="us-fda")
    sight = Sight(WORLD, hubs["by_row"].policies, caller_of("us-fda", PURPOSE), datetime.now(UTC))
    by_key = {row["key"]: row for row in WORLD.current("SupplyNotice")}
    facts = RECORD_TYPES["SupplyNotice"].fields["reason_text"]
    rows = answer["data"]["search"]["rows"]
    assert rows
    for row in rows:
        assert row["reason"] == sight.value(by_key[row["key"]], facts), json.dumps(row)
    masked = {
        (each["path"], each["recordType"], tuple(each["fields"]))
        for each in answer["extensions"]["policy"]["masked"]
    }
    assert masked == {("search.rows", "SupplyNotice", ("reason",))}
