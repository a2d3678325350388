"""What a hot answer hangs on may change between two requests, or while one is answered."""

from contextlib import asynccontextmanager

import httpx  # noqa: TID251 - asks an in-process application, not the network
import psycopg
import pytest

from hub.agreements.watch import FixedPolicies
from hub.app import build_app
from hub.errors import Unavailable
from hub.identity.own_issuer.revocation import revoke
from hub.identity.types import Purpose
from hub.policy.engine import load_policies
from hub.policy.policy_set import PolicySet
from hub.settings import Settings
from hub.store.lines import ReadingLines
from tests.hub.exports.exporting import until
from tests.hub.gateway.serving import ADDRESS, Hub
from tests.hub.gateway.test_hot import PAGE, REFERENCE, answered, ask, compare, said
from tests.hub.identity.issuing import claims_of

FIXTURES = (answered,)


class ChangingPolicies(FixedPolicies):
    """Policies that a test replaces."""

    @asynccontextmanager
    async def feeding(self, engine):
        self.engine = engine
        async with super().feeding(engine):
            yield

    def replace(self, policy_set: PolicySet):
        self.engine.replace(policy_set)


@pytest.fixture
def policies(policy_folders):
    return ChangingPolicies(load_policies(policy_folders["by_row"]))


@pytest.fixture
async def own_hub(world_url, policies, state):
    settings = Settings(state_dir=state, public_url=ADDRESS, client_rate=0, member_rate=0)
    app = build_app(settings, world_url, policies=policies)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http,
    ):
        yield Hub(http, settings, policies._policy_set)


async def test_a_change_of_policy_shows_in_the_next_answer(
    own_hub, policies, policy_folders, answered
):
    before = said(await compare(own_hub, PAGE))
    assert answered["hot"]
    policies.replace(load_policies(policy_folders["none"]))
    expected = said(await ask(own_hub, PAGE, REFERENCE))
    assert expected != before
    assert said(await ask(own_hub, PAGE)) == expected
    assert said(await compare(own_hub, PAGE)) == expected


async def test_a_change_of_policy_during_the_statement_shows_in_its_answer(
    own_hub, policies, policy_folders, monkeypatch
):
    await compare(own_hub, PAGE)
    run = ReadingLines.first_row

    async def ended_meanwhile(self, statements, values):
        row = await run(self, statements, values)
        policies.replace(load_policies(policy_folders["none"]))
        return row

    monkeypatch.setattr(ReadingLines, "first_row", ended_meanwhile)
    page = (await ask(own_hub, PAGE)).json()["data"]["supplyNotices"]
    assert (page["nodes"], page["totalCount"]) == ([], 0)


async def test_nothing_is_shown_while_the_policies_can_not_be_read(own_hub, policies, answered):
    await compare(own_hub, PAGE)
    before = answered["hot"]
    policies.fault = "a fault"
    assert "POLICIES_UNREADABLE" in (await ask(own_hub, PAGE)).text
    policies.fault = None
    await ask(own_hub, PAGE)
    assert answered["hot"] == before + 1


async def test_a_revoked_token_opens_nothing_more(own_hub, world_url):
    await compare(own_hub, PAGE)
    token = own_hub.token("kr-mfds")
    claims = claims_of(token)
    async with await psycopg.AsyncConnection.connect(world_url) as connection:
        await revoke(connection, claims["iss"], claims["jti"], claims["exp"], "kr-mfds")

    await until(lambda: ask(own_hub, PAGE), lambda answer: answer.status_code == 401)


async def test_who_asks_too_often_is_refused_and_counted_once(world_url, policies, state):
    settings = Settings(state_dir=state, public_url=ADDRESS, client_rate=1, member_rate=0)
    app = build_app(settings, world_url, policies=policies)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS) as http,
    ):
        hub = Hub(http, settings, policies._policy_set)
        statuses = [(await ask(hub, PAGE)).status_code for _ in range(12)]
    assert statuses == [200] * 10 + [429] * 2


async def test_a_caller_of_another_purpose_is_told_apart(own_hub):
    both = [Purpose.SHORTAGE_RESPONSE, Purpose.EXERCISE]
    for purpose in both * 4:
        expected = said(await ask(own_hub, PAGE, REFERENCE, purpose=purpose))
        assert said(await ask(own_hub, PAGE, purpose=purpose)) == expected


async def test_an_answer_that_can_not_be_recorded_is_not_given(own_hub, monkeypatch):
    await compare(own_hub, PAGE)

    async def broken(*_):
        raise Unavailable("the log is full")

    monkeypatch.setattr("hub.disclosure.log.DisclosureLog.keep_written", broken)
    answer = await ask(own_hub, PAGE)
    assert (answer.status_code, "data" in answer.json()) == (503, False)


async def test_each_hot_answer_is_on_record_with_what_it_showed(own_hub, world_url, answered):
    async def entry(headers=None):
        number = (await ask(own_hub, PAGE, headers)).json()["extensions"]["disclosure"]["id"]
        async with await psycopg.AsyncConnection.connect(world_url) as connection:
            rows = await connection.execute(
                "SELECT client, purpose, token_id, question_digest, policy_digest, opened_by, "
                "masked, shown FROM disclosure WHERE id = %s",
                [number],
            )
            return await rows.fetchone()

    await compare(own_hub, PAGE)
    before = answered["hot"]
    assert await entry() == await entry(REFERENCE)
    assert answered["hot"] == before + 1
    own_hub._tokens.clear()
    (_, _, token_id, *_) = await entry()
    assert token_id == claims_of(own_hub.token("kr-mfds"))["jti"]
    assert answered["hot"] == before + 2


async def test_a_statement_that_fails_is_left_to_the_reference_tier(own_hub, answered, monkeypatch):
    expected = said(await compare(own_hub, PAGE))
    before = answered["hot"]

    async def failed(*_):
        raise psycopg.errors.QueryCanceled

    with monkeypatch.context() as patched:
        patched.setattr(ReadingLines, "first_row", failed)
        assert said(await ask(own_hub, PAGE)) == expected
    assert said(await ask(own_hub, PAGE)) == expected
    assert answered["hot"] == before


async def test_connections_that_broke_are_opened_anew(own_hub, world_url, answered):
    expected = said(await compare(own_hub, PAGE))
    async with await psycopg.AsyncConnection.connect(world_url, autocommit=True) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'hub-hot' AND datname = current_database()"
        )
    before = answered["hot"]
    for _ in range(8):
        assert said(await ask(own_hub, PAGE)) == expected
    assert answered["hot"] > before
