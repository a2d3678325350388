"""Keys are turned over under two running gateways: no token is refused, no cursor is lost."""

import asyncio
import time

import pytest

from hub.identity.own_issuer import keys as keys_module
from hub.identity.own_issuer.keys import SigningKeys
from hub.identity.types import Purpose
from tests.hub.identity.issuing import header_of, open_issuing
from tests.hub.store.databases import migrated_database


@pytest.fixture
async def gateways(database_url, tmp_path, monkeypatch):
    """Two gateways of one hub, which look at its keys each time."""
    monkeypatch.setattr(SigningKeys.__init__, "__defaults__", (time.time, 0.0))
    monkeypatch.setattr(keys_module, "AT_ONCE_S", 0.5)
    async with (
        migrated_database(database_url) as url,
        open_issuing(url, tmp_path) as one,
        open_issuing(url, tmp_path / "second", state_dir=tmp_path) as other,
    ):
        for gateway in (one, other):
            await gateway.until_ready()
        yield one, other


async def cursor(gateway, token, since=None):
    body = {
        "query": "query ($since: String) { changes(since: $since) { endCursor } }",
        "variables": {"since": since},
    }
    shown = {"authorization": f"Bearer {token}"}
    answer = (await gateway.http.post("/graphql", json=body, headers=shown)).json()
    assert "errors" not in answer, answer
    return answer["data"]["changes"]["endCursor"]


async def test_no_request_is_refused_while_keys_are_turned_over(gateways):
    one, other = gateways
    agency = await one.register(purposes=(Purpose.EXERCISE,))
    tokens = [(await one.token(agency))["access_token"]]
    keys = SigningKeys.open(one.settings.state_dir / "identity" / "keys")
    new = keys.rotate(at_once=True)
    while header_of(tokens[-1])["kid"] != new.kid:
        tokens.append((await other.token(agency))["access_token"])
        for gateway in gateways:
            for token in (tokens[0], tokens[-1]):
                assert (await gateway.me(token)).status_code == 200
        await asyncio.sleep(0.02)
    assert header_of(tokens[0])["kid"] != new.kid


async def test_a_key_that_is_retired_at_once_takes_its_tokens_with_it_and_no_cursor(gateways):
    one, _ = gateways
    agency = await one.register(purposes=(Purpose.EXERCISE,))
    early = (await one.token(agency))["access_token"]
    kept = await cursor(one, early)
    for gateway in gateways:
        assert (await gateway.me(early)).status_code == 200
    folder = one.settings.state_dir / "identity" / "keys"
    old = SigningKeys.open(folder).current.kid
    SigningKeys.open(folder).rotate(at_once=True)
    await asyncio.sleep(0.6)
    SigningKeys.open(folder).retire(old, at_once=True)
    late = (await one.token(agency))["access_token"]
    for gateway in gateways:
        await gateway.until_refused(early)
        assert (await gateway.me(late)).status_code == 200
        assert await cursor(gateway, late, kept) == kept
