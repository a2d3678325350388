from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.harmonize.eras import day_in, era_date

FIRST_DAYS = {
    ("令和", "R"): date(2019, 5, 1),
    ("平成", "H"): date(1989, 1, 8),
    ("昭和", "S"): date(1926, 12, 25),
}
FULL_WIDTH = str.maketrans("0123456789.RHS", "０１２３４５６７８９．ＲＨＳ")


def read(text, words=""):
    return pl.select(era_date(pl.lit(text, dtype=pl.String), words)).item()


def day(text, year, month, day_):
    stated = date(year, month, day_)
    return {"text": text, "earliest": stated, "latest": stated, "precision": "DAY"}


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("令和8年8月14日", (2026, 8, 14)),
        ("令和８年８月14日", (2026, 8, 14)),
        ("令和 8 年 8 月 14 日", (2026, 8, 14)),
        ("令和元年5月1日", (2019, 5, 1)),
        ("㋿7年5月1日", (2025, 5, 1)),
        ("R8.3.31", (2026, 3, 31)),
        ("Ｒ８．３．３１", (2026, 3, 31)),
        ("R1.5.1", (2019, 5, 1)),
        ("H31/4/30", (2019, 4, 30)),
        ("平成17年12月1日", (2005, 12, 1)),
        ("S51.9.1", (1976, 9, 1)),
        ("昭和51年9月1日", (1976, 9, 1)),
        ("平成34年3月31日", (2022, 3, 31)),
    ],
)
def test_an_era_date_is_read_whatever_its_widths(text, stated):
    assert read(text) == day(text, *stated)


@pytest.mark.parametrize(("text", "words"), [("R8.3.31まで", "まで"), ("R7.5.21収載", "収載|適用")])
def test_words_that_may_follow_are_kept_in_the_text(text, words):
    assert read(text, words)["text"] == text
    assert read(text, words)["precision"] == "DAY"


@pytest.mark.parametrize(
    "text",
    ["R8.3.31から", "R8.3.31", "至R8.3.31まで", "R8.2.30まで", "R8.13.1まで", "2026.3.31まで"],
)
def test_what_is_no_date_with_these_words_keeps_its_text_alone(text):
    expected = {"text": text, "earliest": None, "latest": None, "precision": "UNKNOWN"}
    assert read(text, "まで") == expected


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("令和8年2月", date(2026, 2, 28)),
        ("R8.2", date(2026, 2, 28)),
        ("平成8年2月", date(1996, 2, 29)),
    ],
)
def test_a_month_is_read_as_all_its_days(text, last):
    first = last.replace(day=1)
    assert read(text) == {"text": text, "earliest": first, "latest": last, "precision": "MONTH"}


@pytest.mark.parametrize("text", [None, "", "  "])
def test_a_blank_is_no_date(text):
    assert read(text) is None


@pytest.mark.parametrize("title", ["令和8年8月号（令和8年8月14日現在）", "R8.8 分 R8.8.14 更新"])
def test_a_month_before_the_day_of_a_title_is_passed_over(title):
    assert day_in(title) == date(2026, 8, 14)


def test_the_date_in_a_title_is_found():
    assert day_in("医療用医薬品供給状況（令和８年８月14日現在）") == date(2026, 8, 14)


@pytest.mark.parametrize("title", ["医療用医薬品供給状況", "令和8年8月現在", "2026年8月14日", ""])
def test_a_title_without_an_era_day_has_none(title):
    assert day_in(title) is None


@given(
    stated=st.dates(min_value=date(1926, 12, 25), max_value=date(2117, 12, 31)),
    is_short=st.booleans(),
    is_wide=st.booleans(),
)
def test_a_date_written_in_its_era_reads_as_itself(stated, is_short, is_wide):
    names, first = next(item for item in FIRST_DAYS.items() if item[1] <= stated)
    year = stated.year - first.year + 1
    text = (
        f"{names[1]}{year}.{stated.month}.{stated.day}"
        if is_short
        else f"{names[0]}{year}年{stated.month}月{stated.day}日"
    )
    if year < 100:
        text = text.translate(FULL_WIDTH) if is_wide else text
        assert read(text)["earliest"] == stated
        assert day_in(f"（{text}現在）") == stated


def test_lineage_names_the_native_column_alone():
    assert set(era_date(pl.col("備考")).meta.root_names()) == {"備考"}


def test_eras_follow_each_other_without_a_gap():
    assert read("H31.4.30")["earliest"] + timedelta(days=1) == read("R1.5.1")["earliest"]
    assert read("S64.1.7")["earliest"] + timedelta(days=1) == read("H1.1.8")["earliest"]
