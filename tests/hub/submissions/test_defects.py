"""Every defect of a file is told at once: row, column, rule, what was found, and how to mend it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.hub.submissions.filing_scene import (
    NOTICE,
    NOTICES,
    REPORT,
    STOCK,
    csv_of,
    rules,
    xlsx_of,
)

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AHEAD = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()

FAULTY = (
    (NOTICE | {"notice_id": "N-1", "kind": "SHORTAG"}, "kind", "UNKNOWN_TERM"),
    (NOTICE | {"notice_id": "N-2", "starts_on": "31.12.2026"}, "starts_on", "NOT_A_DAY"),
    (NOTICE | {"notice_id": "N-3", "title": ""}, "title", "REQUIRED"),
    (NOTICE | {"notice_id": ""}, "notice_id", "REQUIRED"),
    (NOTICE | {"notice_id": "N-1"}, "notice_id", "DUPLICATE"),
    (NOTICE | {"notice_id": "N-6", "title": "=A1"}, "title", "FORMULA"),
    (NOTICE | {"notice_id": "N-7", "stock": "x" * 501}, "stock", "TOO_LONG"),
    (NOTICE | {"notice_id": "N-8", "package_codes": "8.80643E+12"}, "package_codes", "LOST_DIGITS"),
    (
        NOTICE | {"notice_id": "N-9", "expected_end_on": "2026-02-01"},
        "expected_end_on",
        "DAY_ORDER",
    ),
    (NOTICE | {"notice_id": "N-10", "posted_on": AHEAD}, "posted_on", "FUTURE_DAY"),
    (NOTICE | {"notice_id": "N-11", "action": "delete"}, "action", "UNKNOWN_ACTION"),
    (NOTICE | {"notice_id": "N-12", "action": "WITHDRAW"}, "notice_id", "NOTHING_TO_WITHDRAW"),
    (NOTICE | {"notice_id": "N-13", "title": "Cefazolin \ufffd"}, "title", "DAMAGED_TEXT"),
    (NOTICE | {"notice_id": "N-14", "package_codes": "1, 2"}, "package_codes", "CODE_FORM"),
)


async def dry(filing, content, feed=STOCK, kind="text/csv"):
    answer = await filing.post(content, feed=feed, kind=kind, dry_run="true")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_dry_run_tells_every_defect_of_a_file_in_one_answer(filing):
    answer = await dry(filing, csv_of([row for row, _, _ in FAULTY]), NOTICES)
    expected = [(at, column, rule) for at, (_, column, rule) in enumerate(FAULTY, 2)]
    assert rules(answer) == expected
    assert (answer["state"], answer["id"], answer["accepted"]) == ("CHECKED", None, 0)
    assert all(defect["mend"] for defect in answer["defects"])


async def test_a_defect_says_what_was_found_and_what_may_be_meant(filing):
    answer = await dry(filing, csv_of([NOTICE | {"status": "ON GOING"}]), NOTICES)
    [defect] = answer["defects"]
    assert defect["found"] == "ON GOING"
    assert defect["mend"] == (
        "write one of ONGOING, RESOLVED, DISCONTINUED, NO_SHORTAGE; did you mean ONGOING?"
    )


async def test_a_dry_run_keeps_nothing(filing):
    await dry(filing, csv_of([REPORT]))
    assert await filing.query("SELECT FROM submission") == []
    assert await filing.query("SELECT FROM pull") == []
    assert await filing.current("key") == []


@pytest.mark.parametrize(
    ("column", "cell", "rule"),
    [
        ("quantity", "1,250", "NOT_AN_AMOUNT"),
        ("quantity", "-1", "NOT_AN_AMOUNT"),
        ("quantity", "NaN", "NOT_AN_AMOUNT"),
        ("quantity", "1e3", "NOT_AN_AMOUNT"),
        ("quantity", "#N/A", "FORMULA"),
        ("quantity", '="12"', "FORMULA"),
        ("cover_days", "4.5", "NOT_A_WHOLE_NUMBER"),
        ("cover_days", "9" * 10, "NOT_A_WHOLE_NUMBER"),
        ("as_of", "2026-02-30", "NOT_A_DAY"),
        ("as_of", "2026-02", "NOT_A_DAY"),
        ("as_of", "46023.5", "NOT_A_DAY"),
        ("as_of", AHEAD, "FUTURE_DAY"),
        ("product_id", "1.99303E+8", "LOST_DIGITS"),
        ("product_id", "", "REQUIRED"),
        ("report_id", "x" * 101, "TOO_LONG"),
        ("place", "a\x07b", "DAMAGED_TEXT"),
    ],
)
async def test_a_cell_is_held_to_the_rules_of_its_column(filing, column, cell, rule):
    answer = await dry(filing, csv_of([REPORT | {column: cell}]))
    refusing = [one for one in answer["defects"] if one["isRefusing"]]
    assert rules({"defects": refusing}) == [(2, column, rule)]


@pytest.mark.parametrize("cell", ["0", "12.50", " 7 ", "12345678901234567890.123456789"])
async def test_an_amount_in_plain_digits_is_taken(filing, cell):
    answer = await dry(filing, csv_of([REPORT | {"quantity": cell}]))
    assert answer["accepted"] == 1, answer["defects"]


async def test_a_report_states_a_quantity_or_its_cover(filing):
    neither = {name: text for name, text in REPORT.items() if name != "quantity"}
    answer = await dry(filing, csv_of([neither, neither | {"report_id": "R-2", "cover_days": "9"}]))
    refusing = [one for one in answer["defects"] if one["isRefusing"]]
    assert rules({"defects": refusing}) == [(2, "quantity", "REQUIRED")]
    assert "`quantity` or `cover_days`" in refusing[0]["mend"]


async def test_a_header_tells_what_is_missing_twice_and_unknown(filing):
    content = b"report_id,asof,quantity,quantity,plase\nR-1,2026-03-31,1,2,depot\n"
    answer = await dry(filing, content)
    assert rules(answer) == [
        (None, "quantity", "COLUMN_TWICE"),
        (None, "plase", "UNKNOWN_COLUMN"),
        (None, "product_id", "MISSING_COLUMN"),
    ]
    assert "rename it to `place`" in answer["defects"][1]["mend"]


async def test_columns_stand_in_any_order_and_spelling(filing):
    content = b"Quantity;Product ID;AS OF;reportId\n3;7;2026-03-31;R-1\n"
    answer = await dry(filing, content)
    assert answer["accepted"] == 1, answer["defects"]


async def test_a_row_with_too_many_cells_is_told_by_its_place_in_the_sheet(filing):
    content = csv_of([REPORT]) + b"\n\nR-2,7,2026-03-31,1,vial,depot,what\n"
    answer = await dry(filing, content)
    assert [one for one in rules(answer) if one[2] == "MALFORMED_ROW"] == [
        (5, None, "MALFORMED_ROW")
    ]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "text/csv"),
        (b"\x00\x01\x02", "text/csv"),
        (b"a,b\n1,2\n", "text/csv"),
        (b'report_id,as_of\n"R-1,2026-03-31\n', "text/csv"),
        (b"<!DOCTYPE html><html></html>", "text/csv"),
        (b"PK\x03\x04 broken", EXCEL),
        (b'{"rows": 1}', "application/json"),
        (b'[{"reportId": ', "application/json"),
        (b"[" * 10_000, "application/json"),
    ],
)
async def test_a_file_that_cannot_be_read_is_a_defect_and_no_failure(filing, content, kind):
    answer = await dry(filing, content, kind=kind)
    assert rules(answer) == [(None, None, "UNREADABLE")]
    assert answer["accepted"] == 0


async def test_a_header_without_rows_is_a_defect(filing):
    assert rules(await dry(filing, b"report_id,product_id,as_of\n")) == [(None, None, "NO_ROWS")]


async def test_objects_inside_a_json_row_are_a_defect(filing):
    answer = await dry(filing, b'[{"reportId": {"a": 1}}, 7]', kind="application/json")
    assert rules(answer)[:2] == [(1, None, "MALFORMED_ROW"), (2, None, "MALFORMED_ROW")]


async def test_dates_that_excel_keeps_as_numbers_are_days(filing):
    header = ["report_id", "product_id", "as_of", "quantity"]
    content = xlsx_of(header, [["R-1", 199303108, 46112, 5]], {2: "yyyy-mm-dd"})
    answer = (await filing.post(content, kind=EXCEL)).json()
    assert answer["state"] == "PUBLISHED", answer
    content = xlsx_of(header, [["R-2", 199303108, 46112, 5]])
    answer = (await filing.post(content, kind=EXCEL)).json()
    assert answer["state"] == "PUBLISHED", answer
    days = await filing.current("as_of->>'earliest', as_of->>'precision', product_key")
    assert days == [("2026-03-31", "DAY", "KR.Product.199303108")] * 2


async def test_a_formula_of_excel_is_taken_by_its_value(filing):
    header = ["report_id", "product_id", "as_of", "quantity"]
    row = ["R-1", "7", "2026-03-31", ("=5*2.5", 12.5)]
    answer = (await filing.post(xlsx_of(header, [row]), kind=EXCEL)).json()
    assert answer["state"] == "PUBLISHED", answer
    assert await filing.current("quantity") == [(Decimal("12.5"),)]


async def test_a_formula_of_excel_that_came_to_an_error_is_a_blank(filing):
    header = ["report_id", "product_id", "as_of", "quantity"]
    row = ["R-1", "7", "2026-03-31", ("=1/0", "#DIV/0!")]
    answer = await dry(filing, xlsx_of(header, [row]), kind=EXCEL)
    refusing = [one for one in answer["defects"] if one["isRefusing"]]
    assert rules({"defects": refusing}) == [(2, "quantity", "REQUIRED")]


async def test_text_of_windows_is_read_where_people_write_so(filing):
    row = REPORT | {"place": "Depôt à Gdańsk".replace("ń", "n")}
    content = csv_of([row], separator=";", encoding="cp1252")
    feed = "eu.filed_stock_reports"
    answer = await filing.post(content, feed=feed, client="eu-ema")
    assert answer.status_code == 201, answer.text
    assert await filing.current("place_text") == [("Depôt à Gdansk",)]


async def test_text_of_korean_windows_is_read_of_korea(filing):
    content = csv_of([REPORT | {"quantity_unit": "병"}], encoding="cp949")
    assert (await filing.post(content)).status_code == 201
    assert await filing.current("quantity_unit, quantity_text") == [("병", "1250 병")]


async def test_utf8_with_its_mark_is_read(filing):
    content = csv_of([REPORT | {"quantity_unit": "병"}], encoding="utf-8-sig")
    assert (await filing.post(content)).status_code == 201
    assert await filing.current("quantity_unit") == [("병",)]


async def test_a_product_the_hub_does_not_know_is_a_hint(filing):
    answer = await filing.file([REPORT])
    assert answer["state"] == "PUBLISHED"
    assert rules(answer) == [(2, "product_id", "UNKNOWN_PRODUCT")]
    assert not answer["defects"][0]["isRefusing"]


async def test_a_number_of_another_feed_is_taken(filing):
    await filing.file([REPORT])
    await filing.execute("UPDATE stock_report SET feed = 'kr.mfds_shortages'")
    answer = await filing.file([REPORT])
    assert answer["state"] == "REFUSED"
    assert (2, "report_id", "NUMBER_TAKEN") in rules(answer)


async def test_what_was_withdrawn_cannot_be_withdrawn_again(filing):
    await filing.file([REPORT])
    gone = {"action": "WITHDRAW", "report_id": "R-1"}
    assert (await filing.file([gone]))["state"] == "PUBLISHED"
    assert rules(await filing.file([gone])) == [(2, "report_id", "NOTHING_TO_WITHDRAW")]
