"""The main job end to end on the bundled samples: five regulators, one question, five answers."""

import dataclasses
import itertools
import re
from collections import Counter
from pathlib import Path

import orjson
import pytest

from federation.members.registry import FEEDS
from hub.cli.demo import WHERE_ELSE
from hub.demo.run import REGULATORS, Demo, ask
from hub.demo.samples.defects import declared
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.types import Client, Purpose

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
CLIENTS = {client.client_id: client for client in DEMO_CLIENTS}
MEMBERS = ("KR", "US", "JP", "IN", "EU")
QUESTIONS = re.findall(r"```graphql\n(.*?)```", README, re.DOTALL)

FULL_PICTURE = {
    "products": {*MEMBERS},
    "packages": {"KR", "US", "JP", "EU"},
    "priceCeilings": {"KR", "JP", "IN", "EU"},
    "sites": {"KR", "US", "EU"},
    "siteRoles": {"KR", "US", "EU"},
    "qualityAlerts": {"KR", "US", "IN"},
    "essentialListings": {"JP", "IN", "EU"},
}
"""Which members publish records of a type."""

NESTED = """
query Nested($origins: [Origin!]) {
  supplyNotices(first: 400, filter: {origin: {in: $origins}}) {
    totalCount
    nodes {
      key origin status reasonText stockText volumeText
      holder { name businessNumber }
      product { name marketingStatus ingredients { nativeText substance { inn } } }
    }
  }
}
"""


async def notices(demo: Demo, client: str, *origins: str) -> list[dict]:
    literal = ", ".join(origins or MEMBERS)
    question = NESTED.replace("($origins: [Origin!])", "").replace("$origins", f"[{literal}]")
    answer = await ask(demo, CLIENTS[client], question)
    found = answer["data"]["supplyNotices"]
    assert found["totalCount"] == len(found["nodes"])
    return found["nodes"]


def for_purpose(demo: Demo, purpose: Purpose) -> Demo:
    return dataclasses.replace(demo, purpose=purpose)


def test_every_feed_is_published_and_every_row_accounted_for(demo: Demo):
    assert set(demo.feeds) == {feed for feed in FEEDS if not feed.startswith("ref.")}
    condemned = Counter(d.feed for d in declared()[1] if d.reader.startswith("quarantine"))
    for feed in demo.feeds.values():
        assert feed.outcome == "PUBLISHED", (feed.feed, feed.reason)
        assert feed.rows == feed.records + feed.quarantined + feed.merged
        assert feed.quarantined == condemned[feed.feed], feed.feed
        assert feed.records > 0.6 * feed.rows - feed.merged


async def test_five_regulators_get_five_different_answers(demo: Demo):
    answers = {
        client.client_id: orjson.dumps(await notices(demo, client.client_id))
        for client in REGULATORS
    }
    assert len(answers) == 5
    for one, other in itertools.combinations(answers, 2):
        assert answers[one] != answers[other], (one, other)


async def test_the_question_reaches_product_substance_and_holder(demo: Demo):
    found = await notices(demo, "us-fda", "US")
    products = [notice["product"] for notice in found if notice["product"]]
    assert len(products) > 0.9 * len(found)
    inns = {i["substance"]["inn"] for p in products for i in p["ingredients"] if i["substance"]}
    assert {"midazolam", "amoxicillin"} & inns
    assert any(notice["holder"] for notice in found)


async def test_an_owner_sees_all_of_its_own(demo: Demo):
    found = await notices(demo, "kr-mfds", "KR")
    assert any(notice["stockText"] for notice in found)
    assert any(notice["holder"] and notice["holder"]["businessNumber"] for notice in found)


async def test_korean_stock_is_seen_as_bands_only(demo: Demo):
    question = "{ stockReports(first: 500) { nodes { origin quantity quantityBand } } }"
    own = (await ask(demo, CLIENTS["kr-mfds"], question))["data"]["stockReports"]["nodes"]
    answer = await ask(demo, CLIENTS["us-fda"], question)
    shown = answer["data"]["stockReports"]["nodes"]
    assert any(report["quantity"] for report in own)
    assert len(shown) == len(own)
    assert all(report["quantity"] is None for report in shown)
    assert any(report["quantityBand"] for report in shown)
    masked = answer["extensions"]["policy"]["masked"]
    assert [(mask["path"], mask["fields"]) for mask in masked] == [
        ("stockReports.nodes", ["quantity"])
    ]


async def test_japanese_notices_are_for_shortage_response_only(demo: Demo):
    assert await notices(demo, "us-fda", "JP")
    research = for_purpose(demo, Purpose.POLICY_RESEARCH)
    assert await notices(research, "us-fda", "JP") == []
    assert await notices(research, "jp-mhlw", "JP")
    assert await notices(research, "jp-mhlw", "US")


async def test_european_notices_wait_seven_days(demo: Demo):
    assert await notices(demo, "eu-ema", "EU")
    for client in ("kr-mfds", "us-fda", "jp-mhlw", "in-cdsco"):
        assert await notices(demo, client, "EU") == []


