"""Which medicines are the same pharmaceutical product, whoever authorises them where.

The idea of the PhPID of level 4 (ISO 11616): the same active substances, each in the same strength,
in the same dose form by the same routes. The rule is a canonical text; its digest is the key that
the medicines share. Pure functions over values: the hub reads the records and stores the keys.
"""

import hashlib
from collections.abc import Collection
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from federation.vocabularies.dose_forms import BasicForm, DoseForm, Route, comparison

_SCALES = {
    "kg": ("mg", Fraction(1_000_000)),
    "g": ("mg", Fraction(1000)),
    "ug": ("mg", Fraction(1, 1000)),
    "ng": ("mg", Fraction(1, 1_000_000)),
    "L": ("mL", Fraction(1000)),
    "uL": ("mL", Fraction(1, 1000)),
    "mol": ("mmol", Fraction(1000)),
    "umol": ("mmol", Fraction(1, 1000)),
    "k[iU]": ("[iU]", Fraction(1000)),
    "M[iU]": ("[iU]", Fraction(1_000_000)),
    "k[iU]{anti-Xa}": ("[iU]{anti-Xa}", Fraction(1000)),
    "Ci": ("MBq", Fraction(37_000)),
    "mCi": ("MBq", Fraction(37)),
    "uCi": ("MBq", Fraction(37, 1000)),
    "GBq": ("MBq", Fraction(1000)),
    "kBq": ("MBq", Fraction(1, 1000)),
    "d": ("h", Fraction(24)),
}
"""Units that are an exact multiple of another one; any other unit stands for itself."""


class ActiveIngredient(NamedTuple):
    """An active substance with its strength, as the fields of an `Ingredient` state them."""

    substance_key: str | None
    value: Decimal | None = None
    unit: str | None = None
    value_high: Decimal | None = None
    per_value: Decimal | None = None
    per_unit: str | None = None


def pharmaceutical_product_key(
    ingredients: Collection[ActiveIngredient], form: DoseForm | None, routes: Collection[Route]
) -> str | None:
    """Give the key that equal medicines share: 24 hexadecimal digits of the text's BLAKE2b digest.

    None where `pharmaceutical_product` is.
    """
    text = pharmaceutical_product(ingredients, form, routes)
    return text and hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def pharmaceutical_product(
    ingredients: Collection[ActiveIngredient], form: DoseForm | None, routes: Collection[Route]
) -> str | None:
    """Give the canonical text of a medicine, such as `X 10 mg/mL|LIQUID|CONVENTIONAL|PARENTERAL`.

    None where there are no active substances, one is unresolved, a strength is not one known amount
    above zero, or the form or route is not known. The order of ingredients, their repetition, the
    unit and the scale that an amount is written in make no difference.
    """
    compared = _comparison(form, frozenset(routes)) if form is not None else None
    if compared is None or not ingredients:
        return None
    basic_form, characteristics = compared
    lines = {_line(ingredient, basic_form) for ingredient in ingredients}
    if None in lines:
        return None
    return "|".join([*sorted(line for line in lines if line), characteristics])


@lru_cache(maxsize=10_000)
def _comparison(form: DoseForm, routes: frozenset[Route]) -> tuple[BasicForm, str] | None:
    compared = comparison(form, routes)
    if compared is None:
        return None
    basic_form, release, sites = compared
    return basic_form, "|".join([basic_form, release, *sorted(sites)])


@lru_cache(maxsize=100_000)
def _line(ingredient: ActiveIngredient, basic_form: BasicForm) -> str | None:
    amount = _amount(ingredient, basic_form)
    return amount and ingredient.substance_key and f"{ingredient.substance_key} {amount}"


def _amount(ingredient: ActiveIngredient, basic_form: BasicForm) -> str | None:
    if not ingredient.value or not ingredient.unit or ingredient.value_high is not None:
        return None
    if ingredient.per_unit and not ingredient.per_value:
        return None
    amount, unit = _scaled(ingredient.value, ingredient.unit)
    per, per_unit = _holder(ingredient)
    if unit == "%":
        amount, unit, per, per_unit = _percentage(amount, basic_form)
    share = amount / per
    return f"{share} {unit}/{per_unit}" if per_unit else f"{share} {unit}"


def _holder(ingredient: ActiveIngredient) -> tuple[Fraction, str | None]:
    """Give what an amount is in; one tablet, vial or dose is what any strength is stated of."""
    if not ingredient.per_unit or not ingredient.per_value:
        return Fraction(1), None
    if ingredient.per_unit.startswith("{"):
        return Fraction(ingredient.per_value), None
    return _scaled(ingredient.per_value, ingredient.per_unit)


def _percentage(
    percent: Fraction, basic_form: BasicForm
) -> tuple[Fraction, str, Fraction, str | None]:
    """Read a bare percentage: of liquids grams in 100 mL, else grams in 100 g.

    Source: USP General Notices 8.140; Japanese Pharmacopoeia, General Notices.
    """
    in_mg = percent * 1000
    if basic_form is BasicForm.LIQUID:
        return in_mg, "mg", Fraction(100), "mL"
    return in_mg, "mg", Fraction(100_000), "mg"


def _scaled(value: Decimal, unit: str) -> tuple[Fraction, str]:
    base, times = _SCALES.get(unit, (unit, Fraction(1)))
    return Fraction(value) * times, base
