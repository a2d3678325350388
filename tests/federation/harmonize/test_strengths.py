import re
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.harmonize.strengths import DENOMINATORS, UNITS, strength


def read(text):
    found = pl.select(strength(pl.lit(text, dtype=pl.String))).item()
    return tuple(found.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500MG", ("500", "mg", None, None)),
        ("1%", ("1", "%", None, None)),
        (".5MG", ("0.5", "mg", None, None)),
        ("0.050MG", ("0.050", "mg", None, None)),
        ("20,000 UNITS/ML", ("20000", "[arb'U]", "1", "mL")),
        ("1,000,000 UNITS/VIAL", ("1000000", "[arb'U]", "1", "{vial}")),
        ("30,000USP UNITS", ("30000", "[USP'U]", None, None)),
        ("75 IU/VIAL", ("75", "[iU]", "1", "{vial}")),
        ("0.1MG/24HR", ("0.1", "mg", "24", "h")),
        ("5MG/SQ CM", ("5", "mg", "1", "cm2")),
        ("10mCi/ML", ("10", "mCi", "1", "mL")),
        ("15 mg/.4 mL", ("15", "mg", "0.4", "mL")),
        ("200 [USP'U]/100 mL", ("200", "[USP'U]", "100", "mL")),
    ],
)
def test_a_plain_strength_is_an_exact_decimal_with_its_ucum_unit(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EQ 500MG BASE", ("500", "mg", None, None)),
        ("EQ 50MG BASE/ML", ("50", "mg", "1", "mL")),
        ("EQ 125MG BASE/5ML", ("125", "mg", "5", "mL")),
        ("EQ 250MG /5ML", ("250", "mg", "5", "mL")),
        ("EQ 10,000 UNITS BASE/ML", ("10000", "[arb'U]", "1", "mL")),
        ("EQ 250MG VALPROIC ACID", ("250", "mg", None, None)),
    ],
)
def test_an_equivalent_strength_is_the_amount_it_states(text, expected):
    assert read(text) == expected


def test_a_closing_bracket_that_restates_the_strength_is_passed_over():
    assert read("400MG/200ML (2MG/ML)") == ("400", "mg", "200", "mL")


@pytest.mark.parametrize(
    "text",
    [
        "N/A",
        "UNKNOWN",
        "0.5-100mCi",
        "0.5MG,0.75MG,1MG",
        "100MG;200MG",
        "300MG/100MG",
        "100MG EXTENDED",
        "N/A/5000ML",
        "50MG/5GM PACKET",
        "1,00MG",
        "MG",
        "",
        None,
    ],
)
def test_what_is_not_one_plain_amount_has_no_value_rather_than_zero(text):
    assert read(text) == (None, None, None, None)


@given(
    st.decimals(0, 10**9, places=4), st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS))
)
def test_every_amount_comes_back_exact_in_its_unit(amount, unit, other):
    grouped = f"{amount:,} {unit.upper()}"
    value, ucum, per_value, per_unit = read(grouped)
    assert Decimal(value) == amount
    assert (ucum, per_value, per_unit) == (UNITS[unit], None, None)
    assert read(f"{grouped}, 1 {other}") == (None, None, None, None)


def test_units_are_ucum_or_its_annotations():
    ucum = re.compile(r"[A-Za-z%]+\d?|\[[A-Za-z']+\]|\{[a-z]+\}")
    assert all(ucum.fullmatch(unit) for unit in {*UNITS.values(), *DENOMINATORS.values()})
