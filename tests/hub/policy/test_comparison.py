"""Whether a condition allows a row that another refuses, against Cedar's own decision on rows."""

import random
from itertools import pairwise, product

import pytest

from hub.policy import comparison
from hub.policy.comparison import Comparison, News, compare
from hub.policy.evaluation import assume, leaf_holds, leaves_of
from hub.policy.examination import Document, examine
from hub.policy.expression import (
    FALSE,
    MAX_LONG,
    MIN_LONG,
    TRUE,
    Instant,
    all_of,
    any_of,
    at_least,
    at_most,
    holds_all,
    holds_any,
    matches,
    negation,
    not_over,
    one_of,
    same,
)
from hub.policy.instants import instant_text, read_instant
from hub.policy.policy_set import PolicySlice
from hub.policy.predicate import predicate_of
from hub.policy.residual import Evaluator
from hub.policy.row_decision import row_decisions
from hub.policy.schema import Action, Attribute, CedarType
from tests.hub.policy.test_differential import WIDE, Draw, cedar_json, pool

RESOURCE = WIDE.resources["Wide"]
ACTION = Action("Wide", RESOURCE.groups[0])
ORIGIN, WORD, OTHER, COUNT, SIZE, FLAG, AT, UNTIL, TAGS, MARKS, AGE = RESOURCE.attributes.values()
KIND = Attribute("kind", CedarType.STRING, "", ("SHORTAGE", "RECALL"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TRUE, TRUE),
        (TRUE, FALSE),
        (FALSE, FALSE),
        (TRUE, one_of(WORD, ["a"])),
        (one_of(WORD, ["a", "b"]), one_of(WORD, ["b"])),
        (at_least(COUNT, 7), at_least(COUNT, 8)),
        (at_least(COUNT, 8), all_of((at_least(COUNT, 7), negation(one_of(COUNT, [7]))))),
        (any_of((at_least(COUNT, 8), at_most(COUNT, 7))), TRUE),
        (any_of((one_of(FLAG, [True]), one_of(FLAG, [False]))), TRUE),
        (matches(WORD, ["a", None]), matches(WORD, ["a", None, "b"])),
        (
            matches(WORD, [None, "a", None]),
            all_of((matches(WORD, ["a", None]), one_of(COUNT, [1]))),
        ),
        (negation(matches(WORD, ["a", None])), one_of(WORD, ["b", "ba", ""])),
        (any_of((not_over(COUNT, SIZE), not_over(SIZE, COUNT))), TRUE),
        (not_over(COUNT, SIZE), same(COUNT, SIZE)),
        (any_of((same(WORD, OTHER), negation(same(WORD, OTHER)))), TRUE),
        (one_of(OTHER, ["a"]), all_of((same(WORD, OTHER), one_of(WORD, ["a"])))),
        (holds_all(TAGS, frozenset("a")), holds_all(TAGS, frozenset("ab"))),
        (holds_any(TAGS, frozenset("abc")), holds_any(TAGS, frozenset("ac"))),
        (holds_any(TAGS, frozenset("a")), holds_all(TAGS, frozenset("ab"))),
        (
            holds_all(MARKS, frozenset("a")),
            all_of((holds_all(MARKS, TAGS), holds_all(TAGS, frozenset("a")))),
        ),
        (at_least(AT, Instant(0)), one_of(AT, [Instant(0), Instant(5)])),
    ],
)
def test_what_the_old_condition_implies_is_nothing_new(old, new):
    assert compare(old, new) == Comparison(News.NOTHING_NEW)


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        (FALSE, TRUE, {}),
        (FALSE, one_of(ORIGIN, ["KR"]), {ORIGIN: "KR"}),
        (one_of(WORD, ["a"]), one_of(WORD, ["a", "b"]), {WORD: "b"}),
        (one_of(WORD, ["a"]), TRUE, {WORD: "something else"}),
        (one_of(KIND, ["RECALL"]), TRUE, {KIND: "SHORTAGE"}),
        (one_of(KIND, ["RECALL", "SHORTAGE"]), TRUE, {KIND: "something else"}),
        (at_least(AGE, 7), at_least(AGE, 6), {AGE: 6}),
        (at_least(COUNT, MIN_LONG + 1), TRUE, {COUNT: MIN_LONG}),
        (at_most(COUNT, MAX_LONG - 1), TRUE, {COUNT: MAX_LONG}),
        (at_least(COUNT, 0), TRUE, {COUNT: -1}),
        (matches(WORD, ["ab", None]), matches(WORD, ["a", None]), {WORD: "a"}),
        (
            any_of((matches(WORD, ["a", None]), matches(WORD, [None, "b"]))),
            matches(WORD, [None, "c", None]),
            {WORD: "c"},
        ),
        (same(WORD, OTHER), one_of(WORD, ["a"]), {WORD: "a", OTHER: "something else"}),
        (not_over(COUNT, SIZE), not_over(SIZE, COUNT), {COUNT: 1, SIZE: 0}),
        (
            holds_all(TAGS, frozenset("ab")),
            holds_any(TAGS, frozenset("ab")),
            {TAGS: frozenset("a")},
        ),
        (holds_all(frozenset("a"), TAGS), TRUE, {TAGS: frozenset({"something else"})}),
        (
            holds_all(MARKS, TAGS),
            holds_any(MARKS, TAGS),
            {MARKS: frozenset({"a"}), TAGS: frozenset("ab")},
        ),
    ],
)
def test_what_is_new_comes_with_a_row(old, new, row):
    found = compare(old, new)
    assert found.news is News.NEW
    if len(row) < 2:
        assert found.row == row
    assert holds(new, found.row)
    assert not holds(old, found.row)


