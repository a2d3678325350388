"""Members vote on the alliance's mode over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.hub.gateway.office import open_office


@pytest.fixture(scope="module")
async def office(database_url, tmp_path_factory):
    async with open_office(database_url, tmp_path_factory.mktemp("office")) as opened:
        yield opened


MODE = "mode until quorum windowDays longestDays votes { member mode reason } events { step mode }"
VOTE = f"""
mutation ($mode: AllianceMode!, $until: DateTime) {{
  voteMode(input: {{mode: $mode, until: $until, reason: "a wave"}}) {{ {MODE} }}
}}
"""


async def test_three_members_vote_for_a_mode_and_agreements_see_it(office):
    until_then = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    for client in ("kr-mfds", "us-fda"):
        found = (await office.data(client, VOTE, mode="CRISIS", until=until_then))["voteMode"]
        assert found["mode"] == "ROUTINE"
    assert [each["member"] for each in found["votes"]] == ["US", "KR"]
    withdraw = f'mutation {{ withdrawVote(input: {{reason: "over"}}) {{ {MODE} }} }}'
    found = (await office.data("us-fda", withdraw))["withdrawVote"]
    assert [each["member"] for each in found["votes"]] == ["KR"]
    for client in ("jp-mhlw", "eu-ema"):
        found = (await office.data(client, VOTE, mode="CRISIS", until=until_then))["voteMode"]
    assert (found["mode"], found["votes"], found["quorum"]) == ("CRISIS", [], 3)
    seen = (await office.data("in-cdsco", f"{{ modes {{ {MODE} }} }}"))["modes"]
    assert seen["events"][0] == {"step": "CHANGED", "mode": "CRISIS"}
    ask = '{ explainAccess(key: "KR.SupplyNotice.1", field: "status") { mode } }'
    for _ in range(100):
        if (await office.data("in-cdsco", ask))["explainAccess"]["mode"] == "crisis":
            return
        await asyncio.sleep(0.1)
    pytest.fail("after ten seconds no agreement sees the mode")


@pytest.mark.parametrize("client", ["secretariat", "auditor", "kr-office"])
async def test_only_members_regulators_vote(office, client):
    error = await office.error(client, VOTE, mode="ROUTINE")
    assert error["extensions"] == {"code": "NOT_A_VOTER"}
    assert "ask with a client of the role `regulator`" in error["message"]
