"""Questions about the schema: the standard ones are answered whole, and none can be made dear."""

from itertools import product

import pytest
from graphql import execute_sync, get_introspection_query, parse
from graphql.execution.executor import Executor

from hub.errors import Forbidden, InvalidInput
from hub.gateway.limits import INTROSPECTION_ALIASES, INTROSPECTION_LISTS
from hub.gateway.questions.introspection import SchemaRights, check_introspection, kept_answer
from hub.gateway.schema import build_schema
from hub.identity.types import Role

OPTIONS = (
    "descriptions",
    "specified_by_url",
    "directive_is_repeatable",
    "schema_description",
    "input_value_deprecation",
    "one_of",
)
"""Options of the standard query; graphql-core has one more, for what its own schema has not."""

REST = "fields { name type { name } }"


@pytest.mark.parametrize("values", list(product([False, True], repeat=len(OPTIONS))))
def test_the_standard_query_passes_with_any_options(values):
    for depth in (0, 7, 9, 100):
        options = dict(zip(OPTIONS, values, strict=True))
        assert check_introspection(parse(get_introspection_query(**options, type_depth=depth)))


@pytest.mark.parametrize("is_on", [False, True])
@pytest.mark.parametrize("depth", [5, 9, 100])
async def test_the_standard_query_is_answered_as_graphql_core_answers_it(hub, is_on, depth):
    question = get_introspection_query(**dict.fromkeys(OPTIONS, is_on), type_depth=depth)
    expected = execute_sync(build_schema()._schema, parse(question))
    assert await hub.data(question) == expected.data


@pytest.mark.parametrize("question", [
    "{ me { client } }",
    "{ __typename }",
    "{ products { __typename nodes { __typename } } }",
    "subscription { changes { __typename } }",
])  # fmt: skip
def test_a_name_of_a_type_is_no_question_about_the_schema(question):
    assert not check_introspection(parse(question))


@pytest.mark.parametrize("question", [
    "{ __schema { queryType { name } } }",
    '{ me { client } __type(name: "Me") { name } }',
    "{ ... { ... on Query { __schema { types { name } } } } }",
    "{ ...F } fragment F on Query { __schema { types { name } } }",
    "query A { me { client } } query B { __schema { types { name } } }",
    "query ($no: Boolean = false) { __schema @include(if: $no) { types { name } } }",
])  # fmt: skip
def test_a_question_about_the_schema_is_seen_wherever_it_stands(question):
    assert check_introspection(parse(question))


@pytest.mark.parametrize(("inner", "lists"), [
    ("types { fields { type { fields { name } } } }", 2),
    ("types { fields { type { ofType { fields { type { fields { name } } } } } } }", 3),
    ("types { possibleTypes { interfaces { name } } }", 2),
    ("types { inputFields { type { inputFields { name } } } }", 2),
    ("queryType { fields { args { type { inputFields { name } } } } }", 2),
    ("types { ...F } } } fragment F on __Type { fields { type { interfaces { name } } ", 2),
])  # fmt: skip
def test_lists_of_types_inside_one_another_are_refused(inner, lists):
    with pytest.raises(InvalidInput) as caught:
        check_introspection(parse(f"{{ __schema {{ {inner} }} }}"))
    assert caught.value.public_code == INTROSPECTION_LISTS.code
    assert caught.value.message == INTROSPECTION_LISTS.message(lists)


@pytest.mark.parametrize(("question", "aliases"), [
    (f"{{ a: __schema {{ types {{ {REST} }} }} }}", 1),
    (f"{{ __schema {{ a: types {{ {REST} }} b: types {{ {REST} }} }} }}", 2),
    (f'{{ __type(name: "Query") {{ a: {REST} }} }}', 1),
    ("{ __schema { types { ...F ...F } } } fragment F on __Type { a: kind }", 2),
])  # fmt: skip
def test_aliases_that_ask_for_the_same_again_are_refused(question, aliases):
    with pytest.raises(InvalidInput) as caught:
        check_introspection(parse(question))
    assert caught.value.message == INTROSPECTION_ALIASES.message(aliases)


def test_several_types_may_be_asked_for_by_name():
    assert check_introspection(parse(
        f'{{ a: __type(name: "Me") {{ {REST} }} b: __type(name: "Query") {{ {REST} }} }}'
    ))  # fmt: skip


def test_fragments_that_spread_themselves_end_the_walk():
    assert check_introspection(parse(
        "{ __schema { types { ...A } } } fragment A on __Type { ofType { ...A } }"
    ))  # fmt: skip


def test_everybody_may_introspect_and_nobody_gets_suggestions_unless_it_is_said():
    rights = SchemaRights()
    for role in Role:
        rights.check([role])
    assert not rights.suggestions


@pytest.mark.parametrize("roles", [[], ["agency"], ["regulator", "auditor"]])
def test_introspection_is_closed_to_all_roles_that_are_not_named(roles):
    rights = SchemaRights(introspection=frozenset({Role.SECRETARIAT}))
    rights.check([Role.SECRETARIAT, *roles])
    with pytest.raises(Forbidden, match=r"/schema\.graphql"):
        rights.check(roles)


async def test_an_answer_from_memory_is_the_one_that_was_made(hub):
    document = (
        'query A { __schema { queryType { name } } t: __type(name: "Me") { name } } '
        'query B { __schema { types { name } } t: __type(name: "Query") { kind } }'
    )
    for name in ("A", "B") * 3:
        expected = execute_sync(build_schema()._schema, parse(document), operation_name=name)
        assert await hub.data(document, operationName=name) == expected.data


async def test_an_answer_that_hangs_on_variables_is_made_each_time(hub):
    question = (
        "query ($name: String!, $no: Boolean!) { __type(name: $name) { kind name @skip(if: $no) } }"
    )
    for name, no in (("Me", False), ("Query", False), ("Me", True)):
        shown = {"kind": "OBJECT"} if no else {"kind": "OBJECT", "name": name}
        variables = {"name": name, "no": no}
        assert await hub.data(question, variables=variables) == {"__type": shown}


async def test_a_type_that_is_none_is_null_each_time(hub):
    for _ in range(2):
        assert await hub.data('{ __type(name: "Nothing") { name } }') == {"__type": None}


def test_the_answers_not_asked_for_longest_go_first(monkeypatch):
    monkeypatch.setattr("hub.gateway.questions.introspection.MAX_ANSWERS", 2)
    schema = build_schema()._schema
    made = []

    def ask(name):
        document = parse(f"{{ __schema {{ types {{ {name} }} }} }}")
        [field] = document.definitions[0].selection_set.selections
        kept_answer(Executor.build(schema, document), field, lambda: made.append(name) or {})

    for name in ("name", "kind", "name", "fields", "name", "kind"):
        ask(name)
    assert made == ["name", "kind", "fields", "kind"]
