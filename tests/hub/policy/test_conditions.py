import pytest

from hub.policy.conditions import ConditionReader, Undecided
from hub.policy.expression import (
    FALSE,
    TRUE,
    Instant,
    all_of,
    any_of,
    at_least,
    holds_all,
    holds_any,
    matches,
    negation,
    not_over,
    one_of,
    same,
)
from hub.policy.schema import Attribute, CedarType, ResourceType

SENTINEL = 'Wide::"?"'
WORD = Attribute("word", CedarType.STRING, "")
OTHER = Attribute("other", CedarType.STRING, "")
COUNT = Attribute("count", CedarType.LONG, "")
SIZE = Attribute("size", CedarType.LONG, "")
FLAG = Attribute("flag", CedarType.BOOL, "")
AT = Attribute("at", CedarType.DATETIME, "")
TAGS = Attribute("tags", CedarType.STRINGS, "")
ATTRIBUTES = (WORD, OTHER, COUNT, SIZE, FLAG, AT, TAGS)
READER = ConditionReader(
    ResourceType("Wide", {each.name: each for each in ATTRIBUTES}, ()), SENTINEL
)

ROW = {"unknown": [{"Value": SENTINEL}]}


def attr(attribute: Attribute) -> dict:
    return {".": {"left": ROW, "attr": attribute.name}}


def pair(operator: str, left: object, right: object) -> dict:
    return {operator: {"left": left, "right": right}}


def value(literal: object) -> dict:
    return {"Value": literal}


def texts(*words: str) -> dict:
    return {"Set": [value(word) for word in words]}


EQUAL = pair("==", attr(WORD), value("a"))
DAY = {"datetime": [value("1970-01-02")]}


@pytest.mark.parametrize(
    ("node", "expression"),
    [
        (value(True), TRUE),
        (pair("&&", EQUAL, value(False)), FALSE),
        (pair("||", EQUAL, value(True)), TRUE),
        ({"!": {"arg": EQUAL}}, negation(one_of(WORD, "a"))),
        (EQUAL, one_of(WORD, "a")),
        (pair("==", value("a"), attr(WORD)), one_of(WORD, "a")),
        (pair("==", attr(WORD), attr(OTHER)), same(WORD, OTHER)),
        (pair("==", attr(FLAG), value(False)), one_of(FLAG, (False,))),
        (attr(FLAG), one_of(FLAG, (True,))),
        (pair("<", attr(COUNT), value(7)), negation(at_least(COUNT, 7))),
        (pair("<=", attr(COUNT), value(7)), negation(at_least(COUNT, 8))),
        (pair("<", value(7), attr(COUNT)), at_least(COUNT, 8)),
        (pair("<=", value(7), attr(COUNT)), at_least(COUNT, 7)),
        (pair("<=", attr(COUNT), attr(SIZE)), not_over(COUNT, SIZE)),
        (pair("<", attr(COUNT), attr(SIZE)), negation(not_over(SIZE, COUNT))),
        (pair("<=", DAY, attr(AT)), at_least(AT, Instant(86_400_000))),
        (pair("contains", texts("a", "b"), attr(WORD)), one_of(WORD, "ab")),
        (pair("contains", attr(TAGS), value("a")), holds_all(TAGS, frozenset("a"))),
        (pair("containsAll", texts("a"), attr(TAGS)), holds_all(frozenset("a"), TAGS)),
        (pair("containsAny", attr(TAGS), texts("a")), holds_any(TAGS, frozenset("a"))),
        ({"isEmpty": {"arg": attr(TAGS)}}, holds_all(frozenset(), TAGS)),
        (
            pair("==", attr(TAGS), texts("a")),
            all_of((holds_all(TAGS, frozenset("a")), holds_all(frozenset("a"), TAGS))),
        ),
        ({"has": {"left": ROW, "attr": "word"}}, TRUE),
        ({"has": {"left": ROW, "attr": "nothing"}}, FALSE),
        (
            {"like": {"left": attr(WORD), "pattern": [{"Literal": "a"}, "Wildcard"]}},
            matches(WORD, ("a", None)),
        ),
        (
            {"if-then-else": {"if": attr(FLAG), "then": EQUAL, "else": value(False)}},
            all_of((one_of(FLAG, (True,)), one_of(WORD, "a"))),
        ),
    ],
)
def test_a_condition_is_read_as(node, expression):
    assert READER.boolean(node) == expression


