import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.harmonize.ndc import ndc11, product_ndc

WIDTHS = (5, 4, 2)
SHAPES = [(4, 4, 2), (5, 3, 2), (5, 4, 1)]


def padded(code):
    return pl.select(ndc11(pl.lit(code, dtype=pl.String))).item()


def digits(width):
    return st.text("0123456789", min_size=width, max_size=width)


def product(code):
    return pl.select(product_ndc(pl.lit(code, dtype=pl.String))).item()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("0409-7809-24", "00409780924"),
        ("23155-601-41", "23155060141"),
        ("60505-6282-3", "60505628203"),
        ("60505-6282-03", "60505628203"),
        (" 0409-7809-24 ", "00409780924"),
    ],
)
def test_each_shape_is_padded_in_its_own_segment(code, expected):
    assert padded(code) == expected


@given(st.sampled_from(SHAPES).flatmap(lambda shape: st.tuples(*map(digits, shape))))
def test_segments_keep_their_number_whatever_the_shape(segments):
    code = padded("-".join(segments))
    assert len(code) == 11
    parts = (code[:5], code[5:9], code[9:])
    assert [int(part) for part in parts] == [int(segment) for segment in segments]


@pytest.mark.parametrize(
    "code",
    ["0409780924", "409-7809-24", "0409-780-24", "0409-7809", "0409-7809-2", "", "NDC", None],
)
def test_ten_digits_without_dashes_and_other_shapes_are_refused(code):
    assert padded(code) is None


def test_digits_of_other_scripts_are_no_code():
    assert padded("０４０９-７８０９-２４") is None


def test_eleven_digits_are_in_the_joining_form_already():
    assert padded("00409780924") == "00409780924"


def test_the_product_is_the_first_two_segments_as_written():
    assert product("0409-7809-24") == "0409-7809"


@pytest.mark.parametrize("code", ["0409780924", "00409780924", "0409-7809", None])
def test_the_product_of_a_code_without_its_dashes_is_not_told(code):
    assert product(code) is None
