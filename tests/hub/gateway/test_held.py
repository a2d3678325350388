"""Held pulls over GraphQL: who sees them, who decides, and what is said of it."""

import psycopg
import pytest

from tests.hub.gateway.office import open_office
from tests.hub.sync.held_scene import FEED, write_held

HELD = """
fragment held on HeldPull {
  id feed state reasonCode reason since rows statedAt releasedAs
  figures { code what before now limit }
  events { step at reason subject client member organisation }
}"""
ALL = (
    "query ($feed: ID, $open: Boolean! = true) "
    "{ found: heldPulls(feed: $feed, isOpen: $open) { ...held } }" + HELD
)
ONE = "query ($pull: ID!) { found: heldPull(id: $pull) { ...held } }" + HELD
DIFFERENCE = "query ($pull: ID!) { heldPull(id: $pull) { difference { remark types { added } } } }"
RELEASE = (
    """mutation ($pull: ID!, $reason: String! = "asked for") {
  done: releasePull(input: {pull: $pull, reason: $reason}) { remark heldPull { ...held } } }"""
    + HELD
)
REJECT = RELEASE.replace("releasePull", "rejectPull")
MODE = """mutation ($feed: ID!, $mode: GateMode, $reason: String! = "asked for") {
  done: setGateMode(input: {feed: $feed, mode: $mode, reason: $reason}) {
    feed mode declared setAt setBy reason } }"""
MEMBERS = "{ members { feeds { id servedSince heldPull { id reasonCode reason since } } } }"


@pytest.fixture(scope="module")
async def office(database_url, tmp_path_factory):
    """A hub that all tests of this module change; each begins with one held pull."""
    async with open_office(database_url, tmp_path_factory.mktemp("office")) as opened:
        yield opened


@pytest.fixture(autouse=True)
async def held_pull(office):
    """Begin with one pull published and one held, whose bytes are lost from the landing."""
    async with await psycopg.AsyncConnection.connect(office.url, autocommit=True) as connection:
        await connection.execute(
            "TRUNCATE pull, feed_state, gate_mode_change RESTART IDENTITY CASCADE"
        )
        await write_held(connection)


async def feed_of(office, client):
    members = (await office.data(client, MEMBERS))["members"]
    [found] = [each for member in members for each in member["feeds"] if each["id"] == FEED]
    return found


@pytest.mark.parametrize("client", ["kr-mfds", "kr-lab", "secretariat", "auditor"])
async def test_owner_and_the_alliance_s_bodies_see_what_is_held_and_why(office, client):
    [found] = (await office.data(client, ALL))["found"]
    assert found == {
        "id": "2",
        "feed": FEED,
        "state": "OPEN",
        "reasonCode": "ROWS_LOST",
        "reason": "20 rows",
        "since": "2026-03-02T00:01:00.000Z",
        "rows": 20,
        "statedAt": None,
        "releasedAs": None,
        "figures": [
            {"code": "ROWS_LOST", "what": None, "before": "74", "now": "20", "limit": "52"}
        ],
        "events": [
            {
                "step": "HELD",
                "at": "2026-03-02T00:01:00.000Z",
                "reason": "20 rows",
                "subject": None,
                "client": None,
                "member": None,
                "organisation": None,
            }
        ],
    }
    assert (await office.data(client, ONE, pull="2"))["found"] == found
    assert (await feed_of(office, client)) == {
        "id": FEED,
        "servedSince": "2026-03-01T00:01:00.000Z",
        "heldPull": {name: found[name] for name in ("id", "reasonCode", "reason", "since")},
    }


@pytest.mark.parametrize("client", ["us-fda", "jp-mhlw", "in-cdsco", "eu-ema"])
async def test_other_members_see_since_when_data_is_served_and_no_more(office, client):
    assert (await office.data(client, ALL, open=False))["found"] == []
    assert (await office.error(client, ONE, pull="2"))["extensions"]["code"] == "NOT_YOURS"
    found = await feed_of(office, client)
    assert (found["heldPull"], found["servedSince"]) == (None, "2026-03-01T00:01:00.000Z")


async def test_pulls_of_another_feed_are_left_out(office):
    assert (await office.data("kr-mfds", ALL, feed="kr.mfds_permits"))["found"] == []


