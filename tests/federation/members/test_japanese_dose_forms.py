import polars as pl
import pytest

from federation.members.japan.dose_forms import dose_form, form_text, route_texts, routes_of


def read(group, name, code):
    columns = (pl.lit(group), pl.lit(name))
    found = pl.select(
        form_text(*columns).alias("stated"),
        dose_form(*columns, pl.lit(code)).alias("form"),
        routes_of(*columns, pl.lit(code)).alias("routes"),
    )
    return found.row(0)


@pytest.mark.parametrize(
    ("group", "name", "code", "expected"),
    [
        ("内用薬", "ユーロジン２ｍｇ錠", "1124001F2029", ("錠;内用薬", "TABLET", ["ORAL"])),
        (
            "内用薬",
            "ミニリンメルトＯＤ錠２５μｇ",
            "2419001F5023",
            ("OD錠;内用薬", "ORODISPERSIBLE_TABLET", ["ORAL"]),
        ),
        (
            "外用薬",
            "ディフェリンゲル０．１％",
            "2699711Q1028",
            ("ゲル;外用薬", "GEL", ["CUTANEOUS"]),
        ),
        (
            "外用薬",
            "ベタメタゾン点眼・点耳・点鼻液０．１％「錠」",
            "1315706Q1111",
            ("液;外用薬", "UNMAPPED", ["OCULAR", "AURICULAR", "NASAL"]),
        ),
    ],
)
def test_a_name_holds_its_dose_form(group, name, code, expected):
    assert read(group, name, code) == expected


@pytest.mark.parametrize(
    ("name", "code", "form", "routes"),
    [
        ("アネレム静注用５０ｍｇ", "1119404D1026", "POWDER_FOR_INJECTION", ["INTRAVENOUS"]),
        ("ケタラール静注用２００ｍｇ", "1119400A1031", "UNMAPPED", ["INTRAVENOUS"]),
        ("レクビオ皮下注３００ｍｇシリンジ", "2189404G1020", "INJECTION", ["SUBCUTANEOUS"]),
        ("カーディオライト注射液", "4300411D1020", "INJECTION", ["PARENTERAL"]),
        ("ブドウ糖５％", "3231401A1000", "INJECTION", ["PARENTERAL"]),
    ],
)
def test_the_letter_of_a_code_tells_a_powder_from_a_liquid(name, code, form, routes):
    assert read("注射薬", name, code)[1:] == (form, routes)


@pytest.mark.parametrize(
    ("name", "code", "form", "routes"),
    [
        ("ロキソプロフェンＮａテープ５０ｍｇ", "2649735S2010", "MEDICATED_PLASTER", ["CUTANEOUS"]),
        ("ツロブテロールテープ０．５ｍｇ", "2259707S1010", "TRANSDERMAL_PATCH", ["TRANSDERMAL"]),
        ("アフタッチ口腔用貼付剤２５μｇ", "2399707D1032", "UNMAPPED", ["UNMAPPED"]),
    ],
)
def test_the_class_tells_a_plaster_from_a_transdermal_patch(name, code, form, routes):
    assert read("外用薬", name, code)[1:] == (form, routes)


def test_the_code_s_letter_speaks_where_the_name_states_nothing():
    assert read("内用薬", "レボドパ", "1169101F1023") == ("内用薬", "TABLET", ["ORAL"])
    assert read("内用薬", "カンキョウ", "5100001X1011") == ("内用薬", "UNMAPPED", ["ORAL"])


def test_the_maker_in_brackets_states_no_form():
    assert read("内用薬", "アルブミン「シロップ錠」", "2311001X1014")[1] == "UNMAPPED"


def test_routes_keep_their_native_words():
    columns = (pl.lit("注射薬"), pl.lit("アネレム静注用５０ｍｇ"))
    assert pl.select(route_texts(*columns)).item().to_list() == ["静注", "注射薬"]
