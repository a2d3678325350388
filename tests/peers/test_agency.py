"""oauth4webapi as an agency's program: a token of the embedded issuer, and with it a question."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from hub.demo.run import Demo

ME = {"query": "{ me { client member organisation purpose senderConstrained } }"}
PURPOSES = ("shortage-response", "supply-mapping")


async def hub(demo: Demo, *arguments: str) -> None:
    """Run a command on the demo's state, as its operator does."""
    command = [*arguments, "--state", str(demo.settings.state_dir)]
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "hub", *command)
    assert await process.wait() == 0


@pytest.fixture(scope="module")
async def key(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The private key of a client that was registered by its public one."""
    pair = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    public: Path = tmp_path_factory.mktemp("agency") / "public.jwk.json"
    await asyncio.to_thread(public.write_text, json.dumps(pair.as_dict(private=False)))
    stated = ["--member", "JP", "--organisation", "PMDA", "--role", "regulator"]
    purposes = [part for purpose in PURPOSES for part in ("--purpose", purpose)]
    await hub(demo, "client", "add", "jp-pmda", *stated, *purposes, "--public-key", str(public))
    return pair.as_dict(private=True)


@pytest.fixture(scope="module")
def agency(demo: Demo, peer, key: dict):
    """Run the program: it gets a token and asks its questions."""

    async def run(*questions: dict, bound: bool = True, **parameters: str) -> dict:
        return await peer(
            "agency.mjs",
            issuer=demo.url,
            discovery="oauth2",
            client="jp-pmda",
            key=key,
            bound=bound,
            parameters=parameters,
            questions=questions,
        )

    return run


async def test_a_token_bound_by_dpop_opens_the_gateway(agency):
    seen = await agency(ME, ME, purpose="shortage-response")
    assert seen["token"]["token_type"] == "dpop"
    for answer in seen["answers"]:
        assert answer["status"] == 200
        assert answer["body"]["data"]["me"] == {
            "client": "jp-pmda",
            "member": "JP",
            "organisation": "PMDA",
            "purpose": "shortage-response",
            "senderConstrained": True,
        }


async def test_a_bearer_token_does_too_and_says_that_it_is_one(agency):
    seen = await agency(ME, bound=False, purpose="supply-mapping")
    assert seen["token"]["token_type"] == "bearer"
    (answer,) = seen["answers"]
    assert answer["body"]["data"]["me"]["senderConstrained"] is False


async def test_a_token_for_several_purposes_states_one_with_each_request(agency):
    seen = await agency(*(ME | {"purpose": purpose} for purpose in (*PURPOSES, None, "exercise")))
    first, second, unstated, foreign = seen["answers"]
    assert first["body"]["data"]["me"]["purpose"] == PURPOSES[0]
    assert second["body"]["data"]["me"]["purpose"] == PURPOSES[1]
    for refused in (unstated, foreign):
        assert refused["status"] == 403
        assert all(purpose in json.dumps(refused["body"]) for purpose in PURPOSES)
