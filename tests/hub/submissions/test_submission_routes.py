"""The HTTP edge of submissions: who may, what is taken, and the templates."""

import csv
import io

import pytest
from python_calamine import CalamineWorkbook

from federation.members.submitted import SUBMITTED, TEMPLATE_OF
from hub.submissions.checking import MAX_BYTES, MAX_ROWS
from tests.hub.submissions.filing_scene import NOTICES, REPORT, STOCK, csv_of

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def code(answer):
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("client", ["us-fda", "kr-lab", "secretariat", "auditor"])
async def test_only_an_agency_of_the_member_files(filing, client):
    assert code(await filing.post(csv_of([REPORT]), client=client)) == (403, "FORBIDDEN")
    dry = await filing.post(csv_of([REPORT]), client=client, dry_run="true")
    assert code(dry) == (403, "FORBIDDEN")
    assert await filing.query("SELECT FROM submission") == []


async def test_nobody_files_without_a_token(filing):
    answer = await filing.http.post(f"/submissions/{STOCK}", content=csv_of([REPORT]))
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "feed", ["kr.mfds_shortages", "kr.nothing", "alliance.filed_stock_reports"]
)
async def test_only_the_filed_feeds_are_there(filing, feed):
    assert code(await filing.post(csv_of([REPORT]), feed=feed)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded", ""]
)
async def test_what_a_page_elsewhere_could_send_is_not_taken(filing, kind):
    answer = await filing.post(csv_of([REPORT]), kind=kind)
    assert code(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_file_over_the_limit_is_refused_unread(filing):
    assert code(await filing.post(b"x" * (MAX_BYTES + 1))) == (413, "TOO_LARGE")

    async def parts():
        for _ in range(MAX_BYTES // 2**20 + 1):
            yield b"x" * 2**20

    assert code(await filing.post(parts())) == (413, "TOO_LARGE")


async def test_too_many_rows_are_refused_with_the_figure(filing):
    content = b"report_id\n" + b"\n".join(b"%d" % n for n in range(MAX_ROWS + 1))
    answer = await filing.post(content)
    assert code(answer) == (413, "TOO_MANY_ROWS")
    assert f"{MAX_ROWS + 1} rows, {MAX_ROWS} at most" in answer.text


@pytest.mark.parametrize("flag", ["yes", "", "True"])
async def test_a_flag_is_true_or_false(filing, flag):
    answer = await filing.post(csv_of([REPORT]), dry_run=flag)
    assert code(answer) == (400, "INVALID_INPUT")


async def test_json_rows_are_filed_by_the_names_of_graphql(filing):
    content = (
        b'{"rows": [{"reportId": "R-1", "productId": 7, "asOf": "2026-03-31", "coverDays": 9}]}'
    )
    answer = await filing.post(content, kind="application/json")
    assert answer.status_code == 201, answer.text
    assert await filing.current("national_id, product_key, cover_days") == [
        ("R-1", "KR.Product.7", 9)
    ]


@pytest.mark.parametrize("feed", SUBMITTED)
async def test_a_template_holds_every_column(filing, feed):
    headers = filing.headers("kr-mfds")
    expected = [column.name for column in TEMPLATE_OF[feed].all_columns]
    text = (await filing.http.get(f"/submissions/templates/{feed}.csv", headers=headers)).content
    assert text.startswith(b"\xef\xbb\xbf")
    assert next(csv.reader(io.StringIO(text.decode("utf-8-sig")))) == expected
    answer = await filing.http.get(f"/submissions/templates/{feed}.xlsx", headers=headers)
    assert answer.headers["content-type"] == EXCEL
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    fill_in, columns = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert fill_in == [expected]
    assert [row[0] for row in columns[1:]] == expected
    assert all(row[2] and row[3] for row in columns[1:])


async def test_a_template_explains_the_words_of_its_lists(filing):
    headers = filing.headers("kr-mfds")
    answer = await filing.http.get(f"/submissions/templates/{NOTICES}.xlsx", headers=headers)
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    rows = {row[0]: row for row in book.get_sheet_by_name("columns").to_python()}
    assert rows["status"][4] == "ONGOING, RESOLVED, DISCONTINUED, NO_SHORTAGE"
    assert rows["status"][1] == "to file"


async def test_an_empty_template_has_no_rows_to_file(filing):
    headers = filing.headers("kr-mfds")
    for suffix, kind in (("csv", "text/csv"), ("xlsx", EXCEL)):
        answer = await filing.http.get(f"/submissions/templates/{STOCK}.{suffix}", headers=headers)
        filed = (await filing.post(answer.content, kind=kind)).json()
        assert [one["rule"] for one in filed["defects"]] == ["NO_ROWS"]


@pytest.mark.parametrize(
    ("name", "status"), [("kr.nothing.csv", 404), (f"{STOCK}.pdf", 400), (STOCK, 400)]
)
async def test_a_template_that_is_not_there_is_refused(filing, name, status):
    headers = filing.headers("kr-mfds")
    answer = await filing.http.get(f"/submissions/templates/{name}", headers=headers)
    assert answer.status_code == status
