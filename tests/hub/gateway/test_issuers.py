"""Whom the hub trusts, over HTTP with real tokens: each step, and who may take it."""

import asyncio
import json
from urllib.parse import urlsplit

import httpx  # noqa: TID251 - asks an in-process application, not the network
import pytest
from psycopg import AsyncConnection

from hub.app import build_app
from hub.entrance import embedded_issuer
from hub.identity.types import Purpose
from hub.settings import ROOT, Settings
from tests.hub.gateway.office import CLIENTS, open_office
from tests.hub.gateway.serving import ADDRESS
from tests.hub.identity import forge
from tests.hub.identity.key_server import key_server
from tests.hub.identity.registrations import registered, stated
from tests.hub.store.databases import migrated_database
from tests.security.issuer_scene import token as token_of

VERSION = "number state missing tier members registration"
EVENT = "step version kid thumbprint reason client subject member roles at"
READ = f"{{ trustedIssuers {{ issuer versions {{ {VERSION} }} events {{ {EVENT} }} }} }}"
DISTRUSTS = "issuer kid thumbprint events { member } liftAsked { client }"


@pytest.fixture(scope="module")
async def office(database_url, tmp_path_factory):
    async with open_office(database_url, tmp_path_factory.mktemp("office")) as opened:
        yield opened


def mutation(name, given, selected, kind):
    return f"mutation ($input: {kind}!) {{ done: {name}(input: $input) {{ {selected} }} }}", {
        "input": {"reason": "in order"} | given
    }


STEPS = {
    "proposeIssuer": ("IssuerProposalInput", VERSION),
    "approveIssuer": ("IssuerApprovalInput", VERSION),
    "withdrawIssuer": ("IssuerWithdrawalInput", VERSION),
    "distrustIssuer": ("IssuerInput", DISTRUSTS),
    "distrustKey": ("KeyInput", DISTRUSTS),
    "liftDistrust": ("KeyInput", DISTRUSTS),
}


async def take(office, client, step, **given):
    kind, selected = STEPS[step]
    question, variables = mutation(step, given, selected, kind)
    return (await office.data(client, question, **variables))["done"]


async def refused(office, client, step, **given):
    kind, selected = STEPS[step]
    question, variables = mutation(step, given, selected, kind)
    return (await office.error(client, question, **variables))["extensions"]["code"]


async def propose(office, issuer, client="kr-office", **changes):
    text = json.dumps(stated(issuer=issuer, jwks_uri=f"{issuer}/jwks", **changes))
    return await take(office, client, "proposeIssuer", registration=text)


async def known(office, client):
    found = (await office.data(client, READ))["trustedIssuers"]
    return {each["issuer"]: each for each in found}


async def test_issuer_lives_from_proposal_to_withdrawal(office):
    issuer = "https://life.example"
    proposed = await propose(office, issuer)
    assert (proposed["number"], proposed["state"]) == (1, "PROPOSED")
    assert (proposed["missing"], proposed["tier"]) == (["ALLIANCE"], "BEARER")
    assert json.loads(proposed["registration"])["members"] == ["KR"]
    approved = await take(office, "secretary", "approveIssuer", issuer=issuer, version=1)
    assert (approved["state"], approved["missing"]) == ("IN_FORCE", [])
    [withdrawn] = await take(office, "kr-mfds", "withdrawIssuer", issuer=issuer)
    assert withdrawn["state"] == "WITHDRAWN"
    events = (await known(office, "kr-lab"))[issuer]["events"]
    assert [(each["step"], each["client"], each["version"]) for each in events] == [
        ("PROPOSED", "kr-office", 1),
        ("APPROVED", "secretary", 1),
        ("WITHDRAWN", "kr-mfds", 1),
    ]


async def test_one_version_alone_is_withdrawn(office):
    issuer = "https://versions.example"
    await propose(office, issuer)
    await take(office, "secretary", "approveIssuer", issuer=issuer, version=1)
    await propose(office, issuer, requires_sender_constraint=True)
    [withdrawn] = await take(office, "secretary", "withdrawIssuer", issuer=issuer, version=2)
    assert (withdrawn["number"], withdrawn["tier"]) == (2, "SENDER_CONSTRAINED")
    versions = (await known(office, "auditor"))[issuer]["versions"]
    assert [each["state"] for each in versions] == ["IN_FORCE", "WITHDRAWN"]


