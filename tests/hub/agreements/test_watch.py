"""What a gateway's engine decides by, as the database changes, breaks and comes back."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx  # noqa: TID251 - asks an in-process application, not the network
import pytest
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from federation.records.declaration import Group
from hub.agreements import applying, modes, proceedings, watch
from hub.agreements.mode_models import ModeStep
from hub.agreements.modes import Ballot, VotingRules
from hub.agreements.watch import NOTHING, DatabasePolicies, FixedPolicies
from hub.app import build_app
from hub.entrance import embedded_issuer
from hub.errors import Unavailable
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.types import Purpose
from hub.policy.engine import PolicyEngine
from hub.policy.findings import PolicyFault
from hub.policy.principals import Mode
from hub.settings import Settings
from tests.hub.agreements.parties import BASELINE, KR, US, active, text


def opens(engine: PolicyEngine) -> bool:
    """Tell whether the US sees Korea's notices."""
    return "kr-supply/1" in engine.decide(US).predicate("SupplyNotice", Group.PUBLIC).agreements


def opens_own(engine: PolicyEngine) -> bool:
    """Tell whether the US sees notices at all: the baseline opens its own to it."""
    return not engine.decide(US).predicate("SupplyNotice", Group.PUBLIC).is_never


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - an engine has no event
            await asyncio.sleep(0.02)


@asynccontextmanager
async def committing(url: str) -> AsyncIterator[AsyncConnection]:
    async with await AsyncConnection.connect(url) as connection:
        yield connection


@pytest.fixture
async def active_url(own_ground_url) -> str:
    """A database by which the US sees Korea's notices."""
    async with committing(own_ground_url) as connection:
        await active(connection)
    return own_ground_url


@pytest.fixture
async def fed(active_url) -> AsyncIterator[tuple[str, PolicyEngine, DatabasePolicies]]:
    """An engine that follows the database."""
    source, engine = DatabasePolicies(active_url, BASELINE), PolicyEngine(NOTHING)
    async with source.feeding(engine):
        yield active_url, engine, source


async def end(url: str) -> None:
    async with committing(url) as connection:
        await proceedings.end(connection, KR, "kr-supply", "no longer")


async def test_engine_decides_by_what_is_in_force_from_the_first_moment_on(fed):
    _, engine, source = fed
    assert opens(engine)
    assert source.fault is None


async def test_ended_agreement_opens_nothing_and_what_others_open_stays(fed):
    url, engine, _ = fed
    await end(url)
    await until(lambda: not opens(engine))
    assert opens_own(engine)


async def test_end_is_seen_even_where_its_notice_is_lost(fed, monkeypatch):
    url, engine, _ = fed
    monkeypatch.setattr(applying, "CHANNEL", "nobody_listens")
    await end(url)
    await until(lambda: not opens(engine))


async def test_mode_is_followed_into_a_crisis_and_out_of_it(fed):
    url, engine, _ = fed
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    for mode, ends_at in ((Mode.CRISIS, in_an_hour), (Mode.ROUTINE, None)):
        async with committing(url) as connection:
            ballot = Ballot(mode, ends_at, "a flood, or its end")
            await modes.vote(connection, KR, ballot, VotingRules(quorum=1))
        await until(lambda wanted=mode: engine.decide(US).class_key.mode == wanted)


async def test_mode_that_ended_by_itself_is_written_down(active_url):
    async with committing(active_url) as connection:
        await connection.execute(
            "INSERT INTO mode_event (step, at, mode, until, reason, counted, issuer, client, "
            "subject, member, organisation, roles, token_id) VALUES ('CHANGED', "
            "now() - interval '2 hours', 'crisis', now() - interval '1 hour', 'a flood', '{KR}', "
            "'i', 'c', 's', 'KR', 'o', '{regulator}', 't')"
        )
    engine = PolicyEngine(NOTHING)
    async with DatabasePolicies(active_url, BASELINE).feeding(engine):
        assert engine.decide(US).class_key.mode == Mode.ROUTINE
    async with committing(active_url) as connection:
        happened = await modes.history(connection)
    assert [each.step for each in happened] == [ModeStep.EXPIRED, ModeStep.CHANGED]


