import dataclasses

import psycopg
import pytest

from hub.errors import InvalidInput, NotFound
from hub.identity.own_issuer.clients import (
    DEMO_CLIENTS,
    RegisteredClient,
    add,
    disable,
    enable,
    find,
    find_active,
    read_all,
    read_one,
    register,
)
from hub.identity.trust.log import CHANNEL
from hub.identity.types import Client, Purpose, Role
from tests.hub.identity import forge
from tests.hub.store.databases import migrated_database

AGENCY = Client("svc", "KR", "Ministry", frozenset({Role.AGENCY}), frozenset({Purpose.EXERCISE}))
REGISTERED = RegisteredClient(
    AGENCY,
    keys={"keys": [forge.ec_key().jwk()]},
    requires_sender_constraint=True,
    may_act=True,
)


def stated(found):
    """What was registered, without when and by whom."""
    return dataclasses.replace(
        found, registered_at=None, changed_at=None, changed_by=None, disabled_at=None
    )


def test_demo_clients_are_those_of_the_contract_and_a_second_secretary():
    assert {client.client_id: client.member for client in DEMO_CLIENTS} == {
        "kr-mfds": "KR",
        "us-fda": "US",
        "jp-mhlw": "JP",
        "in-cdsco": "IN",
        "eu-ema": "EU",
        "secretariat": "ALLIANCE",
        "secretariat-deputy": "ALLIANCE",
        "auditor": "ALLIANCE",
    }
    assert all(client.purposes == frozenset(Purpose) for client in DEMO_CLIENTS)
    secretaries = [each for each in DEMO_CLIENTS if Role.SECRETARIAT in each.roles]
    assert [each.client_id for each in secretaries] == ["secretariat", "secretariat-deputy"]


@pytest.mark.parametrize("client", DEMO_CLIENTS, ids=lambda client: client.client_id)
async def test_registered_client_is_found_as_it_was(connection, client):
    await register(connection, client)
    await register(connection, client)
    assert await find(connection, client.client_id) == client


async def test_registering_again_brings_the_client_up_to_date(connection):
    client = DEMO_CLIENTS[0]
    await register(connection, client)
    narrower = dataclasses.replace(
        client, roles=frozenset({Role.AGENCY}), purposes=frozenset({Purpose.EXERCISE})
    )
    await register(connection, narrower)
    assert await find(connection, client.client_id) == narrower


async def test_unknown_client_is_refused_with_the_known_ones(connection):
    await register(connection, DEMO_CLIENTS[0])
    with pytest.raises(InvalidInput, match=r"no active client `nobody`: known are .*`kr-mfds`"):
        await find(connection, "nobody")
    assert await read_one(connection, "nobody") is None


async def test_what_was_added_is_read_again_with_who_did_it(connection):
    await add(connection, REGISTERED, "first desk")
    found = await find_active(connection, "svc")
    assert stated(found) == REGISTERED
    assert (found.changed_by, found.disabled_at) == ("first desk", None)
    assert found.registered_at == found.changed_at
    assert list(found.verification_keys()) == [forge.ec_key().kid]
    assert await read_all(connection) == (found,)


async def test_adding_again_replaces_keys_and_flags(connection):
    await add(connection, REGISTERED, "first desk")
    away = RegisteredClient(AGENCY, jwks_uri="https://svc.example/jwks")
    await add(connection, away, "second desk")
    found = await find_active(connection, "svc")
    assert (stated(found), found.changed_by) == (away, "second desk")
    assert found.verification_keys() == {}


async def test_registering_the_demos_clients_leaves_keys_alone(connection):
    await add(connection, REGISTERED, "first desk")
    await register(connection, AGENCY)
    assert stated(await find_active(connection, "svc")) == REGISTERED


async def test_disabled_client_is_refused_until_it_is_enabled(connection):
    await register(connection, AGENCY)
    await disable(connection, "svc", "first desk")
    first = await read_one(connection, "svc")
    await disable(connection, "svc", "second desk")
    again = await read_one(connection, "svc")
    assert (first.changed_by, again.changed_by) == ("first desk", "second desk")
    assert first.disabled_at == again.disabled_at
    for keep in (register(connection, AGENCY), add(connection, REGISTERED, "first desk")):
        await keep
        with pytest.raises(InvalidInput, match="no active client `svc`: known are none yet"):
            await find(connection, "svc")
    await enable(connection, "svc", "first desk")
    assert await find(connection, "svc") == AGENCY


async def test_who_is_not_registered_is_neither_disabled_nor_enabled(connection):
    for change in (disable, enable):
        with pytest.raises(NotFound, match="`nobody`"):
            await change(connection, "nobody", "first desk")


async def test_gateways_hear_of_each_change_once_it_is_committed(database_url):
    async with (
        migrated_database(database_url) as url,
        await psycopg.AsyncConnection.connect(url, autocommit=True) as listening,
    ):
        await listening.execute(f"LISTEN {CHANNEL}")
        async with await psycopg.AsyncConnection.connect(url) as connection:
            for change in (
                add(connection, REGISTERED, "first desk"),
                disable(connection, "svc", "first desk"),
                enable(connection, "svc", "first desk"),
            ):
                await change
                heard = [each async for each in listening.notifies(timeout=0.05, stop_after=1)]
                assert heard == []
                await connection.commit()
                heard = [each async for each in listening.notifies(timeout=10, stop_after=1)]
                assert [each.channel for each in heard] == [CHANNEL]


@pytest.mark.parametrize(
    ("changes", "flags", "message"),
    [
        ({"client_id": ""}, {}, "1 to 256 printable"),
        ({"client_id": " "}, {}, "1 to 256 printable"),
        ({"client_id": "a\nb"}, {}, "1 to 256 printable"),
        ({"organisation": "x" * 257}, {}, "1 to 256 printable"),
        ({"roles": frozenset()}, {}, "a client of KR has some of agency, regulator"),
        ({"roles": frozenset({Role.AUDITOR})}, {}, "a client of KR has some of agency, regulator"),
        ({"member": "ALLIANCE"}, {}, "a client of ALLIANCE has some of auditor, secretariat"),
        ({"purposes": frozenset()}, {}, "may state some of"),
        ({}, {"jwks_uri": "http://svc.example/jwks"}, "plain https address"),
        ({}, {"jwks_uri": "file:///etc/passwd"}, "plain https address"),
        (
            {"member": "ALLIANCE", "roles": frozenset({Role.SECRETARIAT})},
            {"may_act": True},
            "nobody acts for the alliance's own bodies",
        ),
    ],
    ids=str,
)
async def test_what_can_not_be_a_client_is_refused(connection, changes, flags, message):
    client = dataclasses.replace(AGENCY, **changes)
    with pytest.raises(InvalidInput, match=message):
        await add(connection, RegisteredClient(client, **flags), "first desk")
    assert await read_all(connection) == ()


async def test_keys_on_this_machine_may_be_registered(connection):
    for address in ("http://127.0.0.1:9/jwks", "https://svc.example/jwks"):
        await add(connection, RegisteredClient(AGENCY, jwks_uri=address), "first desk")
    assert (await find_active(connection, "svc")).jwks_uri == address


def test_caller_that_a_client_would_be_has_its_rights_and_a_token_bound_to_nothing():
    caller = AGENCY.asking(Purpose.EXERCISE)
    assert (caller.client, caller.member, caller.organisation) == ("svc", "KR", "Ministry")
    assert (caller.roles, caller.purpose) == (AGENCY.roles, Purpose.EXERCISE)
    assert not caller.sender_constrained
