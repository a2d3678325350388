"""A question's size is bounded before it costs anything (attack list A20, surprises S22 and S23).

How little a refusal costs is measured in `bench/`; here it is shown that it comes, with its reason.
"""

import json
import time
from dataclasses import replace

import pytest
from graphql import parse

from hub.errors import InvalidInput
from hub.gateway import limits
from hub.gateway.questions.sizes import check_size
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


def numbered(count, text, between=" "):
    return between.join(text.format(n) for n in range(count))


def aliased(count):
    return f"{{ me {{ {numbered(count, 'a{0}: client')} }} }}"


def in_fragments(count):
    """Aliases that stand in a fragment, which is spread twice."""
    half = numbered(count // 2 - 1, "a{0}: client")
    return f"{{ a: me {{ ...F }} b: me {{ ...F }} }} fragment F on Me {{ {half} }}"


def rooted(count):
    return f"{{ {numbered(count, 'a{0}: __typename')} }}"


def repeated(count):
    return "{ me { " + "client " * count + "} }"


def directed(count, field="client"):
    return f"{{ me {{ {field} {'@skip(if: false) ' * count} }} }}"


def directed_in_all(count):
    return f"{{ me {{ {numbered(count, 'a{0}: client @skip(if: false)')} }} }}"


def fragments(count):
    return f"{{ me {{ {numbered(count, '...F{0}')} }} }}" + numbered(
        count, " fragment F{0} on Me {{ a{0}: client }}"
    )


def compared(count):
    """Fragments on one type that all have to be compared with one another."""
    return f"{{ me {{ {numbered(count, '...F{0}')} }} }}" + numbered(
        count, " fragment F{0} on Me {{ client member }}"
    )


def operations(count):
    return numbered(count, "query Q{0} {{ me {{ client }} }}")


def declared(count):
    return f"query ({numbered(count, '$v{0}: Boolean!')}) {{ me {{ client }} }}"


def worded(count):
    return "{ me { client } } " + "#\n" * (count - 6)


def bracketed(count):
    return "{ products(filter: " + "[" * (count - 2) + "]" * (count - 2) + ") { totalCount } }"


def sized(count):
    return "{ me { client } }".ljust(count)


def written(count):
    asked = '{ node(id: "") { id } }'
    return asked.replace('""', '"' + "x" * (count - len("".join(asked.split()))) + '"')


MOST = {
    "levels": (nested, limits.LEVELS),
    "aliases": (aliased, limits.ALIASES),
    "aliases in a fragment": (in_fragments, limits.ALIASES),
    "root fields": (rooted, limits.ROOT_FIELDS),
    "one field again": (repeated, limits.REPEATS),
    "directives of a field": (directed, limits.DIRECTIVES_IN_PLACE),
    "directives": (directed_in_all, limits.DIRECTIVES),
    "fragments": (fragments, limits.FRAGMENTS),
    "operations": (operations, limits.OPERATIONS),
    "variables": (declared, limits.VARIABLES),
    "words": (worded, limits.TOKENS),
    "brackets": (bracketed, limits.NESTING),
    "characters": (sized, limits.DOCUMENT_CHARS),
    "written characters": (written, limits.WRITTEN_CHARS),
}


@pytest.mark.parametrize("case", MOST)
async def test_a20_a_document_over_a_limit_is_refused_with_its_figure_and_the_limit(hub, case):
    question, limit = MOST[case]
    more = 2 if case == "aliases in a fragment" else 1
    error = await hub.error(question(limit.most + more))
    assert error["extensions"] == {"code": limit.code}
    assert error["message"] == limit.message(limit.most + more)


@pytest.mark.parametrize("case", MOST)
async def test_a20_a_document_at_a_limit_is_not_refused_for_it(hub, case):
    question, limit = MOST[case]
    answer = await hub.ask(question(limit.most))
    assert not any(limit.code in error["extensions"]["code"] for error in answer.get("errors", ()))


@pytest.mark.parametrize("levels", [10, 40])
async def test_a20_fields_are_counted_with_their_fragments_written_out(hub, levels):
    error = await hub.error(doubling(levels))
    assert error["extensions"] == {"code": limits.FIELDS.code}
    figure = 1 + 2**levels if levels < 20 else "over a million"
    assert error["message"] == limits.FIELDS.message(figure)
    assert "errors" not in await hub.ask(doubling(8))


async def test_a20_fields_that_must_be_compared_each_with_each_are_refused(hub):
    error = await hub.error(compared(40))
    assert error["extensions"] == {"code": limits.COMPARISONS.code}
    assert f"over {limits.COMPARISONS.most} times" in error["message"]
    assert "errors" not in await hub.ask(compared(8))


FLOODS = {
    "ten thousand aliases": aliased(10_000),
    "a thousand aliases": aliased(1_000),
    "repeated fields": "{ " + "me { client } " * 249 + "}",
    "repeated leaves": repeated(994),
    "repeated spreads": "{ me { " + "...F " * 300 + "} } fragment F on Me { client member }",
    "sixty directives": directed(60),
    "directives": directed(150),
    "directives of a variable": directed(60).replace("false", "$no").replace("{", "query {", 1),
    "unknown directives": "{ me { client " + "@x " * 450 + "} }",
    "unknown fields": f"{{ me {{ {numbered(900, 'x{0}')} }} }}",
    "variables": declared(240),
    "fragment cycle": "{ me { ...A } } fragment A on Me { ...B } fragment B on Me { ...A }",
    "fragment in itself": "{ me { ...A } } fragment A on Me { client ...A }",
    "fragment in itself, deeper": "{ products { nodes { ...A } } } "
    "fragment A on Product { ingredients { product { ...A } } }",
    "many fragments in themselves": "{ me { client } }"
    + numbered(50, " fragment F{0} on Me {{ ...F{0} }}"),
    "long cycle": "{ me { ...F0 } }"
    + "".join(f" fragment F{n} on Me {{ ...F{(n + 1) % 50} }}" for n in range(50)),
    "every fragment in every other": "{ me { ...F0 } }"
    + numbered(16, " fragment F{0} on Me {{ " + numbered(16, "...F{0}") + " }}"),
    "unknown fragment": "{ me { ...Nothing } }",
    "deep braces": "{" + "a{" * 320 + "b" + "}" * 321,
    "deeper braces": "{" + "a{" * 20_000 + "b" + "}" * 20_001,
    "deep list": "{ products(filter: " + "[" * 450 + "]" * 450 + ") { totalCount } }",
    "deep object": "{ products(filter: " + "{a: " * 125 + "1" + "}" * 125 + ") { totalCount } }",
    "deep fragments": "{ " + "... { " * 120 + "me { client }" + " }" * 121,
    "deep through fragments": "{ ...F0 }"
    + "".join(
        f" fragment F{n} on Query {{ {'... { ' * 5}...F{n + 1}{' }' * 5} }}" for n in range(30)
    )
    + " fragment F30 on Query { me { client } }",
    "long list": "{ changes(types: [" + '"Product" ' * 680 + "]) { endCursor } }",
    "many unknown arguments": f"{{ products({numbered(250, 'x{0}: 1')}) {{ totalCount }} }}",
    "wide object": f"{{ products(filter: {{ {numbered(250, 'x{0}: 1')} }}) {{ totalCount }} }}",
    "long string": '{ node(id: "' + "x" * 90_000 + '") { id } }',
    "block string": '{ node(id: """' + " \n" * 40_000 + '""") { id } }',
    "long name": "{ me { " + "x" * 90_000 + " } }",
    "long alias": "{ me { " + "x" * 10_000 + ": client } }",
    "long number": "{ products(first: " + "9" * 16_000 + ") { totalCount } }",
    "string without an end": '{ node(id: "' + "\\" * 16_000,
    "comments": "{ me { client } } " + "#\n" * 30_000,
    "line breaks": "{ me { client } } " + "\n" * 49_000,
    "two fields for one name": f"{{ me {{ {numbered(10, 'x: {0}')} }} }}".replace("{0}", "client"),
}


@pytest.mark.parametrize("case", FLOODS)
async def test_a20_a_flood_is_answered_or_refused_soon(hub, case):
    started = time.monotonic()
    answer = await hub.post(FLOODS[case])
    assert time.monotonic() - started < LONGEST_S
    assert answer.status_code in {200, 413}
    assert len(answer.content) < 100_000
    assert "INTERNAL" not in answer.text


@pytest.mark.parametrize("used", [False, True])
async def test_a20_variables_nested_deep_are_refused(hub, used):
    deep = []
    for _ in range(900):
        deep = [deep]
    declared = "($v: [String!])" if used else ""
    passed = "(types: $v)" if used else ""
    asked = f"query {declared} {{ changes{passed} {{ endCursor }} }}"
    answer = await hub.post(asked, variables={"v": deep})
    [error] = answer.json()["errors"]
    assert error["message"] == limits.VALUE_NESTING.message(902)
    assert error["extensions"] == {"code": limits.VALUE_NESTING.code}


@pytest.mark.parametrize("name", ["types", "origins"])
async def test_a20_s22_huge_list_variables_are_bounded(hub, name):
    asked = f"query ($v: [String!]) {{ changes({name}: $v, first: 1) {{ endCursor }} }}"
    value = "KR" if name == "origins" else "Product"
    most = limits.VALUES.most - 1
    assert await hub.data(asked, variables={"v": [value] * most})
    answer = await hub.post(asked, variables={"v": [value] * (most + 1)})
    [error] = answer.json()["errors"]
    assert error["message"] == limits.VALUES.message(limits.VALUES.most + 1)


async def test_a20_s22_a_hundred_thousand_entities_are_refused(hub):
    one = {"__typename": "Product", "id": "KR.Product.195500005"}
    asked = "query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }"
    for count, code in ((100_000, "TOO_LARGE"), (1_300, limits.VALUES.code)):
        answer = await hub.post(asked, variables={"r": [one] * count})
        [error] = answer.json()["errors"]
        assert error["extensions"] == {"code": code}
    literal = json.dumps(one).replace('"__typename"', "__typename").replace('"id"', "id")
    error = await hub.error(asked.replace("($r: [_Any!]!)", "").replace("$r", f"[{literal * 700}]"))
    assert error["message"].startswith("the document has ")


async def test_a20_a_body_over_the_limit_is_refused_by_what_it_says_of_itself(hub):
    answer = await hub.post("{ me { client } }", variables={"v": "x" * 200_000})
    assert answer.status_code == 413
    [error] = answer.json()["errors"]
    assert str(limits.BODY_BYTES.most) in error["message"]
    assert str(len(answer.request.content)) in error["message"]


def test_sizes_count_what_fragments_stand_for(monkeypatch):
    document = parse(
        "{ a: x { ...F ...F y { z } } } fragment F on T { b: c { ...G } } fragment G on T { d e }"
    )
    for name, found in (("LEVELS", 3), ("FIELDS", 9), ("ALIASES", 3)):
        with monkeypatch.context() as patch:
            limit = limits.Limit("ANY", found, "{found} found", "less", "")
            patch.setattr(f"hub.gateway.questions.sizes.{name}", limit)
            check_size(document)
            patch.setattr(f"hub.gateway.questions.sizes.{name}", replace(limit, most=found - 1))
            with pytest.raises(InvalidInput, match=f"^{found} found, {found - 1} at most"):
                check_size(document)


def test_fields_below_introspection_have_no_depth_of_their_own():
    deep = "ofType { " * 20 + "name" + " }" * 20
    check_size(parse(f"{{ __schema {{ types {{ {deep} }} }} }}"))


def test_each_operation_is_measured_by_itself():
    most = numbered(limits.ALIASES.most, "a{0}: x")
    check_size(parse(f"query A {{ y {{ {most} }} }} query B {{ y {{ {most} }} }}"))
