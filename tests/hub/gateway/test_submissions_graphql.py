"""Submissions in GraphQL: typed inputs, what came of them, and who may read of it."""

from decimal import Decimal

import pytest

from federation.filing.template import ACTION
from federation.members.submitted import TEMPLATES
from hub.gateway.planning.naming import camel
from tests.hub.submissions.conftest import filing, filing_hub
from tests.hub.submissions.filing_scene import REPORT

FIXTURES = (filing, filing_hub)

SUBMIT = """
mutation ($input: StockReportSubmissionInput!) {
  submitStockReports(input: $input) {
    id state accepted filed reason client
    defects { row column rule found mend isRefusing }
  }
}
"""
WITHDRAW = """
mutation ($input: WithdrawalInput!) {
  withdrawFiledStockReports(input: $input) { state withdrawn defects { row rule } }
}
"""
LIST = "{ submissions(first: 5) { id feed state client rows defects { rule } } }"
COUNTS = "{ submissionCounts { member feed state submissions rows } }"
ROW = {
    "reportId": "R-1",
    "productId": "7",
    "asOf": "2026-03-31",
    "quantity": "1250.50",
    "quantityUnit": "vial",
    "place": "Central depot",
}


def of(*rows, **more):
    return {"rows": list(rows)} | more


async def submit(filing, *rows, **more):
    return (await filing.data(SUBMIT, input=of(*rows, **more)))["submitStockReports"]


async def test_a_mutation_files_rows(filing):
    done = await submit(filing, ROW, ROW | {"reportId": "R-2"})
    assert (done["state"], done["accepted"]) == ("PUBLISHED", 2)
    assert done["filed"] == ["KR.StockReport.R-1", "KR.StockReport.R-2"]
    assert (
        await filing.current("quantity, quantity_text")
        == [(Decimal("1250.50"), "1250.50 vial")] * 2
    )


async def test_a_dry_run_of_a_mutation_keeps_nothing_and_tells_all(filing):
    rows = [ROW | {"quantity": "-1"}, ROW | {"asOf": "2999-01-01"}]
    done = await submit(filing, *rows, dryRun=True)
    refusing = [(d["row"], d["column"], d["rule"]) for d in done["defects"] if d["isRefusing"]]
    assert refusing == [
        (1, "quantity", "NOT_AN_AMOUNT"),
        (2, "report_id", "DUPLICATE"),
        (2, "as_of", "FUTURE_DAY"),
    ]
    assert (done["id"], done["state"]) == (None, "CHECKED")
    assert await filing.query("SELECT FROM submission") == []


async def test_a_mutation_sent_again_with_its_key_is_one_submission(filing):
    first = await submit(filing, ROW, idempotencyKey="k-1")
    assert (await submit(filing, ROW, idempotencyKey="k-1"))["id"] == first["id"]
    answer = await filing.ask(SUBMIT, input=of(ROW | {"place": "x"}, idempotencyKey="k-1"))
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_a_mutation_withdraws(filing):
    await submit(filing, ROW)
    given = {"numbers": ["R-1", "R-9"]}
    done = (await filing.data(WITHDRAW, input=given))["withdrawFiledStockReports"]
    assert done == {
        "state": "REFUSED",
        "withdrawn": [],
        "defects": [{"row": 2, "rule": "NOTHING_TO_WITHDRAW"}],
    }
    done = (await filing.data(WITHDRAW, input={"numbers": ["R-1"]}))["withdrawFiledStockReports"]
    assert (done["state"], done["withdrawn"]) == ("PUBLISHED", ["KR.StockReport.R-1"])
    assert await filing.current("listing") == [("NO_LONGER_LISTED",)]


@pytest.mark.parametrize("client", ["kr-lab", "secretariat", "auditor"])
async def test_whoever_is_no_agency_files_nothing(filing, client):
    answer = await filing.ask(SUBMIT, client=client, input=of(ROW))
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert await filing.query("SELECT FROM submission") == []