def test_a_long_chain_is_read_at_once():
    node = EQUAL
    for number in range(900):
        node = pair("||", node, pair("==", attr(WORD), value(str(number))))
    assert READER.boolean(node) == one_of(WORD, ["a", *map(str, range(900))])


VAR = pair("==", {"Var": "context"}, value("x"))


@pytest.mark.parametrize(
    "node",
    [
        {"Var": "context"},
        VAR,
        pair("&&", value(False), VAR),
        pair("||", value(True), VAR),
        {"if-then-else": {"if": value(True), "then": value(True), "else": VAR}},
        pair("+", attr(COUNT), value(1)),
        pair("==", pair("+", attr(COUNT), value(1)), value(2)),
        pair("in", ROW, value({"__entity": {"type": "Wide", "id": "x"}})),
        pair("==", ROW, value({"__entity": {"type": "Wide", "id": "x"}})),
        pair("==", {".": {"left": attr(WORD), "attr": "word"}}, value("a")),
        pair("==", {".": {"left": {"unknown": [value("x")]}, "attr": "word"}}, value("a")),
        {"has": {"left": {"unknown": [value("x")]}, "attr": "word"}},
        pair("==", {".": {"left": ROW, "attr": "nothing"}}, value("a")),
        pair("==", value("a"), value("a")),
        pair("==", attr(WORD), value(5)),
        pair("==", attr(COUNT), value(True)),
        pair("==", attr(FLAG), value(1)),
        pair("==", attr(WORD), attr(COUNT)),
        pair("<", attr(WORD), value("a")),
        pair("contains", attr(TAGS), attr(WORD)),
        pair("contains", {"Set": [attr(WORD)]}, value("a")),
        pair("contains", {"Set": [texts("a")]}, attr(TAGS)),
        pair("containsAny", {"Set": [value(1)]}, attr(TAGS)),
        pair("==", attr(AT), {"datetime": [value("soon")]}),
        pair("==", attr(AT), {"datetime": [attr(WORD)]}),
        {"datetime": [value("1970-01-01")]},
        {"like": {"left": attr(COUNT), "pattern": []}},
        {"like": {"left": attr(WORD), "pattern": ["Anything"]}},
        {"isEmpty": {"arg": attr(WORD)}},
        {"==": {"left": attr(WORD)}},
        {"&&": {"left": EQUAL}},
        {"&&": {"left": EQUAL, "right": {"&&": "x"}}},
        {"!": EQUAL},
        {**EQUAL, "Value": True},
        {},
        None,
        True,
        [EQUAL],
        value("true"),
        value(1),
        value(None),
        attr(WORD),
        {"record": {}},
        {"ip": [value("1.2.3.4")]},
        {"brand-new-operator": {"left": attr(WORD), "right": value("a")}},
    ],
)
def test_whatever_else_is_undecided(node):
    with pytest.raises(Undecided):
        READER.boolean(node)


def test_undecided_says_nothing_of_the_policies_to_the_caller():
    with pytest.raises(Undecided) as refusal:
        READER.boolean(VAR)
    assert "context" in refusal.value.detail
    assert "context" not in refusal.value.message
    assert refusal.value.status == 503


def test_alternatives_join():
    node = pair("||", EQUAL, attr(FLAG))
    assert READER.boolean(node) == any_of((one_of(WORD, "a"), one_of(FLAG, (True,))))
