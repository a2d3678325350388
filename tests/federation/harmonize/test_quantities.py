from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.harmonize.quantities import band, plain_amount, price_status


def band_of(text):
    return pl.select(band(pl.lit(text, dtype=pl.String))).item()


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("0", "0"),
        ("0.00", "0"),
        ("000", "0"),
        ("0.5", "0-1"),
        ("1", "1-9"),
        ("9.99", "1-9"),
        ("10", "10-99"),
        ("0099", "10-99"),
        ("1425", "1000-9999"),
        ("1000000", "1000000-9999999"),
    ],
)
def test_a_quantity_falls_into_its_power_of_ten(quantity, expected):
    assert band_of(quantity) == expected


@pytest.mark.parametrize("text", [None, "", "1,425", "1425개", "-5", "1e5", "about 10", "."])
def test_what_is_no_plain_number_has_no_band(text):
    assert band_of(text) is None


def amount_of(text):
    price = pl.lit(text, dtype=pl.String)
    return pl.select(amount=plain_amount(price), status=price_status(price)).row(0)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0.28", "0.28"),
        (" 1425 ", "1425"),
        ("1,425", "1425"),
        ("1,234,567.80", "1234567.80"),
        ("12,34,567.80", "1234567.80"),
        ("1,00,00,000", "10000000"),
    ],
)
def test_commas_that_part_digits_are_dropped(text, amount):
    assert amount_of(text) == (amount, "STATED")


@pytest.mark.parametrize(
    "text", ["1,5", "12,50", "4,417,08", "1,2345", "1234,567", "1.5,000", ",5", "1,", "1,,000"]
)
def test_a_comma_that_may_be_decimal_makes_no_amount(text):
    assert amount_of(text) == (None, "UNMAPPED")


@given(st.integers(min_value=0, max_value=10**12))
def test_an_amount_in_thousands_reads_as_itself(amount):
    assert amount_of(f"{amount:,}.50") == (f"{amount}.50", "STATED")


@given(st.decimals(min_value=1, max_value=10**15, places=3))
def test_every_quantity_from_one_up_lies_in_its_band(quantity):
    low, high = band_of(str(quantity)).split("-")
    assert Decimal(low) <= quantity < Decimal(high) + 1
    assert int(high) + 1 == int(low) * 10
