"""Webhooks over HTTP with real tokens: added, seen, told and removed."""

import asyncio

import pytest

from hub.outbound import open_outbound
from hub.store.database import writing_pool
from hub.webhooks.worker import WebhookTools, sender_of, tick
from tests.hub.gateway.office import open_office
from tests.hub.gateway.test_stale_answers import KOREA, LONG_AGO, pulled
from tests.hub.webhooks.scene import is_signed, receiving

FIELDS = "id member url events client addedAt failingSince disabledAt note"
ADD = f"""mutation ($url: String!, $events: [FeedEventType!]) {{
  addWebhook(input: {{url: $url, events: $events}}) {{ secret webhook {{ {FIELDS} }} }} }}"""
REMOVE = "mutation ($id: ID!) { removeWebhook(input: {id: $id}) { id } }"
READ = f"""{{ webhooks {{ {FIELDS} deliveries {{
  message event feed since madeAt state tries nextTryAt lastTryAt lastStatus lastFault }} }} }}"""
URL = "https://agency.example/hook"


@pytest.fixture(scope="module")
async def office(database_url, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUB_ALLOW_LOOPBACK_SOURCES", "true")
        state = tmp_path_factory.mktemp("office")
        async with open_office(database_url, state) as opened:
            opened.state = state
            yield opened


async def test_agency_is_told_and_reads_the_log_of_it(office):
    async with receiving(500, 204) as receiver:
        added = (await office.data("kr-office", ADD, url=receiver.url, events=["STALE"]))[
            "addWebhook"
        ]
        webhook = added["webhook"]
        assert (webhook["member"], webhook["events"]) == ("KR", ["STALE"])
        secret = (office.state / "identity" / "gateways.secret").read_text()
        async with writing_pool(office.url) as pool, open_outbound(allow_loopback=True) as outbound:
            async with pool.connection() as connection:
                await pulled(connection, KOREA, LONG_AGO)
            tools = WebhookTools(pool, sender_of(outbound, secret, "https://hub.test"))
            await tick(tools)
            [found] = (await office.data("kr-office", READ))["webhooks"]
            [delivery] = found["deliveries"]
            assert (delivery["state"], delivery["lastStatus"]) == ("WAITING", 500)
            assert found["failingSince"] == delivery["lastTryAt"]
            async with pool.connection() as connection:
                await connection.execute(
                    "UPDATE webhook_delivery SET next_try_at = clock_timestamp()"
                )
            await tick(tools)
    assert all(is_signed(post, added["secret"]) for post in receiver.posts)
    [found] = (await office.data("kr-office", READ))["webhooks"]
    [delivery] = found["deliveries"]
    assert (delivery["state"], delivery["tries"], delivery["event"]) == ("DELIVERED", 2, "STALE")
    assert delivery["message"] == receiver.posts[1].headers["webhook-id"]
    assert delivery["nextTryAt"] is None
    assert found["failingSince"] is None
    removed = await office.data("kr-office", REMOVE, id=found["id"])
    assert removed["removeWebhook"] == {"id": found["id"]}
    assert (await office.data("kr-office", READ))["webhooks"] == []


async def test_secret_is_in_no_later_answer(office):
    added = (await office.data("secretariat", ADD, url=URL))["addWebhook"]
    answer = await office.ask("secretariat", READ)
    assert added["secret"] not in str(answer)
    assert added["webhook"]["member"] == "ALLIANCE"
    await office.data("secretariat", REMOVE, id=added["webhook"]["id"])


@pytest.mark.parametrize("client", ["kr-lab", "auditor"])
async def test_regulators_and_auditors_may_not(office, client):
    for question, given in ((ADD, {"url": URL}), (REMOVE, {"id": "wh_1"}), (READ, {})):
        error = await office.error(client, question, **given)
        assert error["extensions"]["code"] == "NOT_YOURS"


async def test_two_at_once_add_one_address(office):
    answers = await asyncio.gather(
        *(office.ask("kr-office", ADD, url=URL, events=None) for _ in range(2))
    )
    codes = [error["extensions"]["code"] for a in answers for error in a.get("errors", ())]
    assert codes == ["WEBHOOK_KNOWN"]
