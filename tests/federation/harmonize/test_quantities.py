from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.harmonize.quantities import band


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


@given(st.decimals(min_value=1, max_value=10**15, places=3))
def test_every_quantity_from_one_up_lies_in_its_band(quantity):
    low, high = band_of(str(quantity)).split("-")
    assert Decimal(low) <= quantity < Decimal(high) + 1
    assert int(high) + 1 == int(low) * 10
