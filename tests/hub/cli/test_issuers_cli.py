"""`hub issuer` and `hub keys distrust`, as an operator types them."""

import asyncio
import json
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.errors import Forbidden, HubError, InvalidInput, MemberFault, NotFound
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from hub.store.database import writing_pool
from tests.hub.identity import forge
from tests.hub.identity.key_server import key_server
from tests.hub.identity.registrations import ISSUER, stated
from tests.hub.store.databases import migrated_database

KR = ("--client", "kr-mfds", "--reason", "ours")
OFFICE = ("--client", "secretariat", "--reason", "in order")


@pytest.fixture
async def hub(database_url, tmp_path, monkeypatch):
    """Run a command over a database of its own."""
    async with migrated_database(database_url) as url, writing_pool(url) as pool:
        async with pool.connection() as connection:
            for client in DEMO_CLIENTS:
                await register(connection, client)
        monkeypatch.setenv("HUB_DATABASE_URL", url)

        async def run(*typed):
            words = [*typed, "--state", str(tmp_path / "state")]
            # A command runs an event loop of its own, which wants a thread of its own.
            result = await asyncio.to_thread(CliRunner().invoke, app, words)
            if result.exception:
                raise result.exception
            return result.stdout

        yield run


@pytest.fixture
def write(tmp_path):
    def file(**changes):
        path = tmp_path / "issuer.json"
        path.write_text(json.dumps(stated(**changes)), encoding="utf-8")
        return str(path)

    return file


async def test_issuer_goes_from_its_proposal_to_its_withdrawal(hub, write):
    proposed = await hub("issuer", "propose", write(), *KR, "--author", "first desk")
    assert proposed == f"version 1 of {ISSUER} is proposed, waits for ALLIANCE\n"
    with pytest.raises(Forbidden):
        await hub("issuer", "approve", ISSUER, *KR, "--author", "first desk")
    approved = await hub("issuer", "approve", ISSUER, *OFFICE, "--author", "third desk")
    assert approved == f"version 1 of {ISSUER} is in force\n"
    listed = await hub("issuer", "list", "--client", "kr-mfds")
    assert all(word in listed for word in (ISSUER, "in force", "bearer", f"{ISSUER}/jwks"))
    told = json.loads(await hub("issuer", "list", "--client", "kr-mfds", "--json"))
    assert (told["issuer"], told["version"]) == (ISSUER, 1)
    assert ISSUER not in await hub("issuer", "list", "--client", "us-fda")
    await hub("issuer", "propose", write(requires_sender_constraint=True), *OFFICE)
    shown = await hub("issuer", "show", ISSUER, "--client", "auditor")
    assert '"requires_sender_constraint": true' in shown
    assert "# version 2" in shown
    assert "proposed by secretariat (secretariat, ALLIANCE): in order" in shown
    refused = await hub("issuer", "withdraw", ISSUER, "--version", "2", *KR)
    assert refused == f"version 2 of {ISSUER} is withdrawn\n"
    assert "version 1" in await hub("issuer", "withdraw", ISSUER, *OFFICE)
    found = json.loads(await hub("issuer", "show", ISSUER, "--client", "auditor", "--json"))
    assert found["registration"]["issuer"] == ISSUER
    deeds = (await hub("issuer", "history", "--client", "kr-mfds", "--json")).splitlines()
    assert {json.loads(each)["issuer"] for each in deeds} == {ISSUER}
    past = (await hub("issuer", "history", "--client", "kr-mfds")).splitlines()
    assert [line.split("` ")[0].split(":")[0] for line in past] == [
        f"version {number} of `https" for number in (1, 1, 2, 2, 1)
    ]
    assert "approved by third desk (secretariat, ALLIANCE): in order" in past[1]
    told = await hub("issuer", "history", "https://other.example", "--client", "kr-mfds")
    assert told.startswith("nothing was done yet to `https://other.example`")


async def test_issuer_of_the_alliance_waits_for_another_person(hub, write):
    own = write(members=["ALLIANCE"], roles=["secretariat"])
    proposed = await hub("issuer", "propose", own, *OFFICE, "--author", "third desk")
    assert "waits for another person" in proposed
    with pytest.raises(Forbidden):
        await hub("issuer", "approve", ISSUER, *OFFICE, "--author", "third desk")
    assert "in force" in await hub("issuer", "approve", ISSUER, *OFFICE, "--author", "Sue")