def holds(expression, row) -> bool:
    return assume(expression, row) == TRUE


def test_example_is_said_in_words():
    new = all_of(
        (one_of(ORIGIN, ["KR"]), holds_all(TAGS, frozenset({"x", "y"})), one_of(FLAG, [True]))
    )
    assert compare(FALSE, new).words == "flag is true and origin is KR and tags is x, y"
    assert compare(FALSE, TRUE).words == "for every row"
    assert compare(FALSE, negation(holds_any(TAGS, frozenset("a")))).words == "tags is empty"
    assert Comparison(News.UNKNOWN).words == ""


def test_search_that_comes_to_no_end_is_unknown(monkeypatch):
    monkeypatch.setattr(comparison, "MOST_TESTS", 50)
    # No row meets it, which is found out by trying them all.
    attributes = [Attribute(f"a{number}", CedarType.LONG, "") for number in range(12)]
    chain = [not_over(low, high) for low, high in pairwise(attributes)]
    new = all_of((*chain, at_least(attributes[0], 5), at_most(attributes[-1], 4)))
    assert compare(FALSE, new) == Comparison(News.UNKNOWN)


def test_patterns_past_counting_are_never_nothing_new():
    ways = [matches(WORD, [None, letter * 9, None, letter, None]) for letter in "abcdefgh"]
    found = compare(any_of(ways), all_of((*ways, one_of(COUNT, [1]))))
    assert found.news is not News.NEW
    again = compare(all_of(ways), any_of((all_of(ways), matches(WORD, ["zz", None]))))
    assert again.news is not News.NOTHING_NEW


def test_values_of_texts_do_not_meet_by_accident():
    assert compare(one_of(WORD, ["something else"]), TRUE).row == {WORD: "something else1"}


def policy(draw: Draw, number: int) -> str:
    effect = draw.random.choice(["permit", "permit", "permit", "forbid"])
    head = f'@id("baseline/p{number}") {effect}(principal, action == {ACTION.uid}, resource)'
    return f"{head} when {{ {draw.condition(draw.random.randint(0, 3))} }};"


def drawn(seed: int):
    """Two conditions and the policies they come from, for one class of callers."""
    draw = Draw(seed, RESOURCE)
    principal = draw.principal()
    sides = []
    for _ in range(2):
        texts = [policy(draw, number) for number in range(draw.random.randint(1, 3))]
        sides.append(PolicySlice.of(examine([Document("baseline", "\n".join(texts))], WIDE)))
    if seed % 3 == 0:  # a set and what is left of it
        sides[1] = PolicySlice.of(sides[0].policies[1:])
    conditions = [
        predicate_of(Evaluator(WIDE, principal).residuals(ACTION, side)).condition for side in sides
    ]
    return principal, sides, conditions


