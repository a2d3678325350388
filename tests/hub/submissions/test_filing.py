"""What is filed becomes records by the way of every pull; a later filing replaces or withdraws."""

from decimal import Decimal

import psycopg

from tests.hub.submissions.filing_scene import NOTICE, NOTICES, REPORT, STOCK


async def test_a_filed_report_becomes_a_record_with_its_pull(filing):
    answer = await filing.post(
        b"\xef\xbb\xbfreport_id,product_id,as_of,quantity\nR-1,7,2026-03-31,5\n"
    )
    assert answer.status_code == 201, answer.text
    filed = answer.json()
    assert (filed["state"], filed["filed"]) == ("PUBLISHED", ["KR.StockReport.R-1"])
    [row] = await filing.current("key, feed, product_key, quantity, quantity_band, pull_id, native")
    assert row[:5] == ("KR.StockReport.R-1", STOCK, "KR.Product.7", Decimal(5), "1-9")
    assert row[5] == filed["pull"]
    assert row[6]["submission"] == filed["id"]


async def test_a_filing_is_told_though_what_follows_it_fails(filing, monkeypatch):
    async def fail(_):
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr("hub.sync.pipeline.bring_up_to_date", fail)
    filed = await filing.file([REPORT])
    assert (filed["state"], filed["filed"]) == ("PUBLISHED", ["KR.StockReport.R-1"])


async def test_who_filed_is_kept(filing):
    filed = await filing.file([REPORT])
    [kept] = await filing.query(
        "SELECT member, client, subject, organisation, state, accepted, pull_id FROM submission"
    )
    office = "Ministry of Food and Drug Safety"
    assert kept == ("KR", "kr-mfds", "kr-mfds", office, "PUBLISHED", 1, filed["pull"])
    by_key = "SELECT submission_id, native_row, action FROM filed_record WHERE key = %s"
    assert await filing.query(by_key, "KR.StockReport.R-1") == [(filed["id"], 2, "FILE")]


async def test_what_was_filed_is_landed_and_in_the_pull_log(filing):
    filed = await filing.file([REPORT])
    [(feed, outcome, documents, rows, records)] = await filing.query(
        "SELECT feed, outcome, documents, rows, records FROM pull WHERE id = %s", filed["pull"]
    )
    assert (feed, outcome, rows, records) == (STOCK, "PUBLISHED", 1, 1)
    assert documents[0] == filed["document"]
    assert len(documents) == 2


async def test_a_later_filing_of_a_number_replaces_the_earlier(filing):
    first = await filing.file([REPORT])
    second = await filing.file([REPORT | {"quantity": "900"}])
    versions = await filing.query(
        "SELECT quantity, pull_id, superseded_at IS NULL FROM stock_report ORDER BY version_id"
    )
    assert versions == [
        (Decimal(1250), first["pull"], False),
        (Decimal(900), second["pull"], True),
    ]


async def test_a_filing_leaves_what_it_does_not_name(filing):
    await filing.file([REPORT, REPORT | {"report_id": "R-2"}])
    await filing.file([REPORT | {"report_id": "R-3"}])
    assert len(await filing.current("key")) == 3
    assert {row[0] for row in await filing.current("listing")} == {"LISTED"}


async def test_a_withdrawn_report_is_no_longer_listed(filing):
    await filing.file([REPORT, REPORT | {"report_id": "R-2"}])
    answer = await filing.file([{"action": "withdraw", "report_id": "R-1"}])
    assert (answer["state"], answer["withdrawn"]) == ("PUBLISHED", ["KR.StockReport.R-1"])
    assert await filing.current(f"national_id, listing, quantity, pull_id = {answer['pull']}") == [
        ("R-1", "NO_LONGER_LISTED", Decimal(1250), True),
        ("R-2", "LISTED", Decimal(1250), False),
    ]


