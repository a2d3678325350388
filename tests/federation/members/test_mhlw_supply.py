import io
import re
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.japan.mhlw_supply import FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "jp" / "mhlw_supply_status_20260814_sample.xlsx"

TITLE = "医療用医薬品供給状況（令和８年８月14日現在）"
ROW = {
    "①薬剤区分": "1：内用薬",
    "②薬効分類（保険薬収載時点の薬効分類を記載）": "去たん剤",
    "③成分名": "Ｌ－カルボシステイン",
    "④規格単位※全角": "５００ｍｇ１錠",
    "⑤YJコード": "2233002F2162",
    "⑥品名（承認書に記載の正式名称）※全角": "カルボシステイン錠５００ｍｇ「ツルハラ」",
    "⑦製造販売業者名": "鶴原製薬",
    "⑧製品区分": "2：後発品",
    "⑨基礎的医薬品": "2：対象外",
    "⑩（重要）供給確保医薬品": "C",
    "⑪薬価収載年月日": datetime(2011, 6, 24),  # noqa: DTZ001 Excel knows no zones
    "⑫製造販売業者の「出荷対応」の状況": "⑤供給停止",
    "⑬当該品目の⑫の情報を更新した日（令和7年5月13日以降に⑫の情報を更新した品目のみ記載）": "",
    "⑭限定出荷/供給停止の理由": "２．原材料調達上の問題",
    "⑮限定出荷の解除見込み／供給停止の解消見込み": "ウ. 未定",
    "⑯限定出荷の解除見込み／供給停止の解消見込み／販売中止品の在庫消尽時期": "",
    "⑰製造販売業者の「出荷量」の現在の状況": "C．出荷停止",
    "⑱製造販売業者の「出荷量」の改善（増加）見込み時期": "",
    "⑲⑱を任意選択した場合の「出荷量」の改善（増加）見込み量": "",
    "⑳当該品目の⑫以外の情報を更新した日": "",
    "今回掲載時の更新有無（更新有りの場合、Newと表示）": "",
}
HEADER = tuple(ROW)
LISTED, STATUS, CHANGED, REASON = (HEADER[at] for at in (10, 11, 12, 13))
OUTLOOK, EXPECTED, OTHER_CHANGE = (HEADER[at] for at in (14, 15, 19))
INGREDIENT, STRENGTH, BASIC, ENSURED = (HEADER[at] for at in (2, 3, 8, 9))


