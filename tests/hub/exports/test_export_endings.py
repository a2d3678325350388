"""An ended agreement bites on a running export, on an open download and on a kept file."""

import asyncio
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

from hub.gateway.export.walk import ExportWalk
from hub.identity.types import Purpose
from tests.hub.exports.exporting import Exporter, until
from tests.hub.gateway.office import CLIENTS, open_office
from tests.hub.gateway.serving import WORLD
from tests.hub.gateway.world import insert

QUERY = "{ supplyNotices(filter: {origin: {eq: KR}}) { nodes { key title } } }"


class OfficeHub:
    """What an exporter asks of a hub, over an office."""

    def __init__(self, office):
        self.http = office._http
        self._issuer = office._issuer

    def token(self, client, purpose):
        return self._issuer.mint(CLIENTS[client], purpose)


@asynccontextmanager
async def agreed(database_url, tmp_path):
    """An office where one agreement opens Korean notices to the FDA; it ends when asked."""
    async with open_office(database_url, tmp_path) as office:
        async with await psycopg.AsyncConnection.connect(office.url) as connection:
            await insert(connection, WORLD.rows)
        version = await office.reach("ACTIVE")
        exporter = Exporter(OfficeHub(office), "us-fda", Purpose.SHORTAGE_RESPONSE)
        await until(
            lambda: office.data("us-fda", QUERY), lambda found: found["supplyNotices"]["nodes"]
        )

        async def end():
            await office.take("end", "kr-mfds", version)

        yield exporter, end


def is_gone(answer):
    return answer.status_code == 410


async def test_a_kept_file_is_gone_with_the_agreement_that_opened_it(database_url, tmp_path):
    async with agreed(database_url, tmp_path) as (exporter, end):
        shown = await exporter.ended((await exporter.ask(QUERY))["address"])
        assert shown["manifest"]["rows"] > 0
        link = shown["file"]["address"]
        assert (await exporter.fetch(link)).status_code == 200
        await end()
        await until(lambda: exporter.get(shown["address"]), is_gone)
        answer = await exporter.fetch(link)
        [error] = answer.json()["errors"]
        assert error["extensions"]["code"] == "POLICIES_MOVED"
        assert "export again" in error["message"]
        assert is_gone(answer)
        assert is_gone(await exporter.get(shown["address"] + "/manifest"))
        again = await exporter.ended((await exporter.ask(QUERY))["address"])
        assert again["manifest"]["rows"] == 0


async def test_a_running_export_ends_with_the_agreement(database_url, tmp_path, monkeypatch):
    began = asyncio.Event()
    read = ExportWalk._read_text

    async def slowly(walk, plan):
        found = await read(walk, plan)
        began.set()
        await asyncio.sleep(0.3)
        return found

    monkeypatch.setattr(ExportWalk, "_read_text", slowly)
    monkeypatch.setattr("hub.gateway.export.walk.WALKED_ROWS", 1)
    monkeypatch.setattr("hub.gateway.export.text.WALKED_ROWS", 1)
    async with agreed(database_url, tmp_path) as (exporter, end):
        asked = await exporter.ask(QUERY)
        await began.wait()
        await end()
        shown = await exporter.ended(asked["address"])
        assert shown["state"] == "FAILED"
        assert shown["error"]["code"] == "POLICIES_MOVED"
        assert shown["rows"] == 0
        assert not [path for path in tmp_path.rglob("landing/exports/**/*") if path.is_file()]


async def test_an_open_download_ends_with_the_agreement(database_url, tmp_path, monkeypatch):
    monkeypatch.setattr("hub.exports.files.CHUNK_BYTES", 10)
    async with agreed(database_url, tmp_path) as (exporter, end):
        shown = await exporter.ended((await exporter.ask(QUERY))["address"])
        got, statuses = bytearray(), []

        async def send(message):
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
                return
            got.extend(message["body"])
            if len(got) == 10:
                await end()
                await until(lambda: exporter.get(shown["address"]), is_gone)

        await asked_of(exporter._hub.http._transport.app, shown["file"]["address"], send)
        assert statuses == [200]
        assert 10 <= len(got) < shown["manifest"]["bytes"]


async def asked_of(app, address, send):
    """Ask an application itself, so that each chunk can be seen as it comes."""
    parts = urlsplit(address)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": "GET",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": [],
        "root_path": "",
        "scheme": "http",
        "server": ("hub.test", 80),
        "client": ("127.0.0.1", 1),
    }
    await app(scope, asyncio.Event().wait, send)


@pytest.mark.parametrize("fault", ["the policies can't be read"])
async def test_nothing_is_fetched_while_the_policies_cant_be_read(exporting_hubs, exporter, fault):
    app = exporting_hubs["open"].http._transport.app
    async with exporter.made(QUERY) as shown:
        app.state.policies.fault = fault
        try:
            for address in (shown["file"]["address"], shown["address"]):
                answer = await exporter.get(address)
                assert answer.status_code == 503
                assert answer.json()["errors"][0]["extensions"]["code"] == "POLICIES_UNREADABLE"
            assert (await exporter.post(QUERY)).status_code == 503
        finally:
            app.state.policies.fault = None
        assert (await exporter.fetch(shown["file"]["address"])).status_code == 200


async def test_a_link_is_of_no_use_once_its_client_is_no_longer_trusted(exporter, monkeypatch):
    async with exporter.made(QUERY) as shown:
        with monkeypatch.context() as patch:
            patch.setattr("hub.identity.followed_trust.FollowedTrust.is_revoked", lambda *_: True)
            assert (await exporter.fetch(shown["file"]["address"])).status_code == 401
        assert (await exporter.fetch(shown["file"]["address"])).status_code == 200


async def test_a_running_export_ends_once_its_client_is_no_longer_trusted(exporter, monkeypatch):
    read = ExportWalk._read_text

    async def revoking(walk, plan):
        found = await read(walk, plan)
        monkeypatch.setattr("hub.identity.followed_trust.FollowedTrust.is_revoked", lambda *_: True)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(ExportWalk, "_read_text", revoking)
        patch.setattr("hub.gateway.export.walk.WALKED_ROWS", 1)
        patch.setattr("hub.gateway.export.text.WALKED_ROWS", 1)
        asked = await exporter.ask(QUERY)
        ended = "SELECT state <> 'RUNNING' AND state <> 'QUEUED' FROM export WHERE id = %s"
        async with await psycopg.AsyncConnection.connect(
            exporter._hub.url, autocommit=True
        ) as connection:

            async def has_ended():
                cursor = await connection.execute(ended, [asked["id"]])
                return (await cursor.fetchone())[0]

            await until(has_ended)
    monkeypatch.undo()
    shown = await exporter.ended(asked["address"])
    assert shown["error"]["code"] == "UNAUTHENTICATED"
    await exporter.delete(asked["address"])