def whole_row(row, chance):
    """Put any values where the example says nothing."""
    known = {each.name: value for each, value in (row or {}).items()}
    full = {}
    for each in RESOURCE.attributes.values():
        value = known.get(each.name, chance.choice(pool(each.cedar_type)))
        if isinstance(value, Instant):
            text = instant_text(value).replace(" ", "T").replace("+00", "Z")
            value = {"__extn": {"fn": "datetime", "arg": text}}
        full[each.name] = sorted(value) if isinstance(value, frozenset) else cedar_json(value)
    return full


def is_literal(value) -> bool:
    """Whether Cedar has a literal for it: instants are searched for past its calendar too."""
    first, last = (read_instant(f"{year}-01-01") for year in ("0001", "9999"))
    return not isinstance(value, Instant) or first <= value <= last


def decided(principal, sides, rows):
    return [row_decisions(side, WIDE, principal, ACTION, rows) for side in sides]


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_answers_agree_with_cedar(first):
    told = dict.fromkeys(News, 0)
    for seed in range(first, first + 50):
        chance = random.Random(seed)
        principal, sides, (old, new) = drawn(seed)
        found = compare(old, new)
        told[found.news] += 1
        if found.news is News.NEW:
            if not all(is_literal(value) for value in found.row.values()):
                continue
            rows = [whole_row(found.row, chance) for _ in range(3)]
            was, now = decided(principal, sides, rows)
            assert not any(was), (seed, found.words)
            assert all(now), (seed, found.words)
        elif found.news is News.NOTHING_NEW:
            rows = [whole_row(None, chance) for _ in range(60)]
            was, now = decided(principal, sides, rows)
            assert all(then or not later for then, later in zip(was, now, strict=True)), seed
    assert told[News.NEW] > 10
    assert told[News.NOTHING_NEW] > 5
    assert told[News.UNKNOWN] <= 5


SMALL = {
    WORD: ["", "a", "ab", "b", "x"],
    COUNT: [-1, 0, 1, 2],
    TAGS: [frozenset(), frozenset("a"), frozenset("ab"), frozenset("x")],
}


def condition(chance, depth):
    if depth:
        parts = [condition(chance, depth - 1) for _ in range(2)]
        return (
            chance.choice([all_of, any_of])(parts) if chance.random() < 0.7 else negation(parts[0])
        )
    return chance.choice(
        [
            one_of(WORD, chance.sample(["", "a", "ab", "b"], 2)),
            matches(WORD, chance.choice([["a", None], [None, "b"], [None, "a", None]])),
            at_least(COUNT, chance.choice([0, 1, 2])),
            one_of(COUNT, [chance.choice([0, 1])]),
            holds_all(TAGS, frozenset(chance.choice(["a", "ab"]))),
            holds_any(TAGS, frozenset(chance.choice(["a", "ab", "b"]))),
            holds_all(frozenset(chance.choice(["a", "ab", ""])), TAGS),
        ]
    )


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_nothing_new_holds_for_every_row_of_a_small_world(first):
    told = []
    for seed in range(first, first + 100):
        chance = random.Random(seed)
        old, new = condition(chance, 3), condition(chance, 2)
        found = compare(old, new)
        told.append(found.news)
        rows = (dict(zip(SMALL, values, strict=True)) for values in product(*SMALL.values()))
        exists = any(holds(new, row) and not holds(old, row) for row in rows)
        assert not (exists and found.news is News.NOTHING_NEW), seed
        if found.news is News.NEW:
            assert assume(new, found.row) == TRUE
            assert assume(old, found.row) == FALSE
    assert News.UNKNOWN not in told
    assert {News.NEW, News.NOTHING_NEW} == set(told)


def test_leaf_waits_for_what_is_not_known():
    (leaf,) = leaves_of(same(WORD, OTHER))
    assert leaf_holds(leaf, {WORD: "a"}) is None
    assert leaf_holds(leaf, {WORD: "a", OTHER: "a"}) is True
