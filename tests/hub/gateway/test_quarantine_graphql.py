"""A feed's quarantine in GraphQL: all of it to its owner, no native text to others."""

import pytest

from hub.identity.types import Role
from hub.policy.engine import load_policies
from hub.settings import ROOT
from hub.store.database import reading_pool
from tests.hub.curation.world import caller
from tests.hub.gateway.desk import Desk
from tests.hub.gateway.serving import write_policies
from tests.hub.store.databases import migrated_database
from tests.hub.store.lists import row
from tests.hub.sync.members import open_hub
from tests.hub.sync.native_lists import listing, refusing, ruled

FEED = "kr.mfds_shortages"
ASKED = """
query ($feed: ID! = "kr.mfds_shortages", $code: String, $first: Int! = 50, $after: String) {
  quarantine(feed: $feed, code: $code, first: $first, after: $after) {
    counts { code words cases rows underADay underAWeek underAMonth older oldestAt }
    rows {
      nodes {
        id code words nationalId native nativeRow rows mappingVersion
        firstSeenAt firstPull lastSeenAt lastPull
      }
      endCursor hasNextPage
    }
  }
}
"""
OWNER = caller("KR", Role.AGENCY)
SECRETARIAT = caller("ALLIANCE", Role.SECRETARIAT)
OTHERS = [
    caller("KR", Role.REGULATOR),
    caller("US", Role.AGENCY),
    caller("ALLIANCE", Role.AUDITOR),
    caller("ALLIANCE", Role.AGENCY),
]


@pytest.fixture
async def desk(database_url, tmp_path):
    rows = [*(row(str(number)) for number in range(20)), row(None, "nameless")]
    baseline = (ROOT / "policies" / "baseline.cedar").read_text()
    policies = load_policies(write_policies(tmp_path / "policies", baseline, {}))
    async with migrated_database(database_url) as url, open_hub(url, {}, tmp_path) as hub:
        await hub.pull(ruled(listing(rows, id=FEED), refuse=refusing("3", "4")))
        async with reading_pool(url) as reading:
            yield Desk(reading, policies)


async def _asked(desk, asks, **variables):
    answer = (await desk.ask(ASKED, variables, caller=asks)).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["quarantine"]


async def test_owners_agency_reads_counts_and_rows(desk):
    found = await _asked(desk, OWNER)
    counts = [(each["code"], each["cases"], each["underADay"]) for each in found["counts"]]
    assert counts == [("NOT_YET", 2, 2), ("NO_IDENTITY", 1, 1)]
    nodes = {node["nativeRow"]: node for node in found["rows"]["nodes"]}
    assert nodes.keys() == {4, 5, 21}
    assert nodes[21]["native"] == {"title": "nameless", "codes": "[]"}
    assert nodes[21]["words"] == "holds no national identifier: ask the member for it"
    assert (nodes[4]["nationalId"], nodes[4]["firstPull"], nodes[4]["lastPull"]) == ("3", "1", "1")


async def test_secretariat_reads_no_native_text(desk):
    found = await _asked(desk, SECRETARIAT)
    assert len(found["counts"]) == 2
    assert {(node["native"], node["nationalId"]) for node in found["rows"]["nodes"]} == {
        (None, None)
    }


@pytest.mark.parametrize("asks", OTHERS, ids=lambda one: f"{one.member}-{'-'.join(one.roles)}")
async def test_nobody_else_reads_any_of_it(desk, asks):
    answer = (await desk.ask(ASKED, caller=asks)).json()
    assert answer["data"] == {"quarantine": None}
    assert answer["errors"][0]["extensions"]["code"] == "NOT_YOURS"


async def test_pages_give_every_row_once(desk):
    found, after = [], None
    for _ in range(3):
        page = (await _asked(desk, OWNER, first=1, after=after))["rows"]
        found += page["nodes"]
        after = page["endCursor"]
    assert {node["nativeRow"] for node in found} == {4, 5, 21}
    assert not page["hasNextPage"]
    assert (await _asked(desk, OWNER, after=after))["rows"] == {
        "nodes": [], "endCursor": after, "hasNextPage": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"feed": "kr.none"}, "NOT_FOUND"),
        ({"first": 0}, "PAGE_SIZE"),
        ({"after": "x"}, "INVALID_INPUT"),
    ],
)
async def test_what_can_not_be_answered_says_why(desk, variables, code):
    answer = (await desk.ask(ASKED, variables, caller=OWNER)).json()
    assert answer["errors"][0]["extensions"]["code"] == code


async def test_reason_narrows_counts_and_rows(desk):
    found = await _asked(desk, OWNER, code="NO_IDENTITY")
    assert [each["code"] for each in found["counts"]] == ["NO_IDENTITY"]
    assert [node["nativeRow"] for node in found["rows"]["nodes"]] == [21]