async def test_a_notice_is_filed_with_terms_of_the_vocabularies(filing):
    question = """mutation {
      submitSupplyNotices(input: {rows: [{
        noticeId: "N-1", title: "Cefazolin", kind: SHORTAGE, status: ONGOING, reason: QUALITY,
        packageCodes: ["8801", "8802"], startsOn: "2026-03-01"
      }]}) { state defects { rule } }
    }"""
    assert (await filing.data(question))["submitSupplyNotices"]["state"] == "PUBLISHED"
    found = await filing.current("kind, reason, package_codes", "supply_notice")
    assert found == [("SHORTAGE", "QUALITY", ["8801", "8802"])]


async def test_an_agency_reads_its_members_submissions_and_no_others(filing):
    await filing.file([REPORT | {"quantity": "x"}])
    await filing.file([REPORT], client="kr-other")
    found = (await filing.data(LIST))["submissions"]
    assert [(one["client"], one["state"], one["rows"]) for one in found] == [
        ("kr-other", "PUBLISHED", 1),
        ("kr-mfds", "REFUSED", 1),
    ]
    assert (await filing.data(LIST, client="us-fda"))["submissions"] == []


@pytest.mark.parametrize("client", ["kr-lab", "secretariat", "auditor"])
async def test_nobody_but_agencies_reads_cells_of_submissions(filing, client):
    [error] = (await filing.ask(LIST, client=client))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_submissions_are_read_on_after_the_last(filing):
    for number in range(3):
        await filing.file([REPORT | {"report_id": f"R-{number}"}])
    page = "query ($after: String) { submissions(first: 2, after: $after) { id filed } }"
    first = (await filing.data(page))["submissions"]
    rest = (await filing.data(page, after=first[-1]["id"]))["submissions"]
    filed = [one["filed"] for one in (*first, *rest)]
    assert filed == [[f"KR.StockReport.R-{number}"] for number in (2, 1, 0)]


async def test_the_secretariat_reads_counts_of_all_and_an_agency_its_own(filing):
    await filing.file([REPORT])
    await filing.file([REPORT | {"quantity": "x"}])
    feed = "us.filed_stock_reports"
    await filing.file([REPORT], feed=feed, client="us-fda")
    all_counts = (await filing.data(COUNTS, client="secretariat"))["submissionCounts"]
    assert [(one["member"], one["state"], one["rows"]) for one in all_counts] == [
        ("KR", "PUBLISHED", 1),
        ("KR", "REFUSED", 1),
        ("US", "PUBLISHED", 1),
    ]
    own = (await filing.data(COUNTS, client="us-fda"))["submissionCounts"]
    assert [(one["member"], one["feed"], one["submissions"]) for one in own] == [("US", feed, 1)]
    [error] = (await filing.ask(COUNTS, client="kr-lab"))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_policies_hide_what_was_filed_from_others(filing):
    await submit(filing, ROW)
    question = "{ stockReports { nodes { key quantity quantityBand placeText } } }"
    own = (await filing.data(question))["stockReports"]["nodes"]
    assert own == [
        {
            "key": "KR.StockReport.R-1",
            "quantity": "1250.50",
            "quantityBand": "1000-9999",
            "placeText": "Central depot",
        }
    ]
    others = (await filing.data(question, client="us-fda"))["stockReports"]["nodes"]
    assert all(one["quantity"] is None and one["placeText"] is None for one in others)


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=list(TEMPLATES))
async def test_an_input_has_a_field_for_every_column_of_its_template(filing, template):
    question = "query ($name: String!) { __type(name: $name) { inputFields { name } } }"
    name = f"{template.record_type.name}Filing"
    found = (await filing.data(question, name=name))["__type"]["inputFields"]
    columns = {camel(column.name) for column in template.all_columns if column is not ACTION}
    assert {one["name"] for one in found} == columns


async def test_one_submission_is_read_whole_and_many_are_cut(filing):
    rows = [REPORT | {"report_id": f"R-{number}", "quantity": "x"} for number in range(120)]
    filed = await filing.file(rows)
    one = "query ($id: ID!) { submission(id: $id) { defectCount defects { row } } }"
    whole = (await filing.data(one, id=filed["id"]))["submission"]
    assert (whole["defectCount"], len(whole["defects"])) == (240, 240)
    [listed] = (await filing.data("{ submissions { defects { row } } }"))["submissions"]
    assert listed["defects"] == whole["defects"][:100]
    [error] = (await filing.ask(one, client="us-fda", id=filed["id"]))["errors"]
    assert error["extensions"]["code"] == "NOT_FOUND"