async def test_database_that_hangs_ends_all_sight_until_it_answers_again(active_url, monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 1.5)
    monkeypatch.setattr(watch, "_READ_SECONDS", 1.0)
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.1)
    source, engine = DatabasePolicies(active_url, BASELINE), PolicyEngine(NOTHING)
    async with source.feeding(engine):
        async with committing(active_url) as connection:
            await connection.execute("LOCK TABLE policy_set IN ACCESS EXCLUSIVE MODE")
            await until(lambda: not opens_own(engine))
            assert source.fault == "the policies in force can't be read: check the database"
        await until(lambda: opens(engine))
        assert source.fault is None


async def test_gateway_that_stood_still_decides_by_nothing_old_and_looks_before_it_refuses(
    fed, monkeypatch
):
    _, engine, source = fed
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 1.0)
    await asyncio.sleep(2 * watch.POLL_SECONDS)
    time.sleep(1.5)  # noqa: ASYNC251 - the whole loop is to stand still
    assert source.fault == watch.UNREAD
    assert await source.settled() is None
    assert opens(engine)


async def test_gateway_that_stood_still_again_and_again_looks_before_it_refuses(fed, monkeypatch):
    _, engine, source = fed
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.5)
    await asyncio.sleep(2 * watch.POLL_SECONDS)
    for awake in (0.01, 0.001, 0, 0):
        time.sleep(0.8)  # noqa: ASYNC251 - the whole loop is to stand still
        await asyncio.sleep(awake)
    assert source.fault == watch.UNREAD
    assert await source.settled() is None
    assert opens(engine)


async def test_question_to_a_gateway_without_its_database_is_refused_after_two_looks(
    own_ground_url, monkeypatch
):
    source = DatabasePolicies(own_ground_url, BASELINE)
    monkeypatch.setattr(watch, "SETTLING_SECONDS", 60)
    source.fail(watch.UNREAD)
    asked = asyncio.create_task(source.settled())
    for _ in range(2):
        await asyncio.sleep(0)
        assert not asked.done()
        source.looked()
    async with asyncio.timeout(5):
        assert await asked == watch.UNREAD


async def test_database_that_is_gone_ends_all_sight_until_it_is_back(
    active_url, database_url, monkeypatch
):
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 1.5)
    source, engine = DatabasePolicies(active_url, BASELINE), PolicyEngine(NOTHING)
    name = urlsplit(active_url).path.strip("/")
    allow = SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    async with (
        source.feeding(engine),
        await AsyncConnection.connect(database_url, autocommit=True) as server,
    ):
        await server.execute(allow.format(Identifier(name), SQL("false")))
        await server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [name],
        )
        await until(lambda: not opens_own(engine))
        await server.execute(allow.format(Identifier(name), SQL("true")))
        await until(lambda: opens(engine))


async def test_damaged_set_shows_nothing_and_the_readiness_check_says_so(active_url, tmp_path):
    settings = Settings(state_dir=tmp_path, public_url="http://hub.test")
    source = DatabasePolicies(active_url, BASELINE)
    app = build_app(settings, active_url, policies=source)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://hub.test") as http,
    ):
        assert (await http.get("/readyz")).json()["checks"]["policies"] == "ok"
        async with committing(active_url) as connection:
            await active(connection, text("kr-other"))
            await connection.execute("UPDATE policy_set SET policies = '[['")
        await until(lambda: source.fault is not None)
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["policies"] == (
            "the policies in force are damaged, so nothing is shown: "
            "restart the hub to admit them anew"
        )
        token = embedded_issuer(settings).mint(DEMO_CLIENTS[0], Purpose.EXERCISE, 60)
        asked = {"json": {"query": "{ supplyNotices { totalCount } }"}}
        answer = await http.post("/graphql", **asked, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 503
        [error] = answer.json()["errors"]
        assert error["extensions"]["code"] == "POLICIES_UNREADABLE"


async def test_hub_does_not_start_on_a_baseline_that_is_refused(own_ground_url):
    source = DatabasePolicies(own_ground_url, "permit (")
    with pytest.raises(PolicyFault):
        async with source.feeding(PolicyEngine(NOTHING)):
            pass


async def test_hub_does_not_start_without_its_database(tmp_path):
    source = DatabasePolicies(f"postgresql:///hub?host={tmp_path}", BASELINE)
    with pytest.raises(Unavailable, match="check the database"):
        async with source.feeding(PolicyEngine(NOTHING)):
            pass


async def test_fixed_policies_are_those_of_the_engine(own_ground_url):
    engine = PolicyEngine(NOTHING)
    async with FixedPolicies(applying.admit(BASELINE, []), Mode.CRISIS).feeding(engine):
        assert opens_own(engine)
        assert engine.decide(US).class_key.mode == Mode.CRISIS
