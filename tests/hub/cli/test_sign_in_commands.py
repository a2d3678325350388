"""`hub sign-in`, as an operator types it."""

import asyncio

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.errors import InvalidInput, NotFound
from tests.hub.store.databases import migrated_database


@pytest.fixture
async def sign_in(database_url, tmp_path, monkeypatch):
    """Run a command over a database of its own."""
    async with migrated_database(database_url) as url:
        monkeypatch.setenv("HUB_DATABASE_URL", url)

        async def run(*typed):
            words = ["sign-in", *typed, "--state", str(tmp_path)]
            # A command runs an event loop of its own, which wants a thread of its own.
            result = await asyncio.to_thread(CliRunner().invoke, app, words)
            if result.exception:
                raise result.exception
            return result.stdout

        yield run


NONE = "people can sign in nowhere yet: `hub sign-in add` adds a provider\n"


def add(name="kr", *more):
    return "add", name, "--issuer", "https://id.example", "--client-id", "the-hub", *more


async def test_operators_add_list_and_remove_a_provider(sign_in):
    assert await sign_in("list") == NONE
    told = await sign_in(*add("kr", "--scope", "profile", "--host", "login.id.example"))
    assert told == "people can sign in at `kr` once its issuer is trusted\n"
    listed = "kr https://id.example as the-hub, scopes openid profile\n"
    assert await sign_in("list") == listed
    await sign_in("remove", "kr")
    assert await sign_in("list") == NONE


async def test_what_could_not_work_is_refused(sign_in):
    with pytest.raises(InvalidInput, match="`callback` is no name"):
        await sign_in(*add("callback"))
    with pytest.raises(NotFound, match="no provider `us`"):
        await sign_in("remove", "us")
