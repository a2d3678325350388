import polars as pl
import pytest

from federation.errors import DeclarationFault, SourceChanged
from federation.reading.layout import MIN_JUDGED, Layout, normal_form
from federation.reading.shapes import DAY, TEXT, Shape, digits

CODES = ["101", "102", "103", "104", "105", "106"]
NAMES = ["aspirin", "codeine", "insulin", "heparin", "warfarin", "morphine"]
DAYS = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05", "2026-01-06"]
LAYOUT = Layout(
    {"code": digits(3), "Name (INN)": TEXT, "on": DAY, "note": None},
    aliases={"on": ("date", "day listed")},
)


def check(layout, sequences=None, **columns):
    layout.check(pl.DataFrame(columns), "list.csv", sequences)


@pytest.mark.parametrize(
    "header", ["Name (INN)", "NAME-INN", " name\n inn:", "name_inn", "Ｎａｍｅ（ＩＮＮ）"]
)
def test_headers_are_one_but_for_case_width_blanks_and_punctuation(header):
    assert normal_form(header) == "nameinn"
    assert LAYOUT.column(header) == "Name (INN)"


@pytest.mark.parametrize("header", ["on", "Date", "Day  Listed"])
def test_an_alias_names_its_column(header):
    assert LAYOUT.column(header) == "on"


def test_a_header_that_is_not_known_keeps_its_words():
    assert LAYOUT.column(" New \n column ") == "New column"


def test_a_layout_may_name_headers_by_their_stable_words():
    layout = Layout({"code": TEXT}, named=lambda text: "code" if "code" in text else None)
    assert layout.column("1) the code of today") == "code"
    assert layout.column("Code") == "Code"


@pytest.mark.parametrize(
    "declared",
    [
        {"columns": {"a b": TEXT, "A-B": TEXT}},
        {"columns": {"a": TEXT, "b": TEXT}, "aliases": {"a": ("B.",)}},
        {"columns": {"a": TEXT, "b": TEXT}, "aliases": {"a": ("c",), "b": ("C",)}},
    ],
)
def test_two_names_that_would_be_one_are_no_layout(declared):
    with pytest.raises(DeclarationFault, match="differ in punctuation alone"):
        Layout(**declared)


def test_columns_that_are_not_read_or_optional_need_not_be_there():
    layout = Layout({"a": TEXT, "b": None, "c": TEXT}, optional=("c",))
    assert layout.needed == ["a"]
    assert layout.lacking(["b", "c"]) == ["a"]
    layout.require(["a"], "f")


def test_a_column_that_stands_there_twice_is_refused():
    with pytest.raises(SourceChanged, match=r"`list.csv` names a column twice: `on`"):
        LAYOUT.require(["code", "Name (INN)", "on", "on"], "list.csv")


def test_blank_headers_are_no_column_that_stands_there_twice():
    LAYOUT.require(["code", "Name (INN)", "on", "", ""], "list.csv")


@pytest.mark.parametrize(
    ("header", "new"),
    [
        (["code", "INN name", "on"], "INN name"),  # its words
        (["code", "Substance", "on"], "Substance"),  # its place
        (["code", "on", "note", "name"], "name"),
    ],
)
def test_a_renamed_column_is_refused_by_its_old_name_and_its_new_one(header, new):
    told = rf"no column `Name \(INN\)`.*`Name \(INN\)` is gone and `{new}`.*aliases"
    with pytest.raises(SourceChanged, match=told):
        LAYOUT.require(header, "list.csv")


def test_a_lost_column_is_refused_alone_where_no_new_one_is_like_it():
    with pytest.raises(SourceChanged, match="no column `on`: its layout has changed; compare"):
        LAYOUT.require(["Xq 7", "code", "Name (INN)"], "list.csv")


def test_values_of_another_shape_are_refused_with_one_of_them():
    with pytest.raises(SourceChanged, match=r"`code`.*6 of 6 are not 3 digits, as `as"):
        check(LAYOUT, **{"code": NAMES, "Name (INN)": CODES, "on": DAYS})


