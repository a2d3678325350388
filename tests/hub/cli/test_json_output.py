"""What commands print for programs: one JSON object a line, with keys that stay."""

import asyncio
import json
import shlex

import psycopg
import pytest
from typer.testing import CliRunner

from federation.members.submitted import EVERY_FEED
from hub.cli import app
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from tests.hub.store.databases import migrated_database

EMPTY = (
    "issuer list --client auditor",
    "issuer history --client auditor",
    "policy list --client auditor",
    "policy history --client auditor",
    "policy mode history",
    "held list --client kr-mfds",
    "quarantine kr.mfds_permits",
    "review list --client kr-mfds",
    "review history --client kr-mfds",
    "sign-in list",
    "vocabularies unmapped",
    "webhooks list --client kr-mfds",
    "quality",
)
"""What a hub that has nothing yet answers with no line at all."""

KEYS = {
    "client list": {
        "client", "member", "organisation", "roles", "purposes", "key_ids", "jwks_uri",
        "requires_sender_constraint", "may_act", "registered_at", "changed_at", "changed_by",
        "disabled_at",
    },
    "keys list": {"kid", "state", "signs_at", "over_at"},
    "landing": {"kind", "documents", "size", "because"},
    "operations": {"name", "digest", "purposes", "answers"},
    "policy check": {"holds", "faults", "remarks"},
    "policy history --at 2026-01-01 --client auditor": {"at", "policy_set", "states"},
    "policy mode show": {"mode", "until", "since", "votes", "quorum"},
    "schedule show kr.mfds_permits": {
        "feed", "cron", "time_zone", "is_own_line", "next_run_at", "paused_at", "paused_by",
        "pause_reason", "waiting", "breaker", "host", "now", "changes",
    },
    "status kr.mfds_permits": {
        "feed", "title", "member", "kind", "stale_since", "held_pull", "schedule", "breaker",
        "host",
    },
    "token --client us-fda --purpose exercise": {"access_token", "token_type", "expires_in"},
    "vocabularies list": {"edition", "crosswalk", "leads_to", "version", "terms"},
}  # fmt: skip


@pytest.fixture(scope="module")
async def hub(database_url, tmp_path_factory):
    """Run a command, with `--json` unless told, over a hub that has clients and nothing else."""
    state = tmp_path_factory.mktemp("state")
    async with migrated_database(database_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            for client in DEMO_CLIENTS:
                await register(connection, client)

        async def run(typed, *, as_json=True):
            words = [*shlex.split(typed), *(["--json"] if as_json else ())]
            told = {"HUB_DATABASE_URL": url, "HUB_STATE_DIR": str(state)}
            # A command runs an event loop of its own, which wants a thread of its own.
            result = await asyncio.to_thread(CliRunner(env=told).invoke, app, words)
            if result.exception:
                raise result.exception
            lines = result.stdout.splitlines()
            return list(map(json.loads, lines)) if as_json else lines

        yield run


@pytest.mark.parametrize("command", KEYS)
async def test_objects_have_the_keys_that_programs_rely_on(hub, command):
    found = await hub(command)
    assert found
    assert all(set(each) == KEYS[command] for each in found)


@pytest.mark.parametrize("command", EMPTY)
async def test_nothing_found_is_no_line(hub, command):
    assert await hub(command) == []


@pytest.mark.parametrize("command", EMPTY)
async def test_nothing_found_is_said_to_people_with_what_to_try_next(hub, command):
    *_, said = await hub(command, as_json=False)
    assert "`hub " in said


async def test_status_has_a_line_of_every_feed_those_that_are_filed_too(hub):
    assert [each["feed"] for each in await hub("status")] == list(EVERY_FEED)
