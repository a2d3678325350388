"""Who may read the queue and who may decide: whoever is not named may do neither."""

import pytest

from federation.records.declaration import Origin
from hub.curation.access import MEMBERS, check_may_decide, readable_origins
from hub.errors import Forbidden, InvalidInput, NotFound
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.types import Role
from tests.hub.curation.world import LEFT_OPEN, caller, row

READERS = [caller("ALLIANCE", Role.SECRETARIAT), caller("ALLIANCE", Role.AUDITOR)]
OUTSIDERS = [caller("KR", Role.REGULATOR), caller("ALLIANCE", Role.AGENCY)]


def _who(asks):
    return f"{asks.member}-{'-'.join(asks.roles)}"


def test_an_agency_reads_and_decides_its_own_members_texts_alone():
    assert readable_origins(caller("KR")) == readable_origins(caller("KR"), "KR") == ["KR"]
    check_may_decide(caller("KR"), "KR")
    with pytest.raises(Forbidden, match="ask for `KR`"):
        readable_origins(caller("KR"), "US")
    with pytest.raises(Forbidden, match="its own agency decides"):
        check_may_decide(caller("KR"), "US")


@pytest.mark.parametrize("reader", READERS, ids=_who)
def test_the_alliances_bodies_read_all_and_decide_nothing(reader):
    assert readable_origins(reader) == list(MEMBERS)
    assert readable_origins(reader, "JP") == ["JP"]
    for origin in MEMBERS:
        with pytest.raises(Forbidden):
            check_may_decide(reader, origin)


@pytest.mark.parametrize("outsider", OUTSIDERS, ids=_who)
def test_whoever_is_no_members_agency_neither_reads_nor_decides(outsider):
    for origin in MEMBERS:
        with pytest.raises(Forbidden):
            readable_origins(outsider, origin)
        with pytest.raises(Forbidden):
            check_may_decide(outsider, origin)
    with pytest.raises(Forbidden):
        readable_origins(outsider)


@pytest.mark.parametrize("origin", ["ALLIANCE", "XX", ""])
def test_only_members_have_texts(origin):
    with pytest.raises(InvalidInput, match="use KR, US, JP, IN, EU"):
        readable_origins(READERS[0], origin)
    with pytest.raises(InvalidInput, match="use KR, US, JP, IN, EU"):
        check_may_decide(caller("KR"), origin)


def test_every_member_has_a_demo_client_that_may_decide():
    agencies = {client.member for client in DEMO_CLIENTS if Role.AGENCY in client.roles}
    assert agencies == set(MEMBERS)


async def test_each_agency_sees_its_own_texts_and_history(hub):
    await hub.publish(row("1", LEFT_OPEN))
    await hub.publish(row("1", LEFT_OPEN), member=Origin.US)
    decision = await hub.decide(LEFT_OPEN, "amoxicillin")
    us = caller("US")
    assert [each.origin for each in (await hub.queue(us)).texts] == ["US"]
    assert await hub.history(us) == []
    assert await hub.history(READERS[0]) == [decision]


async def test_another_members_curator_decides_and_undoes_nothing(hub):
    await hub.publish(row("1", LEFT_OPEN))
    with pytest.raises(Forbidden):
        await hub.decide(LEFT_OPEN, "amoxicillin", by=caller("US"))
    decision = await hub.decide(LEFT_OPEN, "amoxicillin")
    with pytest.raises(NotFound, match="that you may read"):
        await hub.undo(decision, by=caller("US"))
    for reader in READERS:
        with pytest.raises(Forbidden):
            await hub.undo(decision, by=reader)
    assert await hub.history() == [decision]
