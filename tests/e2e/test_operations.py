"""Each trusted document, asked by name on the bundled samples, gives what it says it answers."""

import dataclasses
from datetime import UTC, datetime, timedelta

import httpx  # noqa: TID251 - asks the demo's own hub, on loopback
import pytest

from hub.demo.run import Demo
from hub.gateway.questions.trusted import TrustedDocuments
from hub.gateway.schema import build_schema
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.types import Purpose
from hub.settings import ROOT

CLIENTS = {client.client_id: client for client in DEMO_CLIENTS}
DOCUMENTS = TrustedDocuments.read(ROOT / "graphql" / "operations", build_schema()).documents


async def post(demo, body, client="kr-mfds", purpose=Purpose.SHORTAGE_RESPONSE):
    token = dataclasses.replace(demo, purpose=purpose).token(CLIENTS[client])
    async with httpx.AsyncClient(base_url=demo.url, timeout=30) as http:
        headers = {"authorization": f"Bearer {token}"}
        return await http.post("/graphql", json=body, headers=headers)


async def ask(demo, name, *, client="kr-mfds", purpose=Purpose.SHORTAGE_RESPONSE, **variables):
    body = {"documentId": name, "variables": variables}
    answer = await post(demo, body, client, purpose)
    found = answer.json()
    assert "errors" not in found, found["errors"]
    return found["data"]


async def short_products(demo: Demo) -> list[dict]:
    found = await ask(demo, "short-now-and-elsewhere", first=100)
    return [notice["product"] for notice in found["supplyNotices"]["nodes"] if notice["product"]]


async def test_what_is_short_is_authorised_elsewhere(demo: Demo):
    elsewhere = [
        {other["origin"] for other in product["equivalents"]}
        for product in await short_products(demo)
    ]
    assert sum(len(origins) >= 3 for origins in elsewhere) >= 10


async def test_what_is_short_can_be_asked_of_one_member(demo: Demo):
    everywhere = await ask(demo, "short-now-and-elsewhere")
    in_us = await ask(demo, "short-now-and-elsewhere", origins=["US"], first=100)
    notices = in_us["supplyNotices"]
    assert {notice["origin"] for notice in notices["nodes"]} == {"US"}
    assert 0 < notices["totalCount"] < everywhere["supplyNotices"]["totalCount"]


async def test_alternatives_are_of_the_same_substances_strengths_and_forms(demo: Demo):
    product = max(await short_products(demo), key=lambda each: len(each["equivalents"]))
    found = (await ask(demo, "alternatives", product=product["key"]))["node"]
    assert len({other["origin"] for other in found["equivalents"]}) >= 3
    assert any(other["supplyNotices"] for other in found["equivalents"])
    for other in found["equivalents"]:
        assert _substances(other) == _substances(found)


def _substances(product):
    return {part["substance"]["inn"] for part in product["ingredients"] if part["role"] == "ACTIVE"}


async def test_an_essential_medicine_is_short_elsewhere(demo: Demo):
    found = await ask(demo, "essential-and-short-elsewhere", client="in-cdsco", member="IN")
    listings = found["essentialListings"]
    assert listings["totalCount"] > 10
    notices = [
        (product["origin"], notice["status"])
        for listing in listings["nodes"]
        for ingredient in (listing["substance"] or {"ingredients": []})["ingredients"]
        if (product := ingredient["product"])
        for notice in product["supplyNotices"]
    ]
    assert ("US", "ONGOING") in notices


async def test_alerts_of_two_members_meet_on_a_site_that_a_third_names(demo: Demo):
    purpose = Purpose.QUALITY_INVESTIGATION
    found = await ask(demo, "alerts-on-a-site", purpose=purpose, site="EU.Site.8990012")
    firm = found["node"]["organization"]
    alerts = [alert for each in firm["sameAs"] for alert in each["qualityAlerts"] + each["recalls"]]
    assert {alert["origin"] for alert in alerts} == {"US", "IN"}