def sheet(*changes, header=HEADER, titles=(TITLE,), name="260814iyakuhinkyoukyu.xlsx"):
    """Write a workbook as the ministry does: titles, header, rows."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"default_date_format": "yyyy/m/d"}) as workbook:
        page = workbook.add_worksheet("供給状況一覧表")
        lines = [[title] for title in titles]
        lines += [list(header), *({**ROW, **change}.values() for change in changes)]
        for at, line in enumerate(lines):
            page.write_row(at, 0, line)
    return Document(name, content.getvalue())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(document, record):
    return records(pull(document), record).row(0, named=True)


@pytest.mark.parametrize(
    ("words", "kind", "status", "availability"),
    [
        ("①通常出荷", "NORMAL_SUPPLY", "NO_SHORTAGE", "AVAILABLE"),
        ("②限定出荷（自社の事情）", "LIMITED_SUPPLY", "ONGOING", "LIMITED"),
        ("③限定出荷（他社品の影響）", "LIMITED_SUPPLY", "ONGOING", "LIMITED"),
        ("③供給停止", "SHORTAGE", "ONGOING", "UNAVAILABLE"),
        ("⑤供給停止", "SHORTAGE", "ONGOING", "UNAVAILABLE"),
        ("供給停止", "SHORTAGE", "ONGOING", "UNAVAILABLE"),
        ("⑤販売中止", "DISCONTINUATION", "DISCONTINUED", None),
        ("⑥薬価削除", "UNMAPPED", "UNMAPPED", "UNMAPPED"),
    ],
)
def test_the_status_is_read_by_its_words_whatever_its_number(words, kind, status, availability):
    notice = one(sheet({STATUS: words}), "SupplyNotice")
    assert (notice["kind"], notice["status"], notice["availability"]) == (
        kind,
        status,
        availability,
    )
    assert notice["native_status"] == words


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("１．需要増", "DEMAND_INCREASE"),
        ("２．原材料調達上の問題", "RAW_MATERIAL"),
        ("３．製造トラブル（製造委託を含む）", "MANUFACTURING"),
        ("４．品質トラブル（製造委託を含む）", "QUALITY"),
        ("５．行政処分（製造委託を含む）", "REGULATORY"),
        ("６．薬価削除", "DISCONTINUATION"),
        ("８．その他の理由", "OTHER"),
        ("９．地震", "UNMAPPED"),
    ],
)
def test_the_reason_is_read_by_its_words_and_kept(words, reason):
    notice = one(sheet({REASON: words}), "SupplyNotice")
    assert (notice["reason"], notice["reason_text"]) == (reason, words)


@pytest.mark.parametrize("dash", ["７．－", "７．ー", "7.-", "７．‐", "７．−", "－", "７． ―"])
def test_every_look_alike_of_a_dash_is_no_reason(dash):
    pulled = pull(sheet({STATUS: "①通常出荷", REASON: dash}))
    notice = records(pulled, "SupplyNotice").row(0, named=True)
    assert (notice["reason"], notice["reason_text"]) == (None, None)
    assert pulled.findings.is_empty()


@pytest.mark.parametrize("dash", ["エ. －", "エ． －", "ｴ.-", "エ．ー"])
def test_every_look_alike_of_a_dash_is_no_outlook(dash):
    assert one(sheet({OUTLOOK: dash}), "SupplyNotice")["outlook_text"] is None


def test_a_dash_is_no_strength_and_a_long_vowel_in_a_name_is_no_dash():
    product = one(sheet({STRENGTH: "ー"}), "Product")
    assert (product["strength_text"], product["category_text"]) == (None, "2：後発品")
    assert product["name"] == "カルボシステイン錠５００ｍｇ「ツルハラ」"


def test_a_reason_beside_normal_supply_is_reported_and_the_notice_kept():
    pulled = pull(sheet({STATUS: "①通常出荷"}))
    assert pulled.findings["code"].to_list() == ["NORMAL_WITH_REASON"]
    assert pulled.records == 1


@pytest.mark.parametrize(
    ("cell", "text", "earliest", "precision"),
    [
        (datetime(2011, 6, 24), "2011-06-24", date(2011, 6, 24), "DAY"),  # noqa: DTZ001 as Excel
        (28004, "28004", date(1976, 9, 1), "DAY"),
        ("28004", "28004", date(1976, 9, 1), "DAY"),
        ("昭和51年9月1日", "昭和51年9月1日", date(1976, 9, 1), "DAY"),
        ("薬価基準未収載", "薬価基準未収載", None, "UNKNOWN"),
    ],
)
def test_a_date_cell_comes_out_right_whatever_is_in_it(cell, text, earliest, precision):
    found = one(sheet({LISTED: cell}), "Product")["price_listed_on"]
    assert (found["text"], found["earliest"], found["precision"]) == (text, earliest, precision)


def test_the_day_of_a_shortage_s_status_is_the_latest_it_can_have_begun():
    notice = one(sheet({CHANGED: 46246}), "SupplyNotice")
    assert notice["starts_on"] == {
        "text": "46246",
        "earliest": None,
        "latest": date(2026, 8, 12),
        "precision": "ABOUT",
    }
    assert notice["updated_on"]["earliest"] == date(2026, 8, 12)


@pytest.mark.parametrize("status", ["①通常出荷", "⑤販売中止"])
def test_the_day_of_another_status_starts_no_shortage(status):
    notice = one(sheet({STATUS: status, CHANGED: 46246}), "SupplyNotice")
    assert notice["starts_on"] is None
    assert notice["updated_on"]["earliest"] == date(2026, 8, 12)


@pytest.mark.parametrize(("status_day", "other_day"), [(46246, 46000), (46000, 46246), ("", 46246)])
def test_the_later_of_two_changes_is_the_last(status_day, other_day):
    notice = one(sheet({CHANGED: status_day, OTHER_CHANGE: other_day}), "SupplyNotice")
    assert notice["updated_on"]["earliest"] == date(2026, 8, 12)


@pytest.mark.parametrize(
    ("text", "latest", "precision"),
    [
        ("２０２６年１０月", date(2026, 10, 31), "MONTH"),
        ("2026/10/1", date(2026, 10, 1), "DAY"),
        ("令和8年12月", date(2026, 12, 31), "MONTH"),
        ("未定", None, "UNKNOWN"),
        ("2026年10月以降", None, "UNKNOWN"),
    ],
)
def test_the_expected_end_of_a_shortage_keeps_its_words(text, latest, precision):
    notice = one(sheet({EXPECTED: text}), "SupplyNotice")
    found = notice["expected_end_on"]
    assert (found["text"], found["latest"], found["precision"]) == (text, latest, precision)
    assert notice["outlook_text"] == f"ウ. 未定 / {text}"


def test_the_last_of_a_discontinued_product_s_stock_is_no_recovery():
    notice = one(sheet({STATUS: "⑤販売中止", EXPECTED: "2026年10月"}), "SupplyNotice")
    assert notice["expected_end_on"] is None
    assert notice["outlook_text"] == "ウ. 未定 / 2026年10月"


def test_one_code_names_notice_product_and_ingredient():
    pulled = pull(sheet({"⑤YJコード": " ２２３３００２Ｆ２１６２"}))
    keys = {batch.mapping.record.__name__: batch.frame["key"].to_list() for batch in pulled.batches}
    assert keys["SupplyNotice"] == ["JP.SupplyNotice.2233002F2162"]
    assert keys["Product"] == ["JP.Product.2233002F2162"]
    assert keys["Ingredient"] == ["JP.Ingredient.2233002F2162/1"]
    notice = records(pulled, "SupplyNotice").row(0, named=True)
    assert notice["product_key"] == keys["Product"][0]
    assert notice["holder_key"] == keys["Organization"][0]
    assert notice["volume_text"] == "C．出荷停止"


@pytest.mark.parametrize("code", ["", "2233002", "2233002F21621"])
def test_a_row_without_a_whole_code_is_quarantined(code):
    pulled = pull(sheet({"⑤YJコード": code}))
    assert pulled.quarantined["reason"].to_list() == ["NO_IDENTITY"]
    assert (pulled.rows, pulled.records) == (1, 0)


def test_one_holder_in_two_widths_is_one_organisation():
    pulled = pull(
        sheet(
            {"⑦製造販売業者名": "ＥＡファーマ"},
            {"⑦製造販売業者名": "EAファーマ", "⑤YJコード": "2233002F2170"},
        )
    )
    companies = records(pulled, "Organization")
    assert companies["name"].to_list() == ["ＥＡファーマ"]
    assert records(pulled, "Product")["holder_key"].unique().to_list() == companies["key"].to_list()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ｌ－カルボシステイン", ["Ｌ－カルボシステイン"]),
        ("レボドパ・カルビドパ水和物", ["レボドパ", "カルビドパ水和物"]),
        ("人免疫グロブリン（皮下・静注）", ["人免疫グロブリン（皮下・静注）"]),
    ],
)
def test_ingredients_are_split_outside_brackets(text, names):
    found = records(pull(sheet({INGREDIENT: text})), "Ingredient")
    assert found["native_text"].to_list() == names
    assert found["position"].to_list() == list(range(1, len(names) + 1))


@pytest.mark.parametrize(
    "text",
    [
        "クロルヘキシジン塩酸塩・ジフェンヒドラミン配合剤",
        "ロイシン・イソロイシン・バリン除去ミルク",
        "沈降精製百日せき・ジフテリア・破傷風混合ワクチン",
        "複方オキシコドン・アトロピン",
    ],
)
def test_a_name_that_lists_not_all_or_what_is_missing_stays_whole(text):
    found = records(pull(sheet({INGREDIENT: text})), "Ingredient")
    assert found["native_text"].to_list() == [text]


@pytest.mark.parametrize(
    ("basic", "ensured", "listings"),
    [
        ("2：対象外", "", []),
        ("1：対象", "", [("基礎的医薬品", "1：対象", "PRICE_SUPPORT")]),
        ("2：対象外", "Ａ", [("供給確保医薬品", "Ａ", "SUPPLY_OBLIGATION")]),
        ("2：対象外", "B", [("供給確保医薬品", "B", "SUPPLY_OBLIGATION")]),
        ("2：対象外", "D", [("供給確保医薬品", "D", "UNMAPPED")]),
        (
            "1：対象",
            "C",
            [
                ("基礎的医薬品", "1：対象", "PRICE_SUPPORT"),
                ("供給確保医薬品", "C", "MONITORING"),
            ],
        ),
    ],
)
def test_a_product_stands_on_the_essential_lists_it_says(basic, ensured, listings):
    found = records(pull(sheet({BASIC: basic, ENSURED: ensured})), "EssentialListing")
    assert found.select("list_name", "class_text", "legal_effect").rows() == listings


def test_edited_remarks_and_line_breaks_leave_the_columns_what_they_are():
    edited = {
        "②薬効分類（保険薬収載時点の薬効分類を記載）": "②　薬効分類",
        "⑩（重要）供給確保医薬品": "⑩安定確保\n医薬品",
        "⑤YJコード": "⑤ＹＪコード※必須",
        LISTED: "⑫薬価収載\r\n年月日",
    }
    document = sheet({}, header=[edited.get(name, name) for name in HEADER], titles=(TITLE, "", ""))
    assert one(document, "Product")["therapeutic_class_text"] == "去たん剤"


@pytest.mark.parametrize(
    ("at", "named"),
    [(0, "薬剤区分"), (2, "成分名"), (4, "YJコード"), (11, "出荷対応"), (12, "出荷対応の更新日")],
)
def test_a_renamed_column_is_refused_by_its_name(at, named):
    header = [f"{name}_v2" if place == at else name for place, name in enumerate(HEADER)]
    with pytest.raises(SourceChanged, match=f"`{named}` is gone and `{header[at]}`"):
        FEED.read([sheet({}, header=header)])


def test_two_columns_of_one_meaning_are_refused():
    header = [*HEADER[:-1], "成分名（英語）"]
    with pytest.raises(SourceChanged, match="names a column twice: `成分名`"):
        FEED.read([sheet({}, header=header)])


def test_half_a_file_is_refused():
    whole = sheet({})
    with pytest.raises(SourceFault, match="not a whole zip archive"):
        FEED.read([Document(whole.name, whole.content[: len(whole.content) // 2])])


@pytest.mark.parametrize(
    ("titles", "name", "stated"),
    [
        ((TITLE,), "list.xlsx", datetime(2026, 8, 14, tzinfo=UTC)),
        (("一覧",), "260814iyakuhinkyoukyu.xlsx", datetime(2026, 8, 14, tzinfo=UTC)),
        ((), "269914iyakuhinkyoukyu.xlsx", None),
    ],
)
def test_the_day_of_the_list_is_in_its_title_or_in_the_file_s_name(titles, name, stated):
    assert FEED.read([sheet({}, titles=titles, name=name)]).stated_at == stated


def test_a_mail_address_or_telephone_in_a_remark_reaches_no_table():
    told = "在庫は hanbai@maker.example または 555-123-4567 まで"
    pulled = pull(sheet({OUTLOOK: told, STATUS: "⑤供給停止", EXPECTED: told, INGREDIENT: told}))
    assert "在庫は" in records(pulled, "SupplyNotice")["outlook_text"].item()
    assert not re.search(r"\S@\S|4567", everything(pulled))


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_row_is_a_notice_and_a_product(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (53, 53, 0, 0)
    assert records(real, "Product").height == 53
    assert real.findings.is_empty()


@pytest.mark.real
def test_real_statuses_are_read_through(real):
    counts = dict(records(real, "SupplyNotice")["kind"].value_counts().iter_rows())
    assert counts == {"NORMAL_SUPPLY": 41, "LIMITED_SUPPLY": 8, "SHORTAGE": 4}


@pytest.mark.real
def test_real_price_listing_dates_are_all_read_but_the_one_that_says_unlisted(real):
    dates = records(real, "Product").select(
        "national_id", pl.col("price_listed_on").struct.unnest()
    )
    unread = dates.filter(pl.col("earliest").is_null())
    assert unread.select("national_id", "text", "precision").rows() == [
        ("631301AS1024", "薬価基準未収載", "UNKNOWN")
    ]
    serial = dates.filter(pl.col("text") == "28004")
    assert serial["earliest"].unique().to_list() == [date(1976, 9, 1)]
    assert dates["earliest"].min() > date(1950, 1, 1)
    assert dates["earliest"].max() < date(2026, 8, 14)


@pytest.mark.real
def test_the_real_list_states_its_day():
    native = FEED.read([Document(REAL.name, REAL.read_bytes())])
    assert native.stated_at == datetime(2026, 8, 14, tzinfo=UTC)


@pytest.mark.real
def test_only_the_real_combination_is_split(real):
    ingredients = records(real, "Ingredient")
    second = ingredients.filter(pl.col("position") > 1)
    assert ingredients.height == 54
    assert second["native_text"].to_list() == ["Ｌ－アルギニン塩酸塩"]


@pytest.mark.real
def test_real_listings_are_of_both_lists(real):
    counts = dict(records(real, "EssentialListing")["list_name"].value_counts().iter_rows())
    assert counts == {"供給確保医薬品": 31, "基礎的医薬品": 3}


@pytest.mark.real
def test_no_real_mail_address_comes_through(real):
    assert not re.search(r"\S@\S", everything(real))


@pytest.mark.real
def test_nine_real_products_in_ten_have_a_dose_form_and_a_route(real):
    found = records(real, "Product")
    form, given = found["dose_form"], found["routes"]
    assert (form.is_not_null() & (form != "UNMAPPED")).mean() >= 0.9
    assert ((given.list.len() > 0) & ~given.list.contains("UNMAPPED")).mean() >= 0.9