@pytest.mark.parametrize("question", [ONE, RELEASE, REJECT])
@pytest.mark.parametrize("pull", ["x", "-1", "9" * 19, ""])
async def test_id_that_is_none_is_refused_with_where_to_find_one(office, question, pull):
    error = await office.error("kr-mfds", question, pull=pull)
    assert error["message"] == f"`{pull}` is no pull: give the `id` of one of `heldPulls`"
    assert error["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize("question", [ONE, RELEASE, REJECT])
@pytest.mark.parametrize("pull", ["1", "77"])
async def test_pull_that_was_not_held_is_not_found(office, question, pull):
    error = await office.error("kr-mfds", question, pull=pull)
    assert error["extensions"]["code"] == "NOT_FOUND"


async def test_second_person_s_word_rejects_and_the_first_one_s_alone_does_not(office):
    first = (await office.data("kr-mfds", REJECT, pull="2", reason="cut off"))["done"]
    assert first["remark"] == (
        f"the rejection of pull 2 of `{FEED}` is proposed: another person has to agree"
    )
    assert first["heldPull"]["state"] == "OPEN"
    again = await office.error("kr-mfds", REJECT, pull="2")
    assert again["extensions"]["code"] == "FOUR_EYES"
    second = (await office.data("secretariat", REJECT, pull="2"))["done"]
    assert second["heldPull"]["state"] == "REJECTED"
    assert [event["subject"] for event in second["heldPull"]["events"]] == [
        None,
        "kr-mfds",
        "secretariat",
    ]
    assert (await office.data("kr-mfds", ALL))["found"] == []
    assert len((await office.data("kr-mfds", ALL, open=False))["found"]) == 1
    late = await office.error("kr-office", REJECT, pull="2")
    assert late["extensions"]["code"] == "NOT_HELD"


async def test_release_whose_bytes_are_lost_says_so_and_leaves_it_held(office):
    await office.data("kr-office", RELEASE, pull="2")
    error = await office.error("kr-mfds", RELEASE, pull="2")
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert "was not released: the landing has no bytes `bb`" in error["message"]
    assert (await office.data("kr-mfds", ONE, pull="2"))["found"]["state"] == "OPEN"


async def test_difference_of_lost_bytes_says_why_there_is_none(office):
    found = (await office.data("kr-mfds", DIFFERENCE, pull="2"))["heldPull"]["difference"]
    assert found == {
        "remark": "the landing has no bytes `bb`: restore them from a copy",
        "types": [],
    }


@pytest.mark.parametrize("client", ["kr-lab", "auditor", "us-fda"])
@pytest.mark.parametrize("question", [RELEASE, REJECT])
async def test_who_is_neither_the_owner_s_agency_nor_the_secretariat_decides_nothing(
    office, client, question
):
    error = await office.error(client, question, pull="2")
    assert error["extensions"]["code"] == "NOT_YOURS"
    assert "ask with a client of theirs" in error["message"]
    refused = await office.error(client, MODE, feed=FEED, mode="EVOLVE")
    assert refused["extensions"]["code"] == "NOT_YOURS"


async def test_decision_without_a_reason_is_refused(office):
    error = await office.error("kr-mfds", RELEASE, pull="2", reason=" ")
    assert error["message"] == "`reason` must say why, in 1 to 2000 characters"


async def test_mode_is_set_and_taken_back(office):
    asked = {"feed": FEED, "reason": "new columns are announced"}
    found = (await office.data("kr-mfds", MODE, mode="EVOLVE", **asked))["done"]
    assert found.pop("setAt")
    assert found == {
        "feed": FEED,
        "mode": "EVOLVE",
        "declared": "HOLD",
        "setBy": "kr-mfds of KR",
        "reason": "new columns are announced",
    }
    back = (await office.data("secretariat", MODE, feed=FEED))["done"]
    assert (back["mode"], back["setAt"], back["setBy"]) == ("HOLD", None, None)


async def test_mode_of_an_unknown_feed_is_refused(office):
    error = await office.error("secretariat", MODE, feed="kr.none", mode="HOLD")
    assert error["message"] == "there is no feed `kr.none`: `hub status` lists them"