async def test_everything_changed_since_yesterday_and_nothing_since_tomorrow(demo: Demo):
    now = datetime.now(UTC)
    since_yesterday = await ask(demo, "changed-since", since=_days(now, -1))
    assert all(changed["nodes"] for changed in since_yesterday.values())
    since_tomorrow = await ask(demo, "changed-since", since=_days(now, 1))
    assert {changed["totalCount"] for changed in since_tomorrow.values()} == {0}


def _days(now: datetime, days: int) -> str:
    return (now + timedelta(days=days)).isoformat()


async def test_a_member_sees_under_which_agreements_its_records_are_seen(demo: Demo):
    found = await ask(demo, "who-may-see", member="KR")
    assert {each["owner"] for each in found["agreements"]} == {"KR", "US", "JP", "IN", "EU"}
    shared = [line["given"] for each in found["reciprocity"] for line in each["lines"]]
    assert any(side["owner"] == "KR" and side["rows"] and side["shares"] for side in shared)


async def test_medicines_of_several_members_depend_on_a_maker(demo: Demo):
    purpose = Purpose.SUPPLY_MAPPING
    maker = "IN.Organization.namunalaboratories"
    node = (await ask(demo, "who-depends-on-a-maker", purpose=purpose, maker=maker))["node"]
    roles = [role for firm in (node, *node["sameAs"]) for role in firm["siteRoles"]]
    direct = [role["product"] for role in roles]
    through = [
        part["product"] for role in roles for part in (role["substance"] or NONE)["ingredients"]
    ]
    assert len({product["origin"] for product in (*direct, *through) if product}) >= 3


NONE = {"ingredients": []}


async def test_price_ceilings_of_a_substance_are_in_several_currencies(demo: Demo):
    found = await ask(demo, "price-ceilings", inn="amoxicillin", first=100)
    [substance] = found["substances"]["nodes"]
    prices = [
        ceiling
        for part in substance["ingredients"]
        for owner in (part["product"], part["generic"])
        if owner
        for ceiling in owner["priceCeilings"]
    ]
    assert len({price["currency"] for price in prices if price["amount"]}) >= 2


async def test_notices_of_a_product_are_there_now_and_were_not_before_the_first_pull(demo: Demo):
    [product, *_] = await short_products(demo)
    for earlier, is_there in ((datetime.now(UTC), True), (datetime(2020, 1, 1, tzinfo=UTC), False)):
        found = await ask(
            demo, "notices-over-time", product=product["key"], earlier=earlier.isoformat()
        )
        assert "ONGOING" in {notice["status"] for notice in found["now"]["nodes"]}
        assert bool(found["earlier"]["nodes"]) is is_there


async def test_every_feed_of_every_member_says_when_it_was_pulled(demo: Demo):
    found = await ask(demo, "freshness")
    assert len(found["members"]) == 5
    feeds = [feed for member in found["members"] for feed in member["feeds"]]
    assert {feed["id"] for feed in feeds if feed["lastOutcome"] == "PUBLISHED"} == set(demo.feeds)


async def test_a_document_for_another_purpose_is_refused_with_both_named(demo: Demo):
    answer = await post(demo, {"documentId": "alerts-on-a-site", "variables": {"site": "x"}})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (403, "PURPOSE_MISMATCH")
    assert "is for exercise or quality-investigation" in error["message"]
    assert "you ask for shortage-response" in error["message"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
async def test_a_document_is_found_by_its_digest_and_answered_as_by_its_text(demo: Demo, document):
    purpose = min(document.purposes)
    variables = {
        "product": "x", "site": "x", "maker": "x", "member": "KR", "inn": "x",
        "since": "2026-01-01T00:00:00Z", "earlier": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    by_digest = {"persistedQuery": {"version": 1, "sha256Hash": document.digest}}
    bodies = [
        {"query": document.text},
        {"documentId": f"sha256:{document.digest}"},
        {"extensions": by_digest},
        {"query": document.text, "extensions": by_digest},
    ]
    answers = [
        await post(demo, body | {"variables": variables}, purpose=purpose) for body in bodies
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({str(answer.json()["data"]) for answer in answers}) == 1
