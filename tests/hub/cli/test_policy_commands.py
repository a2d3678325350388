"""`hub policy`, from the folder to the end of an agreement, as an operator types it."""

import asyncio
import json
import re

import pytest
from psycopg import AsyncConnection
from typer.testing import CliRunner

from hub.cli import app
from hub.errors import Forbidden, HubError, InvalidInput
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from tests.hub.agreements.parties import BASELINE, text
from tests.hub.gateway.serving import write_policies
from tests.hub.store.databases import migrated_database

WHY = ("--reason", "as agreed")


@pytest.fixture
async def policy(database_url, tmp_path, monkeypatch):
    """Run a command for a client, by default the secretariat, over a folder of one agreement."""
    folder = write_policies(tmp_path / "policies", BASELINE, {"kr-supply": text()})
    async with migrated_database(database_url) as url:
        async with await AsyncConnection.connect(url) as connection:
            for client in DEMO_CLIENTS:
                await register(connection, client)
        monkeypatch.setenv("HUB_DATABASE_URL", url)
        monkeypatch.setenv("HUB_POLICIES_DIR", str(folder))

        async def run(*typed, client="secretariat"):
            words = ["policy", *map(str, typed), "--client", client, "--state", str(tmp_path)]
            # A command runs an event loop of its own, which wants a thread of its own.
            result = await asyncio.to_thread(CliRunner().invoke, app, words)
            if result.exception:
                raise result.exception
            return result.stdout

        run.folder = folder
        yield run


async def test_operator_goes_from_the_folder_to_the_end(policy):
    assert await policy("apply", "--dry-run", *WHY) == "new      kr-supply\n"
    assert await policy("apply", *WHY) == "new      kr-supply\nkr-supply@1 of KR is proposed\n"
    again = await policy("apply", policy.folder, *WHY)
    assert again == "same     kr-supply against kr-supply@1, proposed\n"
    said = await policy("ratify", "kr-supply", *WHY, client="kr-mfds")
    assert said == "kr-supply@1 of KR is ratified\n"
    with pytest.raises(Forbidden, match="have another person of the secretariat decide"):
        await policy("approve", "kr-supply@1", *WHY)
    said = await policy("approve", "kr-supply@1", *WHY, "--author", "the head")
    assert said.startswith("kr-supply@1 of KR is active; in force at once: ")
    listed = await policy("list", client="us-fda")
    assert re.search(r"kr-supply@1 +KR +active", listed)
    told = json.loads(await policy("list", "--json"))
    assert (told["version"], told["state"]) == ("kr-supply@1", "ACTIVE")
    assert "text" in json.loads(await policy("show", "kr-supply", "--json"))
    assert "suspended" in await policy("suspend", "kr-supply", *WHY, client="kr-mfds")
    assert "active" in await policy("resume", "kr-supply", *WHY, client="kr-mfds")
    assert "ended" in await policy("end", "kr-supply", *WHY, client="kr-mfds")


async def test_history_says_what_happened_and_how_it_stood(policy):
    await policy("apply", *WHY)
    happened = (await policy("history")).splitlines()
    assert [re.sub(r"\d{4}-\S+ \S+", "then", line) for line in happened] == [
        "kr-supply@1: then drafted by secretariat (secretariat): as agreed",
        "kr-supply@1: then proposed by secretariat (secretariat): as agreed",
    ]
    stood = (await policy("history", "kr-supply", "--at", "2099-01-01")).splitlines()
    assert re.fullmatch(r"policy set 1, [0-9a-f]{12} was in force", stood[0])
    assert stood[1:] == ["kr-supply@1 was proposed"]
    assert await policy("history", "--at", "2000-01-01T00:00Z") == "no policy set was in force\n"
    with pytest.raises(InvalidInput, match="write it as"):
        await policy("history", "--at", "yesterday")


async def test_draft_is_kept_shown_and_withdrawn(policy, tmp_path):
    file = tmp_path / "edited.yaml"
    file.write_text(text(groups="[public, operational]"))
    assert await policy("draft", file, *WHY, client="kr-mfds") == "kr-supply@1 of KR is draft\n"
    shown = await policy("show", "kr-supply@1", client="kr-mfds")
    assert shown.startswith(file.read_text())
    assert "# kr-supply@1 of KR is draft" in shown
    other = write_policies(tmp_path / "other", f"// Agreed anew.{BASELINE}", {})
    baseline, missing = (await policy("apply", other, *WHY)).splitlines()
    assert baseline.startswith("changed  baseline: ")
    assert missing.startswith("missing  kr-supply@1 is draft and not in the folder: ")
    assert "proposed" in await policy("propose", "kr-supply", *WHY)
    assert "rejected" in await policy("reject", "kr-supply", *WHY, client="kr-mfds")
    assert "draft" in await policy("draft", file, *WHY)
    assert "withdrawn" in await policy("withdraw", "kr-supply", *WHY)


@pytest.mark.parametrize(
    "typed",
    [
        ("ratify", "kr-supply@one", *WHY),
        ("ratify", "kr-nothing", *WHY),
        ("draft", "nowhere.yaml", *WHY),
        ("end", "kr-supply", "--reason", " "),
    ],
)
async def test_what_cannot_be_done_is_refused(policy, typed):
    with pytest.raises(HubError):
        await policy(*typed, client="kr-mfds")
