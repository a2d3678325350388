"""What dose forms say of themselves, and which of them compare as equal."""

import pytest

from federation.vocabularies.dose_forms import (
    BasicForm,
    DoseForm,
    Release,
    Route,
    comparison,
)


def test_codes_of_edqm_have_eight_digits_and_stand_once():
    codes = [form.code for form in DoseForm if form.code]
    assert len(codes) == len(set(codes)) > 200
    assert all(10_000_000 <= code < 100_000_000 for code in codes)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (DoseForm.TABLET, 10219000),
        (DoseForm.FILM_COATED_TABLET, 10221000),
        (DoseForm.SOLUTION_FOR_INJECTION, 11201000),
        (DoseForm.SOLUTION_FOR_INJECTION_INFUSION, 50060000),
        (DoseForm.INJECTION, 0),
    ],
)
def test_a_form_has_its_code_and_a_broader_one_has_none(form, code):
    assert form.code == code


def test_a_film_coated_tablet_compares_as_a_tablet():
    assert comparison(DoseForm.TABLET, [Route.ORAL]) == (
        BasicForm.TABLET,
        Release.CONVENTIONAL,
        {Route.ORAL},
    )
    assert comparison(DoseForm.FILM_COATED_TABLET, [Route.ORAL]) == comparison(
        DoseForm.TABLET, [Route.ORAL]
    )


@pytest.mark.parametrize(
    ("form", "route"),
    [
        (DoseForm.SOLUTION_FOR_INJECTION, Route.SUBCUTANEOUS),
        (DoseForm.POWDER_FOR_SOLUTION_FOR_INFUSION, Route.INTRAVENOUS),
        (DoseForm.INJECTION, Route.PARENTERAL),
    ],
)
def test_what_is_injected_compares_as_one(form, route):
    assert comparison(form, [route]) == (
        BasicForm.LIQUID,
        Release.CONVENTIONAL,
        {Route.PARENTERAL},
    )


@pytest.mark.parametrize(
    ("form", "other", "route"),
    [
        (DoseForm.TABLET, DoseForm.PROLONGED_RELEASE_TABLET, Route.ORAL),
        (DoseForm.TABLET, DoseForm.CAPSULE, Route.ORAL),
        (DoseForm.ORAL_POWDER, DoseForm.POWDER_FOR_ORAL_SOLUTION, Route.ORAL),
        (DoseForm.CREAM, DoseForm.OINTMENT, Route.CUTANEOUS),
    ],
)
def test_other_release_or_basic_form_compares_as_another(form, other, route):
    assert comparison(form, [route]) != comparison(other, [route])


@pytest.mark.parametrize(
    ("form", "routes"),
    [
        (DoseForm.UNMAPPED, [Route.ORAL]),
        (DoseForm.TABLET, []),
        (DoseForm.TABLET, [Route.ORAL, Route.UNMAPPED]),
    ],
)
def test_what_is_not_known_compares_with_nothing(form, routes):
    assert comparison(form, routes) is None
