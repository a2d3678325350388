"""Freshness is for every caller; counts and reasons for the owner and the alliance's own bodies."""

import psycopg
import pytest

from federation.members.registry import FEEDS
from federation.records.declaration import Origin

FEED = "kr.mfds_shortages"
ASKED = """{ members { code name feeds {
  id title lastOutcome lastPullAt goodPullAt statedAt reason
  balance { rows records quarantined merged findings defects unmapped } } } }"""


@pytest.fixture(scope="module")
async def pulled(world_url):
    """A feed with a good pull, and a later one that failed."""
    async with await psycopg.AsyncConnection.connect(world_url, autocommit=True) as connection:
        await connection.execute(
            "INSERT INTO pull (id, feed, started_at, outcome, reason, documents, stated_at, "
            "rows, records, quarantined, merged) VALUES "
            "(1, %(feed)s, '2026-11-01T05:00:00.1Z', 'PUBLISHED', NULL, '{}', "
            "'2026-10-31T00:00Z', 10, 7, 1, 2), "
            "(2, %(feed)s, '2026-11-02T05:00Z', 'FAILED', 'the server hung', '{}', NULL, "
            "NULL, NULL, NULL, NULL)",
            {"feed": FEED},
        )
        await connection.execute("INSERT INTO feed_state VALUES (%s, 1, 2)", [FEED])
        await connection.execute(
            "INSERT INTO field_quality VALUES "
            "(1, 'SupplyNotice', 'reason', '{공급부족사유}', 8, 6, 2, 4), "
            "(1, 'SupplyNotice', 'title', '{품목명,품목 영문명}', 8, 7, 1, 0), "
            "(2, 'SupplyNotice', 'title', '{other}', 1, 1, 0, 0)"
        )
        yield
        await connection.execute("DELETE FROM feed_state")
        await connection.execute("DELETE FROM field_quality")
        await connection.execute("DELETE FROM pull")
        await connection.execute("NOTIFY freshness_changed")


async def feed(hub, client):
    [member] = [
        member
        for member in (await hub.data(ASKED, client=client))["members"]
        if member["code"] == "KR"
    ]
    [found] = [feed for feed in member["feeds"] if feed["id"] == FEED]
    return found


async def test_every_member_and_feed_is_listed_before_any_pull(hub):
    members = (await hub.data(ASKED))["members"]
    assert {member["code"] for member in members} == set(Origin) - {Origin.ALLIANCE}
    assert "European Union" in {member["name"] for member in members}
    listed = {feed["id"] for member in members for feed in member["feeds"]}
    assert listed == {f.id for f in FEEDS.values() if f.member is not Origin.ALLIANCE}
    assert {feed["balance"] for member in members for feed in member["feeds"]} == {None}


@pytest.mark.parametrize("client", ["kr-mfds", "secretariat", "auditor"])
async def test_the_owner_and_the_alliances_bodies_see_counts_and_reasons(hub, pulled, client):
    found = await feed(hub, client)
    assert found["reason"] == "the server hung"
    assert found["balance"] == {
        "rows": 10,
        "records": 7,
        "quarantined": 1,
        "merged": 2,
        "findings": 0,
        "defects": 3,
        "unmapped": 4,
    }


@pytest.mark.parametrize("client", ["us-fda", "jp-mhlw", "in-cdsco", "eu-ema"])
async def test_others_see_how_fresh_a_feed_is_and_no_more(hub, pulled, client):
    found = await feed(hub, client)
    assert found.pop("title")
    assert found == {
        "id": FEED,
        "lastOutcome": "FAILED",
        "lastPullAt": "2026-11-02T05:00:00.000Z",
        "goodPullAt": "2026-11-01T05:00:00.100Z",
        "statedAt": "2026-10-31T00:00:00.000Z",
        "reason": None,
        "balance": None,
    }


async def test_a_caller_is_told_who_it_is(hub):
    asked = "{ me { issuer client member organisation roles purpose } }"
    assert await hub.data(asked, client="secretariat", purpose="exercise") == {
        "me": {
            "issuer": "http://hub.test",
            "client": "secretariat",
            "member": "ALLIANCE",
            "organisation": "Alliance secretariat",
            "roles": ["secretariat"],
            "purpose": "exercise",
        }
    }


QUALITY = """{ members { code feeds { id mappingVersion quality {
  recordType field group nativeColumns coveragePercent defectPercent unmappedPercent } } } }"""


async def qualities(hub, client):
    members = (await hub.data(QUALITY, client=client))["members"]
    return {feed["id"]: feed["quality"] for member in members for feed in member["feeds"]}


@pytest.mark.parametrize("client", ["kr-mfds", "secretariat", "us-fda"])
async def test_lineage_and_quality_of_public_fields_are_for_every_caller(hub, pulled, client):
    title, _ = (await qualities(hub, client))[FEED]
    assert title == {
        "recordType": "SupplyNotice",
        "field": "title",
        "group": "public",
        "nativeColumns": ["품목명", "품목 영문명"],
        "coveragePercent": 87.5,
        "defectPercent": 12.5,
        "unmappedPercent": 0.0,
    }


@pytest.mark.parametrize(
    ("client", "shares"), [("kr-mfds", (75.0, 25.0, 50.0)), ("us-fda", (None, None, None))]
)
async def test_shares_of_other_groups_are_for_the_owner(hub, pulled, client, shares):
    _, reason = (await qualities(hub, client))[FEED]
    assert (reason["field"], reason["nativeColumns"]) == ("reason", ["공급부족사유"])
    found = (reason["coveragePercent"], reason["defectPercent"], reason["unmappedPercent"])
    assert found == shares


async def test_a_feed_that_was_never_pulled_has_no_quality(hub, pulled):
    found = await qualities(hub, "kr-mfds")
    assert {feed for feed, fields in found.items() if fields} == {FEED}
