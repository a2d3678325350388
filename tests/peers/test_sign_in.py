"""A person signs in at oidc-provider, a certified provider, with a real browser."""

import asyncio
import json
import os
import socket
from pathlib import Path

import orjson
import pytest
from joserfc.jwk import ECKey
from typer.testing import CliRunner

from hub.cli import app
from hub.demo.run import Demo
from hub.outbound import open_outbound

HERE = Path(__file__).parent
CLAIMS = {
    "member": "KR",
    "organisation": "MFDS",
    "roles": ["regulator"],
    "purpose": ["shortage-response", "exercise"],
}


async def hub(demo: Demo, *typed: str) -> None:
    """Run a command on the demo's state, as its operator does."""
    words = [*typed, "--state", str(demo.settings.state_dir)]
    runner = CliRunner(env={"HUB_ALLOW_LOOPBACK_SOURCES": "true"})
    # A command runs an event loop of its own, which wants a thread of its own.
    result = await asyncio.to_thread(runner.invoke, app, words)
    if result.exception:
        raise result.exception


async def published_keys(demo: Demo) -> dict:
    """Read the keys that the hub signs with."""
    async with open_outbound(allow_loopback=True) as outbound:
        answer = await outbound.get(f"{demo.url}/.well-known/jwks.json", {})
    return orjson.loads(answer.content)


@pytest.fixture(scope="module")
async def issuer(demo: Demo):
    """An oidc-provider to which the hub is a client, for as long as the module's tests run."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    client = {
        "client_id": "the-hub",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "redirect_uris": [f"{demo.url}/sign-in/callback"],
        # It would fetch them itself, but from no address of this machine.
        "jwks": await published_keys(demo),
    }
    given = {
        "issuer": address,
        "keys": [key.as_dict(private=True)],
        "clients": [client],
        "purposes": CLAIMS["purpose"],
        "algorithm": "ES256",
        "claims": CLAIMS,
    }
    process = await asyncio.create_subprocess_exec(
        "node",
        HERE / "provider.mjs",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    process.stdin.write(orjson.dumps(given))
    process.stdin.write_eof()
    try:
        async with asyncio.timeout(20):
            assert await process.stdout.readline() == b"ready\n"
        yield address
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture(scope="module")
async def seen(demo: Demo, peer, issuer: str, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What the browser saw from the first click to the sign-out."""
    folder = tmp_path_factory.mktemp("sign-in")
    registration = {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks",
        "members": ["KR"],
        "roles": ["regulator"],
        "purposes": CLAIMS["purpose"],
    }
    (folder / "issuer.json").write_text(json.dumps(registration))
    proposal = ["propose", str(folder / "issuer.json"), "--client", "kr-mfds"]
    await hub(demo, "issuer", *proposal, "--reason", "our own")
    await hub(demo, "issuer", "approve", issuer, "--client", "secretariat", "--reason", "theirs")
    await hub(demo, "sign-in", "add", "kr", "--issuer", issuer, "--client-id", "the-hub")
    return await peer(
        "sign_in.mjs",
        chromium=os.environ["CHROMIUM"],
        folder=str(folder),
        person="officer-7",
        purpose="shortage-response",
    )


def test_the_page_says_who_is_signed_in(seen: dict):
    assert "officer-7, MFDS (KR)" in seen["shown"]


def test_a_purpose_must_be_chosen(seen: dict):
    [error] = seen["unstated"]["errors"]
    assert error["extensions"]["code"] == "PURPOSE_REQUIRED"


def test_the_person_sees_what_their_member_sees(seen: dict, demo: Demo):
    notices = seen["answer"]["data"]["supplyNotices"]
    assert notices["totalCount"] > len(notices["nodes"]) > 0


def test_the_request_was_pushed_and_its_answer_is_gone(seen: dict, demo: Demo, issuer: str):
    [authorization] = [each for each in seen["addresses"] if each.startswith(f"{issuer}/auth?")]
    assert "request_uri=urn" in authorization
    assert "state=" not in authorization
    arrived = [each.partition("?")[0] for each in seen["addresses"]]
    assert arrived[-3:] == [f"{demo.url}/sign-in/callback", *[f"{demo.url}/graphql"] * 2]
    assert "?" not in seen["addresses"][-2]


def test_no_script_reads_the_session(seen: dict):
    [session] = [each for each in seen["cookies"] if each["name"].startswith("__Host-hub")]
    assert (session["name"], session["sameSite"]) == ("__Host-hub-session", "Lax")
    assert session["httpOnly"]
    assert session["secure"]
    assert seen["scripts"] == ""


def test_after_signing_out_nobody_is_signed_in(seen: dict):
    assert seen["after"] == {"person": None, "canSignIn": True}
    assert [each for each in seen["kept"] if each["name"].startswith("__Host-hub")] == []
