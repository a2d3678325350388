"""A question's size is bounded before it costs anything (attack list A20, surprise S23)."""

import time

import pytest
from graphql import get_introspection_query, parse

from hub.errors import InvalidInput
from hub.gateway.limits import MAX_ALIASES, MAX_FIELDS, MAX_LEVELS, MAX_TOKENS, check_size
from tests.hub.gateway.serving import HUB_FIXTURES

hub, policy_folders, state, world_url = HUB_FIXTURES

LONGEST_S = 5.0
"""Longest any refusal may take, on the slowest machine that runs the tests."""


def doubling(levels):
    """Fragments that each spread the next one twice: 2 to the power of `levels` fields."""
    chain = [f"fragment F{n} on Me {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    return " ".join(["{ me { ...F0 } }", *chain, f"fragment F{levels} on Me {{ client }}"])


def nested(levels):
    """A question whose deepest field stands at a level."""
    inner = "key"
    for place in range(levels - 3, 0, -1):
        name = "ingredients(first: 1)" if place % 2 else "product"
        inner = f"{name} {{ {inner} }}"
    return f"{{ products(first: 1) {{ nodes {{ {inner} }} }} }}"


def aliased(count):
    return "{ me { " + " ".join(f"a{n}: client" for n in range(count)) + " } }"


REFUSED = {
    "one level too deep": (nested(MAX_LEVELS + 1), "DEPTH_LIMIT", MAX_LEVELS),
    "one alias too many": (aliased(MAX_ALIASES + 1), "ALIAS_LIMIT", MAX_ALIASES),
    "aliases in a fragment": (
        "{ a: me { ...F } b: me { ...F } } fragment F on Me { "
        + " ".join(f"a{n}: client" for n in range(MAX_ALIASES // 2))
        + " }",
        "ALIAS_LIMIT",
        MAX_ALIASES,
    ),
    "ten thousand fields by fragments": (doubling(14), "FIELD_LIMIT", MAX_FIELDS),
    "more fields than atoms": (doubling(80), "FIELD_LIMIT", MAX_FIELDS),
    "one word too many": (
        "{ me { " + "client " * (MAX_TOKENS - 4) + "} }",
        "INVALID_INPUT",
        MAX_TOKENS,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_document_over_a_limit_is_refused_with_the_limit(hub, case):
    question, code, limit = REFUSED[case]
    started = time.monotonic()
    answer = await hub.ask(question)
    assert time.monotonic() - started < LONGEST_S
    [error] = answer["errors"]
    assert error["extensions"] == {"code": code}
    assert str(limit) in error["message"]
    assert "data" not in answer


@pytest.mark.parametrize(
    "question",
    [nested(MAX_LEVELS), aliased(MAX_ALIASES), doubling(9), get_introspection_query()],
    ids=["deepest", "most aliases", "512 fields by fragments", "introspection"],
)
async def test_a_document_at_a_limit_is_answered(hub, question):
    assert "errors" not in await hub.ask(question)


FLOODS = {
    "repeated fields": "{ " + "me { client } " * ((MAX_TOKENS - 4) // 4) + "}",
    "repeated leaves": "{ me { " + "client " * (MAX_TOKENS - 6) + "} }",
    "repeated spreads": "{ me { " + "...F " * 300 + "} } fragment F on Me { client member }",
    "directives": "{ me { client " + "@skip(if: false) " * 150 + "} }",
    "unknown directives": "{ me { client " + "@x " * 450 + "} }",
    "unknown fields": "{ me { " + " ".join(f"x{n}" for n in range(900)) + " } }",
    "variables": "query (" + " ".join(f"$v{n}: Int" for n in range(240)) + ") { me { client } }",
    "fragment cycle": "{ me { ...A } } fragment A on Me { ...B } fragment B on Me { ...A }",
    "fragment in itself": "{ me { ...A } } fragment A on Me { client ...A }",
    "unknown fragment": "{ me { ...Nothing } }",
    "deep braces": "{" + "a{" * 320 + "b" + "}" * 321,
    "deep list": "{ products(filter: " + "[" * 450 + "]" * 450 + ") { totalCount } }",
    "long string": '{ node(id: "' + "x" * 90_000 + '") { id } }',
    "comments": "{ me { client } } " + "#\n" * 30_000,
    "introspection bomb": "{ __schema { types { fields { type { fields { type { fields { type "
    "{ fields { name } } } } } } } } } }",
}


@pytest.mark.parametrize("case", FLOODS)
async def test_a_flood_is_answered_or_refused_soon(hub, case):
    started = time.monotonic()
    answer = await hub.post(FLOODS[case])
    assert time.monotonic() - started < LONGEST_S
    assert answer.status_code == 200
    assert len(answer.content) < 100_000
    assert "INTERNAL" not in answer.text


@pytest.mark.parametrize("used", [False, True])
async def test_variables_nested_deep_are_answered_or_refused(hub, used):
    deep = []
    for _ in range(900):
        deep = [deep]
    declared = "($v: [String!])" if used else ""
    passed = "(types: $v)" if used else ""
    asked = f"query {declared} {{ changes{passed} {{ endCursor }} }}"
    answer = await hub.ask(asked, variables={"v": deep})
    assert ("errors" in answer) is used
    assert "INTERNAL" not in str(answer)


@pytest.mark.parametrize("name", ["types", "origins"])
async def test_s22_huge_list_variables_are_bounded_by_the_body(hub, name):
    asked = f"query ($v: [String!]) {{ changes({name}: $v, first: 1) {{ endCursor }} }}"
    value = "KR" if name == "origins" else "Product"
    assert await hub.data(asked, variables={"v": [value] * 5_000})


def test_sizes_count_what_fragments_stand_for():
    document = parse(
        "{ a: x { ...F ...F y { z } } } fragment F on T { b: c { ...G } } fragment G on T { d e }"
    )
    limits = {"MAX_LEVELS": 3, "MAX_FIELDS": 9, "MAX_ALIASES": 3}
    for name, limit in limits.items():
        for spare, is_refused in ((0, False), (-1, True)):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(f"hub.gateway.limits.{name}", limit + spare)
                if is_refused:
                    with pytest.raises(InvalidInput, match=str(limit - 1)):
                        check_size(document)
                else:
                    check_size(document)


def test_fields_below_introspection_have_no_depth_of_their_own():
    deep = "ofType { " * 20 + "name" + " }" * 20
    check_size(parse(f"{{ __schema {{ types {{ {deep} }} }} }}"))


def test_each_operation_is_measured_by_itself():
    most = " ".join(f"a{n}: x" for n in range(MAX_ALIASES))
    check_size(parse(f"query A {{ {most} }} query B {{ {most} }}"))
