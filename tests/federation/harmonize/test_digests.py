"""Digests of content stay what they are: another one would be a new version of every record."""

import polars as pl
import pytest

from federation.harmonize import digests
from federation.harmonize.digests import content_digests, content_texts

FRAME = pl.DataFrame(
    {
        "name": ["Aspro", 'é"\\\n', None],
        "codes": [["A01", "B02"], [], [""]],
        "on": [{"text": "2025", "earliest": None}, None, {"text": "", "earliest": None}],
        "row": [1, 2, 3],
    },
    schema_overrides={"on": pl.Struct({"text": pl.String, "earliest": pl.Date})},
)
NAMES = ["name", "codes", "on"]
STORED = [
    "40a71d102598b0384b517f1391336ed1",
    "71349ed24112b16ba7ccdf8190905b53",
    "f82e6e32d856f11d14344beb03cdc2b4",
]


def test_the_digests_are_those_that_are_stored():
    assert content_texts(FRAME, NAMES)[0] == (
        '{"name":"Aspro","codes":["A01","B02"],"on":{"text":"2025","earliest":null}}'
    )
    assert content_digests(FRAME, NAMES).to_list() == STORED


@pytest.mark.parametrize("rows", [1, 2])
def test_slices_make_no_difference(monkeypatch, rows):
    monkeypatch.setattr(digests, "_SLICE_ROWS", rows)
    assert content_digests(FRAME, NAMES).to_list() == STORED


def test_no_rows_have_no_digests():
    assert content_digests(FRAME.clear(), NAMES).to_list() == []