async def test_a_withdrawn_notice_says_so_and_can_be_filed_again(filing):
    await filing.file([NOTICE], feed=NOTICES)
    await filing.file([{"action": "WITHDRAW", "notice_id": "N-1"}], feed=NOTICES)
    columns = "listing, status, title"
    table = "supply_notice"
    withdrawn = [("NO_LONGER_LISTED", "WITHDRAWN", "Cefazolin 1 g")]
    assert await filing.current(columns, table) == withdrawn
    again = await filing.file([NOTICE], feed=NOTICES)
    assert again["state"] == "PUBLISHED"
    assert await filing.current(columns, table) == [("LISTED", "ONGOING", "Cefazolin 1 g")]


async def test_one_file_may_file_and_withdraw(filing):
    await filing.file([REPORT])
    answer = await filing.file(
        [REPORT | {"report_id": "R-2"}, {"action": "WITHDRAW", "report_id": "R-1"}]
    )
    assert (answer["accepted"], answer["filed"], answer["withdrawn"]) == (
        2,
        ["KR.StockReport.R-2"],
        ["KR.StockReport.R-1"],
    )
    [(rows, records, merged, absent)] = await filing.query(
        "SELECT rows, records, merged, absent FROM pull WHERE id = %s", answer["pull"]
    )
    assert (rows, records, merged, absent) == (2, 1, 1, 1)


async def test_a_notice_keeps_its_common_terms_and_words(filing):
    row = NOTICE | {
        "kind": " shortage ",
        "reason": "quality",
        "package_codes": "8801|8802",
        "expected_end_on": "46203",
        "plan": "Einfuhr über Graz",
    }
    answer = await filing.file([row], feed=NOTICES)
    assert answer["state"] == "PUBLISHED", answer
    columns = "kind, status, reason, native_status, package_codes, expected_end_on, plan_text"
    [found] = await filing.current(columns, "supply_notice")
    assert found[:5] == ("SHORTAGE", "ONGOING", "QUALITY", "shortage / ONGOING", ["8801", "8802"])
    assert (found[5]["earliest"], found[5]["text"]) == ("2026-06-30", "46203")
    assert found[6] == "Einfuhr über Graz"


async def test_a_partial_submission_publishes_the_good_rows_and_quarantines_the_others(filing):
    rows = [REPORT | {"report_id": f"R-{n}"} for n in range(9)]
    answer = await filing.post_partial([*rows, REPORT | {"report_id": "R-9", "quantity": "x"}])
    assert (answer["state"], answer["accepted"], answer["refused"]) == ("PUBLISHED", 9, 1)
    assert len(await filing.current("key")) == 9
    [(row, reason, native)] = await filing.query(
        "SELECT native_row, reason, native FROM quarantined_row WHERE pull_id = %s", answer["pull"]
    )
    assert (row, reason) == (11, "REFUSED")
    assert (native["refusal"], native["quantity"]) == ("NOT_AN_AMOUNT", "x")


async def test_the_gate_holds_a_partial_submission_that_is_mostly_unusable(filing):
    bad = REPORT | {"report_id": "R-2", "as_of": "soon"}
    answer = await filing.post_partial([REPORT, bad])
    assert (answer["state"], answer["reasonCode"]) == ("HELD", "MOSTLY_UNUSABLE")
    assert "1 of 2 rows" in answer["reason"]
    assert await filing.current("key") == []
    [(outcome,)] = await filing.query("SELECT outcome FROM pull WHERE id = %s", answer["pull"])
    assert outcome == "HELD"


async def test_a_submission_with_a_defect_publishes_nothing_of_it(filing):
    answer = await filing.file([REPORT, REPORT | {"report_id": "R-2", "quantity": "-1"}])
    assert (answer["state"], answer["accepted"], answer["refused"]) == ("REFUSED", 0, 2)
    assert (answer["filed"], answer["pull"]) == ([], None)
    assert await filing.current("key") == []
    assert await filing.query("SELECT state, refused FROM submission") == [("REFUSED", 2)]


async def test_records_that_were_filed_are_found_by_searching(filing):
    await filing.file([NOTICE], feed=NOTICES)
    found = await filing.query(
        "SELECT count(*) FROM search_term WHERE key = %s", "KR.SupplyNotice.N-1"
    )
    assert found[0][0] > 0
