import random
from itertools import product

import pytest

from hub.policy.evaluation import leaf_holds
from hub.policy.expression import (
    FALSE,
    TRUE,
    All,
    AnyOf,
    Constant,
    Not,
    all_of,
    any_of,
    at_least,
    negation,
    one_of,
)
from hub.policy.merging import LONGEST_SPLIT, MOST_PARTS, disjoint, merged, origins
from hub.policy.schema import Attribute, CedarType
from hub.policy.sql import emit

ORIGIN = Attribute("origin", CedarType.STRING, '{row}."origin"')
STATUS = Attribute("status", CedarType.STRING, '{row}."status"')
AGE = Attribute("age", CedarType.LONG, "age({row})")
KIND = Attribute("kind", CedarType.STRING, '{row}."kind"', terms=("x", "y", "z"))

ROWS = [
    dict(zip((ORIGIN, STATUS, KIND, AGE), values, strict=True))
    for values in product(("KR", "US", "EU"), "abcd", "xyz", (0, 7, 30))
]


def holds(expression, row):
    match expression:
        case Constant(value):
            return value
        case All(terms):
            return all(holds(term, row) for term in terms)
        case AnyOf(terms):
            return any(holds(term, row) for term in terms)
        case Not(leaf):
            return not leaf_holds(leaf, row)
    return leaf_holds(expression, row)


def drawn(seed):
    """Permits as agreements say them, a few without an origin."""
    pick = random.Random(seed)
    words = {ORIGIN: ["KR", "US"], STATUS: "abcd", KIND: "xyz"}

    def one():
        tests = [
            one_of(attribute, pick.sample(named, pick.randint(1, len(named) - 1)))
            for attribute, named in words.items()
        ]
        tests.append(at_least(AGE, pick.choice((7, 30))))
        return all_of(test for test in tests if pick.random() < 0.7)

    return [one() for _ in range(pick.randint(1, 40))]


def permit(origin: str, *conditions):
    return all_of((one_of(ORIGIN, (origin,)), *conditions))


def test_origins_that_are_open_outright_become_one_test():
    assert merged([permit("KR"), permit("US"), permit("KR")]) == one_of(ORIGIN, ("KR", "US"))


def test_an_outright_grant_absorbs_all_others_of_its_origin():
    narrow = [permit("KR", at_least(AGE, days)) for days in range(1, 50)]
    assert merged([*narrow, permit("KR")]) == permit("KR")


def test_origins_with_equal_conditions_share_them():
    embargo = at_least(AGE, 7)
    found = merged([permit("KR", embargo), permit("EU", embargo), permit("US")])
    assert emit(found, "n") == (
        """("n"."origin" = 'US' OR """
        """(age("n") >= '7'::bigint AND "n"."origin" = ANY (ARRAY['EU', 'KR']::text[])))"""
    )


def test_permits_that_differ_in_one_attribute_become_one():
    embargo = at_least(AGE, 7)
    found = merged(permit("KR", embargo, one_of(STATUS, (word,))) for word in "abc")
    assert found == permit("KR", embargo, one_of(STATUS, "abc"))


def test_a_permit_without_origin_absorbs_what_it_implies():
    general = one_of(STATUS, ("a",))
    assert merged([general, permit("KR", general, at_least(AGE, 7))]) == general


def test_no_permits_open_nothing():
    assert merged([]) == FALSE
    assert merged([FALSE, FALSE]) == FALSE


def test_the_text_is_the_same_whatever_the_order():
    parts = [permit("KR", at_least(AGE, 7)), permit("US"), permit("EU", one_of(STATUS, "ab"))]
    assert emit(merged(parts), "n") == emit(merged(parts[::-1]), "n")


@pytest.mark.parametrize("seed", range(40))
def test_merging_changes_nothing_that_is_true_of_a_row(seed):
    permits = drawn(seed)
    found = merged(permits)
    for row in ROWS:
        assert holds(found, row) == any(holds(each, row) for each in permits)


def test_a_thousand_conditional_permits_are_no_longer_than_their_values_tell_apart():
    pick = random.Random(1)
    permits = [
        permit(
            pick.choice(("KR", "US", "EU")),
            one_of(STATUS, pick.sample("abcd", 2)),
            one_of(KIND, pick.sample("xyz", 2)),
            at_least(AGE, pick.choice((7, 30))),
        )
        for _ in range(1000)
    ]
    assert len(emit(merged(permits), "n")) < 1000


def test_many_values_of_several_attributes_do_not_multiply():
    pick = random.Random(1)
    attributes = [Attribute(f"a{n}", CedarType.STRING, f"a{n}") for n in range(4)]
    words = [str(number) for number in range(200)]
    permits = [
        all_of(one_of(each, pick.sample(words, 50)) for each in attributes) for _ in range(40)
    ]
    assert merged(permits) == any_of(permits)


@pytest.mark.parametrize("seed", range(20))
def test_a_row_meets_one_of_the_disjoint_parts_if_it_meets_the_whole(seed):
    condition = all_of((merged(drawn(seed)), negation(one_of(STATUS, "d"))))
    parts = disjoint(condition)
    for row in ROWS:
        assert sum(holds(each, row) for each in parts) == holds(condition, row)
        assert not holds(condition, row) or row[ORIGIN] in (origins(condition) or {row[ORIGIN]})


def test_parts_ask_of_an_attribute_what_an_index_can_look_up():
    condition = any_of((one_of(KIND, "x"), one_of(STATUS, "a"), at_least(AGE, 7)))
    embargoed = all_of((one_of(KIND, "yz"), negation(one_of(STATUS, "a")), at_least(AGE, 7)))
    assert set(disjoint(condition)) == {
        one_of(KIND, "x"),
        all_of((one_of(KIND, "yz"), one_of(STATUS, "a"))),
        embargoed,
    }


def test_values_that_ask_the_same_stay_in_one_part():
    embargo = at_least(AGE, 7)
    shared = [permit("KR", one_of(KIND, each), embargo) for each in "xy"]
    assert set(disjoint(any_of([*shared, permit("US", embargo), permit("EU", embargo)]))) == {
        permit("KR", one_of(KIND, "xy"), embargo),
        all_of((one_of(ORIGIN, ("US", "EU")), embargo)),
    }


def test_an_attribute_that_would_make_too_many_parts_is_left_whole():
    first, second = (Attribute(name, CedarType.STRING, name) for name in ("first", "second"))
    condition = any_of(
        all_of((one_of(first, (str(one),)), one_of(second, (str(two),)), at_least(AGE, one * two)))
        for one, two in product(range(1, 12), repeat=2)
    )
    assert len(disjoint(condition)) == 11 < MOST_PARTS < 11 * 11


def test_a_condition_that_is_too_long_stays_whole():
    words = [str(number) for number in range(LONGEST_SPLIT)]
    condition = any_of((permit("KR", one_of(STATUS, words)), permit("US")))
    assert disjoint(condition) == (condition,)


def test_origins_that_differ_in_conditions_are_parts_of_their_own():
    found = merged([permit("KR", at_least(AGE, 7)), permit("US"), permit("EU")])
    closed = all_of((found, negation(one_of(STATUS, "d"))))
    assert len(disjoint(closed)) == 2
    assert origins(closed) == {"KR", "US", "EU"}


def test_any_origin_is_possible_where_a_condition_names_none():
    assert origins(TRUE) is None
    assert origins(one_of(STATUS, "a")) is None
    assert origins(any_of((permit("KR"), one_of(STATUS, "a")))) is None
    assert origins(FALSE) == frozenset()
    assert disjoint(one_of(STATUS, "a")) == (one_of(STATUS, "a"),)
