"""Who may add, see and remove addresses, and which addresses are taken."""

import pytest

from hub.errors import Conflict, Forbidden, InvalidInput, NotFound
from hub.identity.types import Role
from hub.webhooks import registry
from hub.webhooks.models import EventType
from tests.hub.webhooks.scene import SECRETARIAT, caller

URL = "https://agency.example/hook"


async def listed(scene, by):
    async with scene.pool.connection() as connection:
        return [each.url for each in await registry.webhooks(connection, by)]


async def removed(scene, by, webhook):
    async with scene.pool.connection() as connection:
        return await registry.remove(connection, by, webhook.id)


async def test_agency_adds_sees_and_removes_its_own_members_addresses(scene):
    webhook, secret = await scene.add(URL)
    assert (webhook.member, webhook.events) == ("KR", [each.value for each in EventType])
    assert secret.startswith("whsec_")
    await scene.add(URL, caller("US"), "feed.held", "feed.held")
    assert await listed(scene, caller("KR")) == [URL]
    assert await listed(scene, SECRETARIAT) == [URL, URL]
    with pytest.raises(NotFound):
        await removed(scene, caller("US"), webhook)
    await removed(scene, caller("KR"), webhook)
    assert await listed(scene, caller("KR")) == []
    with pytest.raises(NotFound):
        await removed(scene, caller("KR"), webhook)


async def test_secretariat_is_told_of_all_and_removes_everyones(scene):
    own, _ = await scene.add(URL, SECRETARIAT)
    assert own.member == "ALLIANCE"
    koreas, _ = await scene.add(URL)
    await removed(scene, SECRETARIAT, koreas)
    assert await listed(scene, SECRETARIAT) == [URL]


@pytest.mark.parametrize("role", [Role.REGULATOR, Role.AUDITOR])
async def test_others_handle_none(scene, role):
    by = caller("KR", role)
    for work in (scene.add(URL, by), listed(scene, by)):
        with pytest.raises(Forbidden) as refused:
            await work
        assert refused.value.public_code == "NOT_YOURS"


@pytest.mark.parametrize(
    "url",
    [
        "http://agency.example/hook",
        "ftp://agency.example/hook",
        "https://",
        "agency.example/hook",
        "https://user:word@agency.example/",
        "https://agency.example/#part",
        "https://agency.example/ two",
        "https://agency.example/\u00fc",
        "https://agency.example:99999/",
        "https://agency.example:25/",
        "https://agency.example/" + "x" * 2_000,
        "http://127.0.0.1.agency.example/",
    ],
)
async def test_what_is_no_https_address_is_refused(scene, url):
    with pytest.raises(InvalidInput) as refused:
        await scene.add(url)
    assert refused.value.public_code == "ADDRESS_REFUSED"


async def test_loopback_is_taken_only_where_it_is_allowed(scene):
    await scene.add("http://127.0.0.1:9/hook")
    async with scene.pool.connection() as connection:
        with pytest.raises(InvalidInput):
            await registry.add(
                connection,
                caller(),
                scene.tools.sender.sealer,
                url="http://127.0.0.1:8/hook",
                events=(),
            )


async def test_unknown_event_is_refused_with_those_there_are(scene):
    with pytest.raises(InvalidInput, match=r"no event `feed\.gone`: use feed\.stale, feed\.fresh"):
        await scene.add(URL, caller(), "feed.gone")


async def test_address_is_added_once_a_member_until_it_is_removed(scene):
    webhook, first = await scene.add(URL)
    with pytest.raises(Conflict) as refused:
        await scene.add(URL)
    assert refused.value.public_code == "WEBHOOK_KNOWN"
    await removed(scene, caller(), webhook)
    _, second = await scene.add(URL)
    assert second != first


async def test_member_has_so_many_addresses_at_most(scene):
    for number in range(registry.MOST_WEBHOOKS):
        await scene.add(f"{URL}/{number}")
    with pytest.raises(Conflict) as refused:
        await scene.add(URL)
    assert refused.value.public_code == "WEBHOOK_LIMIT"
    await scene.add(URL, caller("US"))
