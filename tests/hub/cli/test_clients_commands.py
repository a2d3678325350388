"""`hub client`, as an operator types it."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.errors import InvalidInput, NotFound
from tests.hub.identity import forge
from tests.hub.store.databases import migrated_database

DESK = ("--author", "first desk")


@pytest.fixture
async def hub(database_url, tmp_path, monkeypatch):
    """Run a command over a database of its own."""
    async with migrated_database(database_url) as url:
        monkeypatch.setenv("HUB_DATABASE_URL", url)

        async def run(*typed):
            words = [*typed, "--state", str(tmp_path / "state")]
            # A command runs an event loop of its own, which wants a thread of its own.
            result = await asyncio.to_thread(CliRunner().invoke, app, words)
            if result.exception and not isinstance(result.exception, SystemExit):
                raise result.exception
            assert result.exit_code == 0, result.output
            return result.stdout

        yield run


@pytest.fixture
def key_file(tmp_path):
    file = tmp_path / "key.jwk"
    file.write_text(json.dumps(forge.ec_key().jwk()))
    return str(file)


def adding(*more, client="kr-svc"):
    said = ("--member", "KR", "--organisation", "식품의약품안전처", "--role", "agency")
    return "client", "add", client, *said, "--purpose", "exercise", *more


async def test_a_client_is_registered_listed_shown_disabled_and_enabled(hub, key_file):
    added = await hub(*adding("--public-key", key_file, "--require-dpop", "--may-act", *DESK))
    assert added == "registered `kr-svc`, which signs with ec-1\n"
    assert "kr-svc" in await hub("client", "list")
    shown = await hub("client", "show", "kr-svc")
    for line in (
        "organisation       식품의약품안전처",
        "keys               ec-1",
        "tokens             bound to a key",
        "acts for officers  yes",
        "state              active",
        "by first desk",
    ):
        assert line in shown
    assert await hub("client", "disable", "kr-svc") == "disabled `kr-svc`: its tokens are refused\n"
    assert "disabled since" in await hub("client", "show", "kr-svc")
    assert await hub("client", "enable", "kr-svc", *DESK) == "enabled `kr-svc`\n"
    assert "state              active" in await hub("client", "show", "kr-svc")


async def test_a_client_may_be_registered_with_the_address_of_its_keys(hub):
    address = "https://svc.example/jwks"
    assert address in await hub(*adding("--jwks-uri", address))
    assert "tokens             bound or not" in await hub("client", "show", "kr-svc")


async def test_a_client_has_one_source_of_keys(hub, key_file):
    with pytest.raises(InvalidInput, match="either `--public-key` or `--jwks-uri`"):
        await hub(*adding())
    with pytest.raises(InvalidInput, match="either `--public-key` or `--jwks-uri`"):
        await hub(*adding("--public-key", key_file, "--jwks-uri", "https://svc.example/jwks"))


async def test_a_file_that_can_not_be_read_is_named(hub, tmp_path):
    with pytest.raises(InvalidInput, match="can't read"):
        await hub(*adding("--public-key", str(tmp_path / "none")))


async def test_who_is_not_registered_is_not_shown(hub):
    with pytest.raises(NotFound, match="`nobody`"):
        await hub("client", "show", "nobody")


async def test_whoever_runs_commands_here_may_have_a_token_of_a_client(hub, key_file):
    await hub(*adding("--public-key", key_file))
    token = await hub("token", "--client", "kr-svc", "--purpose", "exercise")
    assert len(token.split(".")) == 3
    with pytest.raises(InvalidInput, match="no purpose `gossip`"):
        await hub("token", "--client", "kr-svc", "--purpose", "gossip")


async def test_no_bearer_token_is_printed_for_a_client_that_must_be_bound(hub, key_file):
    await hub(*adding("--public-key", key_file, "--require-dpop"))
    with pytest.raises(InvalidInput, match="bound to a key: ask the token endpoint"):
        await hub("token", "--client", "kr-svc", "--purpose", "exercise")


async def test_a_switched_off_issuer_prints_no_token(hub, monkeypatch):
    monkeypatch.setenv("HUB_EMBEDDED_ISSUER", "false")
    with pytest.raises(InvalidInput, match="the embedded issuer is off"):
        await hub("token", "--client", "kr-svc", "--purpose", "exercise")
