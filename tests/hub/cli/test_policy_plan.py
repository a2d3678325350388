"""`hub policy plan`, as an operator types it: what a draft would change for whom."""

import asyncio
import json
from datetime import UTC, datetime

import psycopg
import pytest
from typer.testing import CliRunner

from hub.agreements.applying import stand_on
from hub.cli import app
from hub.disclosure.asked import Asked, keep_asked
from hub.errors import Forbidden, InvalidInput
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from hub.identity.types import Purpose
from hub.policy.findings import PolicyFault
from hub.settings import ROOT
from tests.hub.gateway.serving import WORLD, caller_of, new_database, write_policies
from tests.hub.gateway.world import insert

BASELINE = (ROOT / "policies" / "baseline.cedar").read_text()
US_NOTICES = """
id: us-notices
owner: US
title: Notices
legal_basis: a test
recipients: {members: [KR]}
purposes: [exercise]
valid_from: 2026-01-01
share: [{records: [SupplyNotice], groups: [public]}]
"""


@pytest.fixture(scope="module")
async def planned_url(database_url):
    async with new_database(database_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await insert(connection, WORLD.rows)
            for client in DEMO_CLIENTS:
                await register(connection, client)
            await stand_on(connection, BASELINE)
            document = "{ supplyNotices(first: 100) { totalCount nodes { id } } }"
            asked = Asked.by(caller_of("kr-mfds", Purpose.EXERCISE), document, None, None)
            await keep_asked(connection, [asked, asked])
        yield url


@pytest.fixture
def plan(planned_url, tmp_path, monkeypatch):
    """Run the command over a file with the draft."""
    monkeypatch.setenv("HUB_DATABASE_URL", planned_url)

    async def run(text, *typed):
        file = tmp_path / "us-notices.yaml"
        file.write_text(text)
        return await run_on(file, *typed)

    async def run_on(path, *typed):
        words = ["policy", "plan", str(path), *typed, "--state", str(tmp_path)]
        # A command runs an event loop of its own, which wants a thread of its own.
        result = await asyncio.to_thread(CliRunner().invoke, app, words)
        if result.exception:
            raise result.exception
        return result.stdout

    run.on = run_on
    return run


def notices() -> list[str]:
    rows = WORLD.current("SupplyNotice")
    return sorted(row["key"] for row in rows if row["origin"] == "US")


async def test_draft_is_counted_and_said_to_be_new(plan):
    said = await plan(US_NOTICES)
    assert "in routine mode, on 20" in said
    assert "SupplyNotice of US\n  to KR agency or regulator for exercise\n" in said
    assert f"+{len(notices())} records, +" in said
    assert "this allows what was refused before, such as where origin is US" in said
    assert "such as US." not in said, "the secretariat sees none of these records"
    found = json.loads(await plan(US_NOTICES, "--days", "7", "--json"))
    [effect] = found["effects"]
    assert (effect["record_type"], effect["origin"]) == ("SupplyNotice", "US")
    assert effect["groups"][0]["gained"]["rows"] == len(notices())
    assert found["questions"]["asked"] == 1


async def test_owner_sees_examples_of_its_own_records(plan):
    said = await plan(US_NOTICES, "--client", "us-fda")
    assert f"such as {', '.join(notices()[:3])} -0 records" in said
    assert "counted are the records that you may see" in said


async def test_questions_are_asked_again(plan):
    said = await plan(US_NOTICES, "--days", "7")
    assert "questions of the last 7 days: 1, of which 1 get another answer" in said
    assert "kr-mfds for exercise, 2 times, last " in said
    assert f"supplyNotices: +{len(notices())} -0 records" in said


async def test_draft_for_another_mode_says_where_to_look(plan):
    said = await plan(US_NOTICES + "modes: [crisis]\n")
    assert "nothing changes for anybody" in said
    assert "something changes in crisis mode too: see it with --mode" in said
    assert "SupplyNotice of US" in await plan(US_NOTICES + "modes: [crisis]\n", "--mode", "crisis")


async def test_draft_is_planned_for_its_first_day(plan):
    year = datetime.now(UTC).year + 1
    later = US_NOTICES.replace("2026-01-01", f"{year}-05-01")
    assert f"on {year}-05-01" in await plan(later)
    assert "nothing changes for anybody" in await plan(later, "--at", f"{year}-04-30")


async def test_example_that_would_have_its_approval_refused_is_told(plan, tmp_path):
    """Another agreement promises what the draft breaks; a draft alone breaks none."""
    closed = US_NOTICES.replace("us-notices", "us-closed").replace("[KR]", "[JP]") + (
        "examples: {refused: "
        "[{member: KR, purpose: exercise, record: SupplyNotice, group: public}]}\n"
    )
    texts = {"us-notices": US_NOTICES, "us-closed": closed}
    folder = write_policies(tmp_path / "policies", BASELINE, texts)
    said = "agreement `us-closed`: examples.refused 1: is allowed: change the agreement that"
    assert f"its approval would be refused: {said}" in await plan.on(folder)
    (failing,) = json.loads(await plan.on(folder, "--json"))["failing_examples"]
    assert failing.startswith(said)
    assert "would be refused" not in await plan(US_NOTICES)


async def test_whole_folder_is_planned(plan, tmp_path):
    folder = write_policies(tmp_path / "policies", BASELINE, {"us-notices": US_NOTICES})
    assert f"+{len(notices())} records" in await plan.on(folder)
    assert f"+{len(notices())} records" in await plan.on(folder, "--client", "us-fda")
    opener = '@id("baseline/all") permit (principal, action in Action::"read", resource);'
    (folder / "baseline.cedar").write_text(opener)
    assert "StockReport of EU" in await plan.on(folder)
    with pytest.raises(Forbidden, match="the alliance"):
        await plan.on(folder, "--client", "us-fda")


async def test_draft_of_another_owner_is_refused(plan):
    with pytest.raises(Forbidden, match="previewed by US's own"):
        await plan(US_NOTICES, "--client", "kr-mfds")


async def test_broken_draft_and_missing_file_say_what_to_do(plan, tmp_path):
    with pytest.raises(PolicyFault, match="use one of"):
        await plan(US_NOTICES.replace("SupplyNotice", "Notice"))
    with pytest.raises(InvalidInput, match="name an agreement's file or a policy folder"):
        await plan.on(tmp_path / "nothing.yaml")
