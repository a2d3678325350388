"""Laws of expressions, against a plain evaluation of them."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.policy.expression import (
    FALSE,
    MAX_LONG,
    MIN_LONG,
    TRUE,
    All,
    AnyOf,
    AtLeast,
    Constant,
    Expression,
    HoldsAll,
    HoldsAny,
    Matches,
    Not,
    NotOver,
    OneOf,
    Same,
    all_of,
    any_of,
    at_least,
    at_most,
    holds_all,
    holds_any,
    implies,
    matches,
    negation,
    not_over,
    one_of,
    same,
)
from hub.policy.merging import merged
from hub.policy.schema import Attribute, CedarType

ORIGIN = Attribute("origin", CedarType.STRING, "{row}.origin")
STATUS = Attribute("status", CedarType.STRING, "{row}.status")
AGE = Attribute("age", CedarType.LONG, "{row}.age")
SIZE = Attribute("size", CedarType.LONG, "{row}.size")
TAGS = Attribute("tags", CedarType.STRINGS, "{row}.tags")
MARKS = Attribute("marks", CedarType.STRINGS, "{row}.marks")

SETS = [frozenset(), frozenset("a"), frozenset("ab"), frozenset("c")]
ROWS = [
    {ORIGIN: origin, STATUS: status, AGE: age, SIZE: size, TAGS: tags, MARKS: marks}
    for origin, status, age, size, tags, marks in product(
        "abc", "ab", (-1, 0, 7), (0, 7), SETS, SETS[:2]
    )
]


def holds(expression: Expression, row: dict[Attribute, Any]) -> bool:  # noqa: C901, PLR0911 - one case per node
    def known(operand: Any) -> Any:
        return row[operand] if isinstance(operand, Attribute) else operand

    match expression:
        case Constant(value):
            return value
        case All(terms):
            return all(holds(term, row) for term in terms)
        case AnyOf(terms):
            return any(holds(term, row) for term in terms)
        case Not(leaf):
            return not holds(leaf, row)
        case OneOf(attribute, values):
            return row[attribute] in values
        case AtLeast(attribute, bound):
            return row[attribute] >= bound
        case NotOver(lower, upper):
            return row[lower] <= row[upper]
        case Same(pair):
            return len({row[each] for each in pair}) == 1
        case HoldsAll(holder, held):
            return known(held) <= known(holder)
        case HoldsAny(pair):
            left, right = map(known, pair)
            return bool(left & right)
    raise AssertionError(expression)


texts = st.sampled_from(["a", "b", "c", "d"])
longs = st.sampled_from([-2, -1, 0, 6, 7, 8])
sets = st.sampled_from([TAGS, MARKS, *SETS])
leaves = st.one_of(
    st.sampled_from([TRUE, FALSE]),
    st.builds(one_of, st.sampled_from([ORIGIN, STATUS]), st.sets(texts, max_size=3)),
    st.builds(one_of, st.just(AGE), st.sets(longs, max_size=3)),
    st.builds(at_least, st.sampled_from([AGE, SIZE]), longs),
    st.builds(at_most, st.sampled_from([AGE, SIZE]), longs),
    st.builds(not_over, st.sampled_from([AGE, SIZE]), st.sampled_from([AGE, SIZE])),
    st.builds(same, st.sampled_from([ORIGIN, STATUS]), st.sampled_from([ORIGIN, STATUS])),
    st.just(same(TAGS, MARKS)),
    st.builds(holds_all, sets, sets),
    st.builds(holds_any, sets, sets),
)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(all_of, st.lists(inner, max_size=4)),
        st.builds(any_of, st.lists(inner, max_size=4)),
        st.builds(negation, inner),
    ),
    max_leaves=12,
)


@given(st.lists(expressions, max_size=5))
def test_joining_and_merging_change_nothing_that_is_true_of_a_row(terms):
    conjunction, disjunction, union = all_of(terms), any_of(terms), merged(terms)
    for row in ROWS:
        values = [holds(term, row) for term in terms]
        assert holds(conjunction, row) is all(values)
        assert holds(disjunction, row) is any(values)
        assert holds(union, row) is any(values)


@given(expressions)
def test_negation_flips_every_row_and_twice_gives_the_same(expression):
    negated = negation(expression)
    for row in ROWS:
        assert holds(negated, row) is not holds(expression, row)
        assert holds(negation(negated), row) is holds(expression, row)


@given(expressions, expressions)
def test_what_is_said_to_imply_does(strong, weak):
    if implies(strong, weak):
        assert all(holds(weak, row) for row in ROWS if holds(strong, row))


@given(expressions)
def test_not_stands_before_leaves_alone(expression):
    if isinstance(expression, All | AnyOf):
        assert len(expression.terms) > 1
        assert not any(isinstance(term, type(expression)) for term in expression.terms)
        assert not {TRUE, FALSE} & expression.terms


def test_constants_fold_and_equal_terms_are_one():
    test = one_of(STATUS, "a")
    assert all_of((TRUE, test, test)) == test
    assert any_of((FALSE, test, test)) == test
    assert all_of((test, FALSE)) == FALSE
    assert any_of((test, TRUE)) == TRUE
    assert all_of(()) == TRUE
    assert any_of(()) == FALSE


def test_equalities_of_one_attribute_become_one_test():
    assert any_of((one_of(STATUS, "a"), one_of(STATUS, "b"))) == one_of(STATUS, "ab")
    assert all_of((one_of(STATUS, "a"), one_of(STATUS, "b"))) == FALSE
    assert all_of((one_of(STATUS, "ab"), negation(one_of(STATUS, "a")))) == one_of(STATUS, "b")
    assert any_of((one_of(STATUS, "a"), negation(one_of(STATUS, "a")))) == TRUE


def test_a_term_that_another_implies_is_dropped():
    open_, narrow = one_of(ORIGIN, "a"), all_of((one_of(ORIGIN, "a"), at_least(AGE, 7)))
    assert any_of((open_, narrow)) == open_
    assert all_of((at_least(AGE, 7), at_least(AGE, 5))) == at_least(AGE, 7)
    assert any_of((at_least(AGE, 7), at_least(AGE, 5))) == at_least(AGE, 5)


@pytest.mark.parametrize("literal", ["\0", "a\0b"])
def test_a_text_with_nul_equals_no_row(literal):
    assert one_of(STATUS, (literal,)) == FALSE
    assert matches(STATUS, (*literal, None)) == FALSE
    assert holds_all(TAGS, frozenset({literal})) == FALSE
    assert holds_any(TAGS, frozenset({literal})) == FALSE
    assert holds_all(frozenset({literal, "a"}), TAGS) == holds_all(frozenset("a"), TAGS)


def test_bounds_beyond_a_long_fold():
    assert at_least(AGE, MIN_LONG) == TRUE
    assert at_most(AGE, MAX_LONG) == TRUE
    assert at_least(AGE, MAX_LONG + 1) == FALSE
    assert at_most(AGE, MIN_LONG - 1) == FALSE


def test_patterns_without_need_for_one_are_equalities():
    assert matches(STATUS, "ab") == one_of(STATUS, ("ab",))
    assert matches(STATUS, ()) == one_of(STATUS, ("",))
    assert matches(STATUS, (None, None)) == TRUE
    assert matches(STATUS, ("a", None, None, "b", "c")) == Matches(STATUS, ("a", None, "bc"))
