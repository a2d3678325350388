"""`policyPreview` over HTTP: a draft's text in, its effect on the records out, and nothing kept."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.hub.gateway.office import open_office
from tests.hub.gateway.serving import WORLD
from tests.hub.gateway.world import insert

PREVIEW = """
query ($text: String!, $mode: AllianceMode, $days: Int) {
  policyPreview(text: $text, mode: $mode, days: $days) {
    agreement currentDigest draftDigest mode at isWhole news newsExample otherModes
    effects {
      recordType
      audiences { member organisation isSenderConstrained roles purposes }
      groups {
        group level limit before after rowsGained valuesGained keysGained
        rowsLost valuesLost keysLost news newsExample taken takenExample
      }
    }
    replay { asked unaffected failed leftOut questions { client fields { path rowsGained } } }
  }
}
"""
NOTICES = [row for row in WORLD.current("SupplyNotice") if row["origin"] == "KR"]


@pytest.fixture(scope="module")
async def office(database_url, tmp_path_factory):
    async with open_office(database_url, tmp_path_factory.mktemp("office")) as opened:
        async with await psycopg.AsyncConnection.connect(opened.url) as connection:
            await insert(connection, {"SupplyNotice": NOTICES})
        yield opened


async def test_a_draft_says_who_would_gain_which_records(office):
    found = (await office.data("kr-mfds", PREVIEW, text=office.text(id="kr-new")))["policyPreview"]
    assert (found["agreement"], found["mode"], found["isWhole"]) == ("kr-new", "ROUTINE", False)
    assert (found["news"], found["replay"]) == ("NEW", None)
    assert found["currentDigest"] != found["draftDigest"]
    [effect] = found["effects"]
    assert effect["recordType"] == "SupplyNotice"
    assert {each["member"] for each in effect["audiences"]} == {"US"}
    [group] = effect["groups"]
    assert (group["group"], group["level"], group["limit"]) == ("public", "read", None)
    assert (group["rowsGained"], group["rowsLost"]) == (len(NOTICES), 0)
    assert set(group["keysGained"]) <= {row["key"] for row in NOTICES}
    assert len(group["keysGained"]) == 3
    assert (group["before"], group["after"]) == ("for no row", "origin is KR")
    assert (group["news"], group["taken"]) == ("NEW", "NOTHING_NEW")


async def test_the_secretariat_counts_all_records_and_is_shown_no_key_of_them(office):
    found = (await office.data("secretariat", PREVIEW, text=office.text()))["policyPreview"]
    assert found["isWhole"]
    [group] = found["effects"][0]["groups"]
    assert (group["rowsGained"], group["keysGained"]) == (len(NOTICES), [])


async def test_an_edit_is_compared_with_the_version_in_force(office):
    text = office.text(id="kr-edited").replace("[US]", "[IN]")
    await office.reach("ACTIVE", text)
    less = text.replace("groups: [public]}", "groups: [public], where: {status: [DRAFT]}}")
    found = (await office.data("kr-mfds", PREVIEW, text=less))["policyPreview"]
    assert found["news"] == "NOTHING_NEW"
    [group] = found["effects"][0]["groups"]
    lost = sum(row["status"] != "DRAFT" for row in NOTICES)
    assert (group["rowsGained"], group["rowsLost"]) == (0, lost)
    same = (await office.data("kr-mfds", PREVIEW, text=text))["policyPreview"]
    assert (same["effects"], same["currentDigest"]) == ([], same["draftDigest"])


async def test_a_draft_for_later_is_previewed_on_its_first_day_and_in_the_mode_asked_for(office):
    start = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    text = office.text(start=start) + "modes: [crisis]\n"
    found = (await office.data("kr-mfds", PREVIEW, text=text))["policyPreview"]
    assert (found["at"], found["effects"]) == (f"{start}T00:00:00.000Z", [])
    assert found["otherModes"] == ["CRISIS"]
    found = (await office.data("kr-mfds", PREVIEW, text=text, mode="CRISIS"))["policyPreview"]
    assert found["effects"][0]["groups"][0]["rowsGained"] == len(NOTICES)


async def test_the_questions_of_the_last_days_are_asked_again(office):
    ask = "{ supplyNotices { totalCount nodes { key } } }"
    assert (await office.data("us-fda", ask))["supplyNotices"]["totalCount"] == 0
    text = office.text(id="kr-replayed")
    affected = []
    async with asyncio.timeout(60):
        while not affected:  # questions are kept some time after they were answered
            found = (await office.data("secretariat", PREVIEW, text=text, days=1))["policyPreview"]
            replayed = found["replay"]["questions"]
            affected = [each for each in replayed if each["client"] == "us-fda"]
    assert affected[0]["fields"][0]["rowsGained"] == len(NOTICES)
    error = await office.error("secretariat", PREVIEW, text=text, days=0)
    assert error["extensions"] == {"code": "INVALID_INPUT"}


@pytest.mark.parametrize("client", ["auditor", "us-fda"])
async def test_only_the_secretariat_and_the_owner_preview(office, client):
    error = await office.error(client, PREVIEW, text=office.text())
    assert error["extensions"] == {"code": "NOT_YOURS"}
    assert "ask with a client of theirs" in error["message"]


async def test_a_text_that_can_not_be_used_is_refused_with_its_findings(office):
    error = await office.error("kr-mfds", PREVIEW, text=office.text().replace("[public]", "[all]"))
    assert error["extensions"]["code"] == "POLICY_FAULT"
    assert error["extensions"]["findings"]


async def test_a_preview_keeps_nothing(office):
    await office.data("kr-mfds", PREVIEW, text=office.text(id="kr-not-kept"))
    found = await office.data("kr-mfds", "{ agreements { id } }")
    assert {"id": "kr-not-kept"} not in found["agreements"]


async def test_one_draft_is_previewed_at_a_time(office):
    text = office.text()
    asked = "policyPreview(text: $text) { agreement }"
    both = f"query ($text: String!) {{ a: {asked} b: {asked} }}"
    answer = await office.ask("secretariat", both, text=text)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BUSY"]
    assert answer["data"]["a"]
    assert answer["data"]["b"] is None
