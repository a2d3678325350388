import re
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.harmonize.strength_units import DENOMINATORS, MULTIPLES, UNITS
from federation.harmonize.strengths import (
    STRENGTH_FIELDS,
    parted,
    read_strength,
    strength,
    strength_fields,
    strengths_in,
)


def read(text):
    found = read_strength(text)
    assert found is None or found.value_high is None
    return found and tuple(
        str(part) if isinstance(part, Decimal) else part
        for part in (found.value, found.unit, found.per_value, found.per_unit)
    )


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
        ("50MG/5GM PACKET", ("50", "mg", "5", "g")),
        ("9mg per 9mL", ("9", "mg", "9", "mL")),
        ("10 mg/iv", None),
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
        ("10 mEq/5 mL", ("10", "meq", "5", "mL")),
    ],
)
def test_an_equivalent_strength_is_the_amount_it_states(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("５ｍｇ１錠", ("5", "mg", "1", "{tablet}")),
        ("１００ｍｇ１０ｍＬ１瓶", ("100", "mg", "10", "mL")),
        ("１％１０ｍＬ１管", ("1", "g", "100", "mL")),
        ("１％１ｇ", ("1", "g", "100", "g")),
        ("（２７ｍｇ）９．６ｃｍ２１枚", ("27", "mg", "1", "{patch}")),
        ("１００万単位１瓶（溶解液付）", ("1000000", "[arb'U]", "1", "{vial}")),
        ("５０単位約２００ｍＬ１袋", ("50", "[arb'U]", "200", "mL")),
        ("５００ｍｇ１錠（レボフロキサシンとして）", ("500", "mg", "1", "{tablet}")),
    ],
)
def test_a_japanese_strength_stands_before_what_holds_it(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("250밀리그램/5밀리리터", ("250", "mg", "5", "mL")),
        ("500㎎", ("500", "mg", None, None)),
        ("0.5㎍/정", ("0.5", "ug", "1", "{tablet}")),
        ("1.1g(55mg/mL)", ("55", "mg", "1", "mL")),
        ("4.5g(A액 1,000mL중)", ("4.5", "g", "1000", "mL")),
        ("4.5g(B용액 9mL중)(2백)", ("4.5", "g", "9", "mL")),
        ("100I.U(10I.U/mL)", ("10", "[iU]", "1", "mL")),
        ("3KI.U", ("3", "k[iU]", None, None)),
        ("3.7GBq(100mCi)", ("3.7", "GBq", None, None)),
        ("1억마리", ("100000000", "{organism}", None, None)),
        ("1.1g(10mg/g(mL))", None),
    ],
)
def test_a_korean_strength_may_have_what_it_is_in_in_brackets(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5 Mg", ("0.5", "mg", None, None)),
        ("2 gm", ("2", "g", None, None)),
        ("15,00,000 IU", ("1500000", "[iU]", None, None)),
        ("5 mg per ml", ("5", "mg", "1", "mL")),
        ("4.6mg/24 hour", ("4.6", "mg", "24", "h")),
        ("70% v/v", ("70", "mL", "100", "mL")),
        ("2% w/v", ("2", "g", "100", "mL")),
        ("2 % w/w", ("2", "g", "100", "g")),
        ("60 Million Spores", ("60000000", "{spore}", None, None)),
        ("2 lac IU", ("200000", "[iU]", None, None)),
        ("5mcg per actuation", ("5", "ug", "1", "{actuation}")),
    ],
)
def test_an_indian_strength_is_read_exactly(text, expected):
    assert read(text) == expected


def test_a_closing_bracket_that_restates_the_strength_is_passed_over():
    assert read("400MG/200ML (2MG/ML)") == ("400", "mg", "200", "mL")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5-100mCi", ("0.5", "100", "mCi")),
        ("30mCi-300mCi/8ML", ("30", "300", "mCi")),
        ("2CH à 30CH", ("2", "30", "[hp_C]")),
    ],
)
def test_a_range_has_both_ends(text, expected):
    found = read_strength(text)
    assert (str(found.value), str(found.value_high), found.unit) == expected


@pytest.mark.parametrize(
    "text",
    [
        "N/A",
        "UNKNOWN",
        "0.5mg-100mCi",
        "0.5MG,0.75MG,1MG",
        "100MG;200MG",
        "300MG/100MG",
        "100MG EXTENDED",
        "N/A/5000ML",
        "7.5MG/100ML/10ML",
        "1,00MG",
        "１錠",
        "MG",
        "",
    ],
)
def test_what_is_not_one_amount_has_no_value_rather_than_zero(text):
    assert read_strength(text) is None


@given(
    st.decimals(0, 10**9, places=4), st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS))
)
def test_every_amount_comes_back_exact_in_its_unit(amount, unit, other):
    grouped = f"{amount:,} {unit.upper()}"
    found = read_strength(grouped)
    assert found.value == amount
    assert (found.unit, found.per_value, found.per_unit) == (UNITS[unit], None, None)
    assert read_strength(f"{grouped}, 1 {other}") is None


@given(st.integers(1, 9999), st.sampled_from(sorted(MULTIPLES)))
def test_a_word_multiplies_what_stands_before_it(number, word):
    assert read_strength(f"{number} {word} 単位").value == number * MULTIPLES[word]


def test_units_are_ucum_or_its_annotations():
    ucum = re.compile(r"(?:[kM]?\[[A-Za-z'_]+\]|[A-Za-z%/]+\d?|)(?:\{[A-Za-z -]+\})?")
    found = {*UNITS.values(), *DENOMINATORS.values()}
    assert [unit for unit in found if not ucum.fullmatch(unit)] == []


def test_a_column_of_texts_is_read_into_an_ingredients_fields():
    texts = pl.DataFrame({"text": ["0.5-1uCi/ML", "no strength", None, "500 mg"]})
    fields = strength_fields(strength(pl.col("text")))
    assert list(fields) == list(STRENGTH_FIELDS)
    assert texts.select(**fields).rows() == [
        ("0.5", "1", "uCi", "1", "mL"),
        (None, None, None, None, None),
        (None, None, None, None, None),
        ("500", None, "mg", None, None),
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("메트란캡슐500㎍(메코발라민)", ["500μg"]),
        ("건조시럽250밀리그램/5밀리리터", ["250밀리그램/5밀리리터"]),
        ("Telmisartan 20 mg Tabletten 20 mg", ["20 mg"]),
        ("5%포도당가0.45%염화나트륨주", ["5%", "0.45%"]),
        ("포도당주사액 500mL", []),
        ("퍼킨정25-100밀리그램", []),
        ("5 games", []),
    ],
)
def test_a_name_is_searched_for_strengths_and_not_for_volumes(name, expected):
    assert strengths_in(name) == expected


def test_one_text_is_parted_only_where_the_counts_agree():
    assert parted("7.5 mg; 5 mg", 2) == ["7.5 mg", "5 mg"]
    assert parted("7.5 mg; 5 mg", 3) == [None, None, None]
    assert parted(None, 1) == [None]