async def test_issuer_and_keys_are_distrusted_by_one_and_lifted_by_two(hub, write):
    await hub("issuer", "propose", write(), *KR)
    await hub("issuer", "approve", ISSUER, *OFFICE)
    print_ = "A" * 43
    told = await hub("issuer", "distrust", ISSUER, *KR)
    assert told == f"`{ISSUER}` is distrusted from now on\n"
    told = await hub("keys", "distrust", "--issuer", ISSUER, "--kid", "k1", *KR)
    assert told == f"the key `k1` of `{ISSUER}` is distrusted from now on\n"
    await hub("issuer", "distrust", "--thumbprint", print_, *OFFICE)
    listed = await hub("issuer", "list", "--client", "kr-mfds")
    assert f"the key `{print_}` of any issuer is distrusted" in listed
    told = (await hub("issuer", "list", "--client", "kr-mfds", "--json")).splitlines()
    assert json.loads(told[-1])["distrusted"]["subject"].keys() >= {"about", "kid", "thumbprint"}
    key = (ISSUER, "--kid", "k1")
    assert "stays distrusted" in await hub("issuer", "lift", *key, *KR, "--author", "first desk")
    assert "trusted again" in await hub("issuer", "lift", *key, *KR, "--author", "second desk")
    assert "`k1`" not in await hub("issuer", "list", "--client", "kr-mfds")
    past = await hub("issuer", "history", ISSUER, "--client", "auditor")
    assert f"the key `k1` of `{ISSUER}`" in past
    assert "lift asked by first desk" in past


async def test_key_to_distrust_is_named(hub):
    with pytest.raises(InvalidInput, match="or a key"):
        await hub("keys", "distrust", "--issuer", ISSUER, *OFFICE)


async def test_keys_are_fetched_and_shown_with_their_thumbprints(hub, write, monkeypatch):
    monkeypatch.setenv("HUB_ALLOW_LOOPBACK_SOURCES", "true")
    signer = forge.ECSigner("k1")
    async with key_server(signer) as server:
        issuer = f"http://{urlsplit(server.source.jwks_uri).netloc}"
        file = write(issuer=issuer, jwks_uri=server.source.jwks_uri)
        await hub("issuer", "propose", file, *KR)
        shown = await hub("issuer", "keys", issuer, "--client", "kr-mfds")
        thumbprint = forge.read_jwks({"keys": [signer.jwk()]})["k1"].thumbprint
        assert shown == f"k1  {thumbprint}  ES256\n"
        keys = json.loads(await hub("issuer", "keys", issuer, "--client", "kr-mfds", "--json"))
        assert keys == {"kid": "k1", "thumbprint": thumbprint, "algorithms": ["ES256"]}
        server.serve(b"<html>")
        with pytest.raises(InvalidInput, match="no strict JSON"):
            await hub("issuer", "keys", issuer, "--client", "kr-mfds")
        server.serve(b"", status="500 Internal Server Error")
        with pytest.raises(MemberFault, match="status 500"):
            await hub("issuer", "keys", issuer, "--client", "kr-mfds")


async def test_issuer_that_is_not_there_or_not_ones_own_is_not_shown(hub, write):
    await hub("issuer", "propose", write(), *KR)
    for client in ("us-fda", "jp-mhlw"):
        with pytest.raises(NotFound, match="that you may read of"):
            await hub("issuer", "show", ISSUER, "--client", client)


@pytest.mark.parametrize("content", [None, b"\xff", b"{}", b"issuer: x"])
async def test_file_that_is_no_registration_is_refused(hub, tmp_path, content):
    file = tmp_path / "issuer.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(HubError):
        await hub("issuer", "propose", str(file), *KR)


async def test_issuer_on_this_machine_needs_the_operators_setting(hub, write):
    file = write(issuer="http://127.0.0.1:9", jwks_uri="http://127.0.0.1:9/jwks")
    with pytest.raises(InvalidInput, match="need https addresses"):
        await hub("issuer", "propose", file, *KR)