async def test_india_shows_nothing_but_its_public_fields(demo: Demo):
    question = (
        "{ qualityAlerts(first: 500, filter: {origin: {eq: IN}}) "
        "{ nodes { title reasonText manufacturerText laboratoryText manufacturer { name } } } }"
    )
    own = (await ask(demo, CLIENTS["in-cdsco"], question))["data"]["qualityAlerts"]["nodes"]
    shown = (await ask(demo, CLIENTS["eu-ema"], question))["data"]["qualityAlerts"]["nodes"]
    assert [alert["title"] for alert in shown] == [alert["title"] for alert in own]
    assert any(alert["reasonText"] for alert in own)
    for alert in shown:
        assert alert["reasonText"] is alert["manufacturerText"] is alert["laboratoryText"] is None


async def test_the_secretariat_and_the_auditor_own_nothing(demo: Demo):
    for client in ("secretariat", "auditor"):
        question = "{ members { code feeds { id balance { rows records } } } }"
        answer = await ask(demo, CLIENTS[client], question)
        feeds = [feed for member in answer["data"]["members"] for feed in member["feeds"]]
        assert {feed["id"] for feed in feeds if feed["balance"]} == set(demo.feeds)


async def test_a_regulator_sees_the_balance_of_its_own_feeds_only(demo: Demo):
    question = "{ members { code feeds { id goodPullAt balance { rows } } } }"
    answer = await ask(demo, CLIENTS["jp-mhlw"], question)
    for member in answer["data"]["members"]:
        for feed in member["feeds"]:
            assert (feed["goodPullAt"] is not None) is (feed["id"] in demo.feeds)
            is_shown = member["code"] == "JP" and feed["id"] in demo.feeds
            assert (feed["balance"] is not None) is is_shown


@pytest.mark.parametrize("client", [client.client_id for client in REGULATORS])
@pytest.mark.parametrize("question", QUESTIONS)
async def test_the_readme_questions_run_as_they_stand(demo: Demo, client: str, question: str):
    answer = await ask(demo, CLIENTS[client], question)
    assert all(value for value in answer["data"].values())


async def test_the_readme_finds_a_medicine_elsewhere_and_short_in_one_place(demo: Demo):
    question = next(q for q in QUESTIONS if "equivalents" in q)
    answer = await ask(demo, CLIENTS["kr-mfds"], question)
    [product] = answer["data"]["products"]["nodes"]
    assert {other["origin"] for other in product["equivalents"]} == {"KR", "US", "EU"}
    notices = [notice for other in product["equivalents"] for notice in other["supplyNotices"]]
    assert "ONGOING" in {notice["status"] for notice in notices}


async def test_the_readme_finds_makers_under_their_names_elsewhere(demo: Demo):
    question = next(q for q in QUESTIONS if "siteRoles" in q)
    answer = await ask(demo, CLIENTS["kr-mfds"], question)
    [substance] = answer["data"]["substances"]["nodes"]
    assert {item["origin"] for item in substance["ingredients"]} == set(MEMBERS)
    assert "LISTING" in {role["evidence"] for role in substance["siteRoles"]}
    assert any(role["organization"]["sameAs"] for role in substance["siteRoles"])


async def test_the_question_that_the_demo_prints_finds_other_members(demo: Demo):
    answer = await ask(demo, CLIENTS["kr-mfds"], WHERE_ELSE)
    [product] = answer["data"]["products"]["nodes"]
    assert len({other["origin"] for other in product["equivalents"]}) >= 3


async def test_many_medicines_are_authorised_in_three_members_and_short_in_one(demo: Demo):
    question = """{ supplyNotices(first: 400, filter: {status: {eq: ONGOING}}) { nodes {
        product { pharmaceuticalProductKey origin equivalents(first: 20) { origin } } } } }"""
    answer = await ask(demo, CLIENTS["eu-ema"], question)
    products = [notice["product"] for notice in answer["data"]["supplyNotices"]["nodes"]]
    members = {
        product["pharmaceuticalProductKey"]: {
            product["origin"],
            *(other["origin"] for other in product["equivalents"]),
        }
        for product in products
        if product and product["pharmaceuticalProductKey"]
    }
    assert sum(len(origins) >= 3 for origins in members.values()) >= 20


@pytest.mark.parametrize("client", REGULATORS, ids=lambda client: client.member)
async def test_every_member_has_its_full_picture(demo: Demo, client: Client):
    kinds = {kind for kind, owners in FULL_PICTURE.items() if client.member in owners}
    own = f"(first: 1, filter: {{origin: {{eq: {client.member}}}}}) {{ totalCount }}"
    answer = await ask(demo, client, "{" + " ".join(kind + own for kind in FULL_PICTURE) + "}")
    shown = {kind for kind, found in answer["data"].items() if found["totalCount"]}
    assert kinds == shown