def test_a_shape_allows_its_share_of_other_values():
    layout = Layout({"code": Shape(r"\d+", "digits", fits=0.9)})
    check(layout, code=["x", *["1"] * 9])
    with pytest.raises(SourceChanged, match="2 of 10 are not digits"):
        check(layout, code=["x", "x", *["1"] * 8])


def test_too_few_values_say_nothing_about_their_shape():
    layout = Layout({"code": digits(3)})
    few = ["x"] * (MIN_JUDGED - 1)
    check(layout, code=few)
    check(layout, code=[*few, None, None])
    with pytest.raises(SourceChanged, match="3 digits"):
        check(layout, code=[*few, "x"])


def test_a_column_that_is_blanker_than_it_may_be_is_refused():
    layout = Layout({"code": digits(3, stated=0.5)})
    check(layout, code=[*CODES, *[None] * 6])
    with pytest.raises(SourceChanged, match="7 of 13 are blank"):
        check(layout, code=[*CODES, *[None] * 7])


def test_what_holds_between_two_columns_is_proved():
    layout = Layout({"from": DAY, "to": DAY}, facts={"to": pl.col("from") <= pl.col("to")})
    later = [day.replace("2026", "2027") for day in DAYS]
    check(layout, **{"from": DAYS, "to": later})
    with pytest.raises(SourceChanged, match=r"column `to`.* in 0 of 6 rows; columns have moved"):
        check(layout, **{"from": later, "to": DAYS})


def test_a_fact_is_judged_by_enough_rows_that_state_both_values():
    layout = Layout({"from": DAY, "to": DAY}, facts={"to": pl.col("from") <= pl.col("to")})
    later = [day.replace("2026", "2027") for day in DAYS]
    few = MIN_JUDGED - 1
    check(layout, **{"from": later, "to": [*DAYS[:few], *[None] * (len(DAYS) - few)]})


TWINS = Layout({"holder": TEXT, "maker": TEXT, "code": digits(3)})


def test_columns_of_one_shape_that_changed_places_are_held():
    check(TWINS, holder=NAMES, maker=NAMES, code=CODES)
    with pytest.raises(SourceChanged, match=r"`holder` and `maker` of `list.csv` changed places"):
        check(TWINS, maker=NAMES, holder=NAMES, code=CODES)


def test_columns_that_their_values_tell_apart_may_change_places():
    check(TWINS, code=CODES, holder=NAMES, maker=NAMES)


def test_columns_that_are_not_read_may_change_places():
    layout = Layout({"one": None, "other": None})
    check(layout, other=NAMES, one=NAMES)


def test_the_order_of_few_objects_says_nothing():
    check(TWINS, {("maker", "holder"): MIN_JUDGED - 1}, holder=NAMES, maker=NAMES)
    with pytest.raises(SourceChanged, match="changed places"):
        check(TWINS, {("maker", "holder"): MIN_JUDGED}, holder=NAMES, maker=NAMES)


def test_objects_in_the_known_order_outweigh_those_in_another():
    sequences = {("maker", "holder"): 9, ("holder", "maker"): 5}
    check(TWINS, sequences, holder=NAMES, maker=NAMES)


OPTIONAL = Layout({"code": digits(3), "ended": DAY}, optional=("ended",))


def test_a_missing_optional_column_is_held_where_a_new_one_may_be_it():
    with pytest.raises(SourceChanged, match=r"`ended` of `list.csv` is gone, and the new `until`"):
        check(OPTIONAL, code=CODES, until=DAYS)


def test_a_missing_optional_column_is_let_go_where_no_new_one_is_like_it():
    check(OPTIONAL, code=CODES, until=NAMES)
    check(OPTIONAL, code=CODES)


def test_text_that_was_damaged_is_refused():
    with pytest.raises(SourceChanged, match=r"the text of `list.csv` is damaged"):
        check(Layout({"name": TEXT}), name=["mÃ©dicament", "comprimÃ©"])
