"""npm's oidc-provider, certified by the OpenID Foundation, as the issuer of a member.

It runs as a process of its own, is registered by both sides on the command line, and its tokens ask
the gateway. It is ended and comes back, with other keys too, on the same address.
"""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from hub.demo.run import Demo

HERE = Path(__file__).parent
START_SECONDS = 30.0
BITES_SECONDS = 2.0
ME = {"query": "{ me { issuer client member organisation roles purpose senderConstrained } }"}
PURPOSES = ("shortage-response", "supply-mapping")
REGISTERED = {"groups": ["regulators"], "organisation": "Federal health authority"}


def new_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)


class Provider:
    """A provider: its address, its one client, and the process that serves it at the moment."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.issuer = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.client = new_key()
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *keys: ECKey, **claims: Any) -> None:
        """Serve with these keys, of which the first signs, and put these claims into tokens."""
        self._process = await asyncio.create_subprocess_exec(
            "node",
            HERE / "provider.mjs",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self._process.stdin.write(json.dumps(self._given(keys, REGISTERED | claims)).encode())
        self._process.stdin.close()
        async with asyncio.timeout(START_SECONDS):
            assert await self._process.stdout.readline() == b"ready\n"

    async def stop(self) -> None:
        """End the process, if one runs."""
        if self._process:
            self._process.terminate()
            await self._process.wait()
            self._process = None

    def _given(self, keys: Sequence[ECKey], claims: dict[str, Any]) -> dict[str, Any]:
        client = {
            "client_id": "de-bund",
            "jwks": {"keys": [self.client.as_dict(private=False)]},
            "scope": " ".join(PURPOSES),
        }
        return {
            "issuer": self.issuer,
            "keys": [key.as_dict(private=True) for key in keys],
            "algorithm": keys[0]["alg"],
            "clients": [client],
            "purposes": PURPOSES,
            "claims": claims,
        }

    @property
    def registration(self) -> dict[str, Any]:
        """What the member and the secretariat agree to."""
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/jwks",
            "members": ["EU"],
            "roles": ["regulator"],
            "purposes": PURPOSES,
            "claims": {
                "member": {"fixed": ["EU"]},
                "roles": {"claim": "groups", "words": {"regulators": "regulator"}},
                "purposes": {"claim": "scope"},
            },
        }


async def issuer(demo: Demo, *arguments: str) -> None:
    """Run a command on the demo's state, as its operator does, and wait until it bites."""
    command = ["issuer", *arguments, "--reason", "a test", "--state", demo.settings.state_dir]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hub",
        *command,
        env=os.environ | {"HUB_ALLOW_LOOPBACK_SOURCES": "true"},
    )
    assert await process.wait() == 0
    await asyncio.sleep(BITES_SECONDS)


@pytest.fixture
def key() -> ECKey:
    """The key that the provider signs with at first."""
    return new_key()


@pytest.fixture
async def provider(demo: Demo, key: ECKey, tmp_path: Path) -> AsyncIterator[Provider]:
    """A provider that is registered, and serves for the length of the test."""
    found = Provider()
    file = tmp_path / "registration.json"
    await asyncio.to_thread(file.write_text, json.dumps(found.registration))
    await found.start(key)
    await issuer(demo, "propose", str(file), "--client", "eu-ema")
    await issuer(demo, "approve", found.issuer, "--client", "secretariat")
    yield found
    await found.stop()


@pytest.fixture
def ask(peer):
    """Get a token of a provider, and ask questions with it."""

    async def run(provider: Provider, *questions: dict, bound: bool, **parameters: str) -> dict:
        return await peer(
            "agency.mjs",
            issuer=provider.issuer,
            discovery="oidc",
            client="de-bund",
            key=provider.client.as_dict(private=True),
            bound=bound,
            parameters={"scope": " ".join(PURPOSES)} | parameters,
            questions=questions,
        )

    return run


def asked_for(purpose: str) -> dict[str, str]:
    return ME | {"purpose": purpose}


@pytest.mark.parametrize("bound", [True, False])
async def test_its_tokens_open_the_gateway(demo: Demo, provider, ask, *, bound: bool):
    questions = [*map(asked_for, PURPOSES), ME]
    seen = await ask(provider, *questions, bound=bound, resource=demo.url)
    first, second, unstated = seen["answers"]
    expected = {
        "issuer": provider.issuer,
        "client": "de-bund",
        "member": "EU",
        "organisation": "Federal health authority",
        "roles": ["regulator"],
        "senderConstrained": bound,
    }
    assert first["body"]["data"]["me"] == expected | {"purpose": PURPOSES[0]}
    assert second["body"]["data"]["me"] == expected | {"purpose": PURPOSES[1]}
    assert unstated["status"] == 403
    assert unstated["body"]["errors"][0]["extensions"]["code"] == "PURPOSE_REQUIRED"


async def test_it_can_not_vouch_for_more_than_is_registered(demo: Demo, key, provider, ask):
    await provider.stop()
    await provider.start(key, groups=["regulators", "secretariat"])
    seen = await ask(provider, asked_for(PURPOSES[0]), bound=False, resource=demo.url)
    assert [is_answered(answer) for answer in seen["answers"]] == [False]


async def test_its_tokens_for_another_audience_open_nothing(provider, ask):
    elsewhere = "https://elsewhere.example"
    seen = await ask(provider, asked_for(PURPOSES[0]), bound=False, resource=elsewhere)
    assert [is_answered(answer) for answer in seen["answers"]] == [False]


async def test_its_outage_its_return_and_its_new_key_are_survived(
    demo: Demo, key, provider, ask, peer
):
    question = asked_for(PURPOSES[0])
    seen = await ask(provider, question, bound=False, resource=demo.url)
    old = seen["token"]["access_token"]
    await provider.stop()
    assert is_answered(await peer("asking.mjs", token=old, question=question))
    await provider.start(new_key(), key)
    seen = await ask(provider, question, bound=True, resource=demo.url)
    assert [is_answered(answer) for answer in seen["answers"]] == [True]
    assert is_answered(await peer("asking.mjs", token=old, question=question))


async def test_a_key_that_it_does_not_publish_opens_nothing(demo: Demo, key, provider, ask, peer):
    question = asked_for(PURPOSES[0])
    await provider.stop()
    await provider.start(new_key())
    forged = await ask(provider, bound=False, resource=demo.url)
    await provider.stop()
    await provider.start(key)
    token = forged["token"]["access_token"]
    assert not is_answered(await peer("asking.mjs", token=token, question=question))


async def test_distrust_of_it_bites_at_once(demo: Demo, provider, ask, peer):
    question = asked_for(PURPOSES[0])
    seen = await ask(provider, question, bound=False, resource=demo.url)
    assert [is_answered(answer) for answer in seen["answers"]] == [True]
    await issuer(demo, "distrust", provider.issuer, "--client", "eu-ema")
    token = seen["token"]["access_token"]
    assert not is_answered(await peer("asking.mjs", token=token, question=question))


def is_answered(answer: dict[str, Any]) -> bool:
    """Tell an answer from a refusal."""
    return answer.get("status") == 200 and "data" in answer["body"]
