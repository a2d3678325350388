import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import SourceFault
from federation.reading.native import ROW, Document, RejectedRow
from federation.reading.tree import parse_json, read_objects


def parse(text):
    return parse_json(Document("page.json", text.encode() if isinstance(text, str) else text))


def test_numbers_stay_the_text_they_were():
    digits = "12345678901234567890"
    assert parse(f'{{"a": 1.50, "b": {digits}}}') == {"a": "1.50", "b": digits}


@pytest.mark.parametrize("text", ['{"a": [1, 2', '{"a": NULL}', "plain", "[" * 100_000])
def test_what_is_not_whole_json_is_refused(text):
    with pytest.raises(SourceFault, match=r"`page.json` is not whole JSON"):
        parse(text)


def test_a_web_page_is_refused():
    with pytest.raises(SourceFault, match="is a web page"):
        parse("<!doctype html><title>503</title>")


def test_half_a_surrogate_pair_does_not_stop_the_pull():
    objects = parse('[{"a": "x\\ud800"}, {"a": "\\ud83d\\ude00"}, {"a": "\\ud55c"}]')
    assert read_objects(objects).rows["a"].to_list() == ["x?", "😀", "한"]


def test_nested_objects_are_flattened_by_dots():
    table = read_objects([{"id": "1", "openfda": {"rxcui": {"first": "2"}}}])
    assert table.rows.rows(named=True) == [{"id": "1", "openfda.rxcui.first": "2", ROW: 1}]


def test_a_list_column_keeps_its_list_and_any_other_list_is_joined():
    table = read_objects(
        [{"ndc": ["1", None, "2"], "route": ["ORAL", "NASAL"]}, {"ndc": "3"}, {}],
        lists=("ndc",),
    )
    assert table.rows["ndc"].to_list() == [["1", "2"], ["3"], None]
    assert table.rows["route"].to_list() == ["ORAL|NASAL", None, None]


def test_a_column_only_some_objects_have_is_null_in_the_others():
    assert read_objects([{"a": "1"}, {"b": "2"}]).rows["a"].to_list() == ["1", None]


def test_optional_columns_are_there_even_when_no_object_has_them():
    assert read_objects([{"a": "1"}], optional=("b",)).rows["b"].to_list() == [None]


def test_what_is_no_object_is_rejected_with_its_text():
    table = read_objects([{"a": "1"}, "stray", None])
    assert table.rejected == (
        RejectedRow(2, "MALFORMED_ROW", '"stray"'),
        RejectedRow(3, "MALFORMED_ROW", "null"),
    )
    assert table.count == 3


def test_an_object_can_be_rearranged_first():
    table = read_objects([{"item": {"a": "1"}}], flatten=lambda item: item["item"])
    assert table.rows["a"].to_list() == ["1"]


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false"), ("", None)])
def test_plain_values_become_text(value, text):
    assert read_objects([{"a": value}, {"a": "x"}]).rows["a"].to_list() == [text, "x"]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)))
RECORDS = st.lists(st.dictionaries(st.sampled_from("abc"), TEXT | st.none()), min_size=1)


@given(RECORDS)
def test_every_stated_text_of_every_record_is_found_in_its_row(records):
    table = read_objects(parse(json.dumps(records)), optional=("a", "b", "c"))
    for record, row in zip(records, table.rows.iter_rows(named=True), strict=True):
        for name in "abc":
            text = record.get(name)
            assert row[name] == (text if text and text.strip() else None)
