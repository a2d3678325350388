from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.harmonize.equivalence import (
    ActiveIngredient,
    pharmaceutical_product,
    pharmaceutical_product_key,
)
from federation.vocabularies.dose_forms import DoseForm, Release, Route

SALBUTAMOL, IPRATROPIUM = "ALLIANCE.Substance.salbutamol", "ALLIANCE.Substance.ipratropium"


def of(substance, value, unit, per_value=None, per_unit=None, *, high=None):
    amounts = [part and Decimal(part) for part in (value, high, per_value)]
    return ActiveIngredient(substance, amounts[0], unit, amounts[1], amounts[2], per_unit)


def tablet(*ingredients, form=DoseForm.TABLET, routes=(Route.ORAL,)):
    return pharmaceutical_product(ingredients, form, routes)


def injection(*ingredients):
    return pharmaceutical_product(ingredients, DoseForm.SOLUTION_FOR_INJECTION, [Route.INTRAVENOUS])


def test_the_canonical_text_says_what_a_medicine_is():
    assert tablet(of(SALBUTAMOL, "4", "mg"), of(IPRATROPIUM, "500", "ug")) == (
        "ALLIANCE.Substance.ipratropium 1/2 mg|ALLIANCE.Substance.salbutamol 4 mg"
        "|TABLET|CONVENTIONAL|ORAL"
    )


def test_the_key_is_a_short_digest_of_the_text():
    key = pharmaceutical_product_key([of(SALBUTAMOL, "4", "mg")], DoseForm.TABLET, [Route.ORAL])
    assert (len(key), int(key, 16) > 0) == (24, True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("1", "g"), ("1000", "mg")),
        (("50", "mg", "5", "mL"), ("10", "mg", "1", "mL")),
        (("0.1", "mg", "3", "mL"), ("0.2", "mg", "6", "mL")),
        (("200", "ug", "50", "mL"), ("4", "ug", "1", "mL")),
        (("1", "%"), ("10", "mg", "1", "mL")),
        (("1", "g", "1", "L"), ("1", "mg", "1", "mL")),
        (("500", "mg", "1", "{vial}"), ("0.50", "g")),
        (("5000", "[iU]", "1", "mL"), ("5", "k[iU]", "1", "mL")),
        (("1", "mCi"), ("37", "MBq")),
    ],
)
def test_one_strength_written_in_two_ways_is_one(one, other):
    assert injection(of(SALBUTAMOL, *one)) == injection(of(SALBUTAMOL, *other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("100", "mg"), ("100", "mg", "1", "mL")),
        (("1", "[iU]"), ("1", "[USP'U]")),
        (("1", "mmol"), ("1", "meq")),
        (("10", "mg", "1", "mL"), ("10", "mg", "1", "g")),
        (("0.3333333333", "mg"), ("1", "mg", "3", "mL")),
    ],
)
def test_what_no_exact_rule_makes_equal_is_not(one, other):
    assert injection(of(SALBUTAMOL, *one)) != injection(of(SALBUTAMOL, *other))


def test_a_percentage_of_a_cream_is_by_mass():
    cream = DoseForm.CREAM, [Route.CUTANEOUS]
    percent = pharmaceutical_product([of(SALBUTAMOL, "1", "%")], *cream)
    assert percent == pharmaceutical_product([of(SALBUTAMOL, "1", "g", "100", "g")], *cream)
    assert percent == pharmaceutical_product([of(SALBUTAMOL, "10", "mg", "1", "g")], *cream)


@pytest.mark.parametrize(
    "ingredients",
    [
        (),
        (of(None, "4", "mg"),),
        (of(SALBUTAMOL, "4", "mg"), of(None, "4", "mg")),
        (of(SALBUTAMOL, None, None),),
        (of(SALBUTAMOL, "0", "mg"),),
        (of(SALBUTAMOL, "4", "mg", high="8"),),
        (of(SALBUTAMOL, "4", "mg", None, "mL"),),
        (of(SALBUTAMOL, "4", "mg", "0", "mL"),),
    ],
)
def test_a_medicine_with_something_unknown_has_no_key(ingredients):
    assert tablet(*ingredients) is None
    assert pharmaceutical_product_key(ingredients, DoseForm.TABLET, [Route.ORAL]) is None


@pytest.mark.parametrize(
    ("form", "routes"),
    [
        (None, [Route.ORAL]),
        (DoseForm.UNMAPPED, [Route.ORAL]),
        (DoseForm.TABLET, []),
        (DoseForm.TABLET, [Route.ORAL, Route.UNMAPPED]),
    ],
)
def test_a_form_or_route_that_is_not_known_gives_no_key(form, routes):
    assert tablet(of(SALBUTAMOL, "4", "mg"), form=form, routes=routes) is None


def test_release_and_route_tell_medicines_apart():
    plain = tablet(of(SALBUTAMOL, "4", "mg"))
    slow = tablet(of(SALBUTAMOL, "4", "mg"), form=DoseForm.PROLONGED_RELEASE_TABLET)
    assert plain.replace(Release.CONVENTIONAL, Release.PROLONGED) == slow
    assert tablet(of(SALBUTAMOL, "4", "mg"), routes=[Route.VAGINAL]) not in {plain, slow, None}


SUBSTANCES = st.sampled_from([SALBUTAMOL, IPRATROPIUM, "ALLIANCE.Substance.budesonide"])
AMOUNTS = st.decimals("0.001", 10**6, places=3)
INGREDIENTS = st.builds(
    ActiveIngredient,
    SUBSTANCES,
    AMOUNTS,
    st.sampled_from(["mg", "ug", "[iU]", "mmol"]),
    value_high=st.none(),
    per_value=AMOUNTS,
    per_unit=st.sampled_from(["mL", "g", "h", "{dose}"]),
)
LARGER = {"mg": "g", "ug": "mg", "[iU]": "k[iU]", "mmol": "mol", "mL": "L"}


def rescaled(ingredient, times):
    """State the same strength in larger units and of another amount of what it is in."""
    unit = LARGER[ingredient.unit]
    per_unit, holder = ingredient.per_unit, ingredient.per_value * times
    if per_unit in LARGER:
        per_unit, holder = LARGER[per_unit], holder / 1000
    return ActiveIngredient(
        ingredient.substance_key, ingredient.value * times / 1000, unit, None, holder, per_unit
    )


@given(st.lists(INGREDIENTS, min_size=1, max_size=6), st.randoms(), st.integers(1, 999))
def test_order_repetition_units_and_scale_make_no_difference(ingredients, chance, times):
    same = [rescaled(ingredient, times) for ingredient in [*ingredients, ingredients[0]]]
    chance.shuffle(same)
    assert injection(*same) == injection(*ingredients)


@given(st.lists(INGREDIENTS, min_size=1, max_size=4), st.data())
def test_any_real_difference_makes_one(ingredients, data):
    at = data.draw(st.integers(0, len(ingredients) - 1))
    one, others = ingredients[at], ingredients[:at] + ingredients[at + 1 :]
    other = ActiveIngredient(
        one.substance_key, one.value * 2, one.unit, None, one.per_value, one.per_unit
    )
    if injection(other) not in {injection(each) for each in ingredients}:
        assert injection(other, *others) != injection(*ingredients)
    assert injection(*ingredients, of("ALLIANCE.Substance.zinc", "1", "mg")) != injection(
        *ingredients
    )
