import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import SourceChanged, SourceFault
from federation.reading.layout import MIN_JUDGED, Layout
from federation.reading.native import ROW, Document, RejectedRow
from federation.reading.shapes import TEXT as ANY_TEXT
from federation.reading.shapes import digits
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


LABELS = Layout(
    {"id": digits(1), "maker": ANY_TEXT, "openfda.unii": ANY_TEXT, "note": None},
    optional=("openfda.unii",),
)


def laid(*objects):
    return read_objects(objects, layout=LABELS, name="labels.json").rows


@pytest.mark.parametrize(
    "nested",
    [
        {"openfda": {"unii": "x"}},
        {"OpenFDA": {"UNII": "x"}},
        {"openfda_unii": "x"},
        {"openfda.unii": "x"},
    ],
)
def test_a_nested_key_is_known_however_it_is_nested_or_spelled(nested):
    assert laid({"id": "1", "Maker": "a", **nested})["openfda.unii"].to_list() == ["x"]


def test_a_key_that_not_every_object_has_is_there():
    assert laid({"id": "1"}, {"maker": "a"})["maker"].to_list() == [None, "a"]


def test_a_key_that_no_object_has_is_refused_by_its_old_and_its_new_name():
    with pytest.raises(SourceChanged, match=r"`labels.json`.*`maker` is gone and `make`"):
        laid({"id": "1", "make": "a"})


def test_a_text_where_an_object_stood_is_refused():
    with pytest.raises(SourceChanged, match="`openfda` is no object any more"):
        laid({"id": "1", "maker": "a", "openfda": "x"})


def test_values_that_are_another_key_s_are_refused():
    objects = [{"id": "name", "maker": "1"}] * MIN_JUDGED
    with pytest.raises(SourceChanged, match=r"column `id` of `labels.json`.* are not 1 digit"):
        laid(*objects)


TWINS = Layout({"holder": ANY_TEXT, "maker": ANY_TEXT, "inner.a": ANY_TEXT, "inner.b": ANY_TEXT})


def test_keys_that_changed_places_in_many_objects_are_held_and_in_few_are_not():
    turned = {"maker": "a", "holder": "b", "inner": {"a": "c", "b": "d"}}
    read_objects([turned] * (MIN_JUDGED - 1), layout=TWINS)
    with pytest.raises(SourceChanged, match="`holder` and `maker` of `the answer` changed places"):
        read_objects([turned] * MIN_JUDGED, layout=TWINS)


def test_nested_keys_are_held_in_their_own_order_alone():
    inner_first = {"inner": {"a": "c", "b": "d"}, "holder": "a", "maker": "b"}
    read_objects([inner_first] * MIN_JUDGED, layout=TWINS)
    turned = {"holder": "a", "maker": "b", "inner": {"b": "c", "a": "d"}}
    with pytest.raises(SourceChanged, match=r"`inner.a` and `inner.b`"):
        read_objects([turned] * MIN_JUDGED, layout=TWINS)


def test_no_objects_at_all_prove_nothing():
    assert read_objects([], layout=LABELS).count == 0


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)))
RECORDS = st.lists(st.dictionaries(st.sampled_from("abc"), TEXT | st.none()), min_size=1)


@given(RECORDS)
def test_every_stated_text_of_every_record_is_found_in_its_row(records):
    table = read_objects(parse(json.dumps(records)), optional=("a", "b", "c"))
    for record, row in zip(records, table.rows.iter_rows(named=True), strict=True):
        for name in "abc":
            text = record.get(name)
            assert row[name] == (text if text and text.strip() else None)
