"""A program that asks without end is told when to come back, and costs nobody else an answer."""

import asyncio

import pytest

from hub.identity.quotas import BURST_S
from tests.hub.identity import forge
from tests.security.edge import EDGE_FIXTURES, listening

hub, policy_folders, state, world_url, edge = EDGE_FIXTURES

LIMITS = {"client_rate": 1, "member_rate": 1000}


@pytest.fixture
async def limited(hub, world_url):
    settings = hub.settings.model_copy(update=LIMITS)
    async with listening(settings, world_url, hub.policies) as opened:
        yield opened


async def flood(edge, token):
    """Ask more at once than a burst may hold; return the refusals."""
    answers = await asyncio.gather(*(edge.ask(token) for _ in range(4 * BURST_S)))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert 0 < len(refused) <= 3 * BURST_S
    return refused


async def test_a_flood_is_refused_with_the_limit_and_a_true_time_to_come_back(limited):
    token = limited.minted("kr-mfds")
    *_, refused = await flood(limited, token)
    wait_s = int(refused.headers["retry-after"])
    assert refused.status_code == 429
    assert refused.json() == {
        "errors": [
            {
                "message": "the client `kr-mfds` asks more than 1 times a second: "
                f"ask again in {wait_s} s",
                "extensions": {"code": "RATE_LIMITED"},
            }
        ]
    }
    assert "www-authenticate" not in refused.headers
    await asyncio.sleep(wait_s)
    assert (await limited.ask(token)).status_code == 200


async def test_a_flood_of_one_client_takes_nothing_from_another(limited):
    await flood(limited, limited.minted("kr-mfds"))
    assert (await limited.ask(limited.minted("us-fda"))).status_code == 200


async def test_new_tokens_do_not_refill_what_a_client_may_ask(limited):
    await flood(limited, limited.minted("kr-mfds"))
    assert (await limited.ask(limited.minted("kr-mfds"))).status_code == 429


async def test_forged_tokens_in_a_clients_name_use_up_nothing_of_it(limited):
    forged = limited.forged(sign=forge.ECSigner(), client_id="kr-mfds", sub="kr-mfds")
    for _ in range(3 * BURST_S):
        assert (await limited.ask(forged)).status_code == 401
    assert (await limited.ask(limited.minted("kr-mfds"))).status_code == 200


async def test_a_refusal_is_metered_by_member_and_names_no_client(limited):
    await flood(limited, limited.minted("kr-mfds"))
    metrics = (await limited.http.get("/metrics")).text
    assert 'hub_requests_refused_total{code="RATE_LIMITED",member="KR"}' in metrics
    assert "kr-mfds" not in metrics


async def test_a_used_up_day_is_told_with_its_own_code_and_opens_at_midnight(hub, world_url):
    settings = hub.settings.model_copy(update={"client_quota": 1})
    async with listening(settings, world_url, hub.policies) as first:
        assert (await first.ask(first.minted("jp-mhlw"))).status_code == 200
    async with listening(settings, world_url, hub.policies) as restarted:
        refused = await restarted.ask(restarted.minted("jp-mhlw"))
    assert refused.status_code == 429
    [error] = refused.json()["errors"]
    assert error["extensions"] == {"code": "QUOTA_USED_UP"}
    assert error["message"].endswith("s, after 00:00 UTC")
    assert 1 <= int(refused.headers["retry-after"]) <= 24 * 3600 + 1
