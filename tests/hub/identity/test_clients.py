import dataclasses

import pytest

from hub.errors import InvalidInput
from hub.identity.clients import DEMO_CLIENTS, find, register
from hub.identity.types import Purpose, Role


def test_demo_clients_are_those_of_the_contract():
    assert {client.client_id: client.member for client in DEMO_CLIENTS} == {
        "kr-mfds": "KR",
        "us-fda": "US",
        "jp-mhlw": "JP",
        "in-cdsco": "IN",
        "eu-ema": "EU",
        "secretariat": "ALLIANCE",
        "auditor": "ALLIANCE",
    }
    assert all(client.purposes == frozenset(Purpose) for client in DEMO_CLIENTS)


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


async def test_disabled_client_is_refused_and_stays_disabled(connection):
    client = DEMO_CLIENTS[0]
    await register(connection, client)
    await connection.execute(
        "UPDATE oauth_client SET disabled_at = now() WHERE client_id = %s", [client.client_id]
    )
    await register(connection, client)
    with pytest.raises(InvalidInput, match="no active client `kr-mfds`"):
        await find(connection, client.client_id)