async def test_steps_are_for_the_sides_of_an_issuer(office):
    issuer = "https://sides.example"
    text = json.dumps(stated(issuer=issuer, jwks_uri=f"{issuer}/jwks"))
    for client in ("us-fda", "auditor"):
        code = await refused(office, client, "proposeIssuer", registration=text)
        assert code == "NOT_YOURS"
    await propose(office, issuer, "secretariat")
    approval = {"issuer": issuer, "version": 1}
    assert await refused(office, "secretariat", "approveIssuer", **approval) == "FOUR_EYES"
    assert await refused(office, "secretary", "approveIssuer", **approval) == "NOT_YOURS"
    assert await refused(office, "kr-office", "approveIssuer", **approval) == "NOT_YOURS"
    assert (await take(office, "kr-lab", "approveIssuer", **approval))["state"] == "IN_FORCE"
    assert await refused(office, "us-fda", "withdrawIssuer", issuer=issuer) == "NOT_YOURS"
    assert await refused(office, "us-fda", "distrustIssuer", issuer=issuer) == "NOT_YOURS"
    assert issuer not in await known(office, "us-fda")
    assert issuer in await known(office, "auditor")


@pytest.mark.parametrize(
    "text",
    ["", "{}", json.dumps(stated(issuer="http://127.0.0.1:9", jwks_uri="http://127.0.0.1:9/jwks"))],
)
async def test_registration_that_can_not_be_is_refused(office, text):
    assert await refused(office, "kr-mfds", "proposeIssuer", registration=text) == "INVALID_INPUT"


async def test_issuer_and_keys_are_distrusted_alone_and_trusted_again_by_two(office):
    issuer = "https://emergency.example"
    await propose(office, issuer)
    await take(office, "secretary", "approveIssuer", issuer=issuer, version=1)
    thumbprint = "t" * 43
    await take(office, "kr-office", "distrustIssuer", issuer=issuer)
    await take(office, "kr-office", "distrustKey", issuer=issuer, kid="k")
    assert await refused(office, "kr-mfds", "distrustKey", thumbprint=thumbprint) == "NOT_YOURS"
    found = await take(office, "secretary", "distrustKey", thumbprint=thumbprint)
    named = [(each["issuer"], each["kid"], each["thumbprint"]) for each in found]
    assert named == [(issuer, None, None), (issuer, "k", None), (None, None, thumbprint)]
    [key] = (await office.data("us-fda", f"{{ distrusts {{ {DISTRUSTS} }} }}"))["distrusts"]
    assert (key["issuer"], key["events"]) == (None, [{"member": "ALLIANCE"}])
    asked = await take(office, "kr-mfds", "liftDistrust", issuer=issuer)
    assert asked[0]["liftAsked"] == {"client": "kr-mfds"}
    assert await refused(office, "kr-mfds", "liftDistrust", issuer=issuer) == "FOUR_EYES"
    left = await take(office, "kr-lab", "liftDistrust", issuer=issuer)
    assert [each["kid"] for each in left] == ["k", None]


async def test_key_is_named_to_be_distrusted(office):
    code = await refused(office, "secretary", "distrustKey", issuer="https://emergency.example")
    assert code == "INVALID_INPUT"


async def test_distrust_of_the_hubs_own_issuer_shuts_everyone_out(database_url, tmp_path):
    async with open_office(database_url, tmp_path) as office:
        await take(office, "secretary", "distrustIssuer", issuer=ADDRESS)
        token = office._issuer.mint(CLIENTS["kr-mfds"], Purpose.EXERCISE)
        headers = {"authorization": f"Bearer {token}"}
        async with asyncio.timeout(10):
            while True:
                body = {"query": "{ me { client } }"}
                answer = await office._http.post("/graphql", json=body, headers=headers)
                if answer.status_code == 401:
                    break
                await asyncio.sleep(0.05)


async def test_token_of_a_members_own_issuer_opens_a_hub_that_gives_none(database_url, tmp_path):
    signer = forge.ECSigner("k1")
    settings = Settings(
        state_dir=tmp_path,
        policies_dir=ROOT / "policies",
        public_url=ADDRESS,
        allow_loopback_sources=True,
        embedded_issuer=False,
    )
    async with migrated_database(database_url) as url, key_server(signer) as server:
        issuer = f"http://{urlsplit(server.source.jwks_uri).netloc}"
        async with await AsyncConnection.connect(url) as connection:
            await registered(connection, issuer=issuer, jwks_uri=server.source.jwks_uri)
        app = build_app(settings, url)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http,
        ):

            async def ask(token):
                headers = {"authorization": f"Bearer {token}"}
                body = {"query": "{ me { issuer member } }"}
                return await http.post("/graphql", json=body, headers=headers)

            answer = await ask(token_of(issuer, signer, aud=ADDRESS))
            assert answer.json()["data"]["me"] == {"issuer": issuer, "member": "KR"}
            on = settings.model_copy(update={"embedded_issuer": True})
            own = embedded_issuer(on).mint(CLIENTS["kr-mfds"], Purpose.EXERCISE)
            assert (await ask(own)).status_code == 401
