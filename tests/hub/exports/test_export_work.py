"""The work on a job: what ends it, what is left of it, and what a crash leaves."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import AsyncExitStack

import psycopg
import pytest
import structlog

from hub.exports import jobs
from hub.exports.folders import own_folder
from hub.gateway.export.walk import ExportWalk
from tests.hub.exports.exporting import NOTICES, Exporter, hub_alone, until
from tests.hub.gateway.serving import WORLD, open_hub
from tests.hub.gateway.world import insert
from tests.hub.store.databases import migrated_database


def files_under(folder):
    return [path for path in folder.rglob("exports/**/*") if path.is_file()]


@pytest.fixture
def held(monkeypatch):
    """Hold every export after its first page, until told to go on."""
    began, go_on = asyncio.Event(), asyncio.Event()

    def hold(name):
        read = getattr(ExportWalk, name)

        async def slowly(walk, plan):
            found = await read(walk, plan)
            began.set()
            await go_on.wait()
            return found

        monkeypatch.setattr(ExportWalk, name, slowly)

    for name in ("_read", "_read_text"):
        hold(name)
    monkeypatch.setattr("hub.gateway.export.question.MAX_PAGE", 5)
    monkeypatch.setattr("hub.gateway.export.walk.WALKED_ROWS", 5)
    monkeypatch.setattr("hub.gateway.export.text.WALKED_ROWS", 5)
    return began, go_on


async def test_a_running_export_says_how_far_it_is_and_ends_when_it_is_deleted(
    database_url, policy_folders, tmp_path, held, monkeypatch
):
    monkeypatch.setattr("hub.exports.work.CHECK_SECONDS", 0.05)
    began, _ = held
    async with hub_alone(database_url, policy_folders["open"], tmp_path) as hub:
        exporter = Exporter(hub)
        asked = await exporter.ask(NOTICES, "ndjson")
        await began.wait()
        shown = await until(lambda: exporter.get(asked["address"]), lambda a: a.json()["rows"])
        shown = shown.json()
        assert shown["state"] == "RUNNING"
        assert shown["rows"] == 5
        assert (await exporter.delete(asked["address"])).status_code == 204
        await until(lambda: not files_under(tmp_path))
        assert (await exporter.get(asked["address"])).status_code == 404


async def test_an_export_that_takes_too_long_ends(
    database_url, policy_folders, tmp_path, held, monkeypatch
):
    monkeypatch.setattr("hub.exports.work.MOST_SECONDS", 0.2)
    async with hub_alone(database_url, policy_folders["open"], tmp_path) as hub:
        exporter = Exporter(hub)
        shown = await exporter.ended((await exporter.ask(NOTICES, "parquet"))["address"])
        assert shown["error"]["code"] == "EXPORT_TOO_LARGE"
        assert not files_under(tmp_path)


@pytest.fixture(params=[1.0, 0.001])
def stopped_once_or_often(request, monkeypatch):
    monkeypatch.setattr("hub.exports.work.CHECK_SECONDS", request.param)


@pytest.mark.usefixtures("stopped_once_or_often")
async def test_a_hub_that_stops_leaves_its_job_to_another(
    database_url, policy_folders, tmp_path, held
):
    began, go_on = held
    async with migrated_database(database_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await insert(connection, WORLD.rows)
        async with open_hub(url, policy_folders["open"], tmp_path) as hub:
            asked = await Exporter(hub).ask(NOTICES, "excel")
            await began.wait()
        assert not files_under(tmp_path)
        go_on.set()
        async with open_hub(url, policy_folders["open"], tmp_path) as hub:
            exporter = Exporter(hub)
            assert (await exporter.ended(asked["address"]))["state"] == "READY"
            await exporter.delete(asked["address"])


async def test_a_failure_of_ours_is_told_in_one_safe_message(exporter, monkeypatch):
    def failing(*_):
        raise RuntimeError("SELECT secret")

    monkeypatch.setattr("hub.exports.work.manifest_of", failing)
    # Without this the log shows the whole state of the hub, which takes seconds to draw.
    with structlog.testing.capture_logs() as logs:
        shown = await exporter.ended((await exporter.ask(NOTICES))["address"])
    await exporter.delete(shown["address"])
    assert [log["export"] for log in logs if log["event"] == "export_failed"] == [shown["id"]]
    assert shown["error"]["code"] == "INTERNAL"
    assert "secret" not in shown["error"]["message"]


async def test_nothing_can_be_fetched_whose_disclosure_is_not_recorded(exporter, monkeypatch):
    async def failing(*_):
        raise jobs.not_found()

    monkeypatch.setattr("hub.disclosure.log.DisclosureLog.keep", failing)
    async with exporter.made(NOTICES) as shown:
        assert shown["state"] == "FAILED"
        assert "file" not in shown


async def test_each_page_is_planned_for_its_own_place(exporter, monkeypatch):
    read, pages = ExportWalk._read_text, []

    async def noting(walk, plan):
        pages.append((walk.pool, plan.sql))
        return await read(walk, plan)

    monkeypatch.setattr(ExportWalk, "_read_text", noting)
    monkeypatch.setattr("hub.gateway.export.walk.WALKED_ROWS", 1)
    monkeypatch.setattr("hub.gateway.export.text.WALKED_ROWS", 1)
    async with exporter.made(NOTICES) as shown:
        assert shown["state"] == "READY"
    # The driver prepares what a connection has run five times.
    assert len(pages) > 30
    assert pages[-1][1] not in await prepared(pages[-1][0])


async def prepared(pool):
    """What is prepared on any of a pool's connections."""
    async with AsyncExitStack() as stack:
        found = set()
        for _ in range(pool.get_stats()["pool_size"]):
            connection = await stack.enter_async_context(pool.connection())
            cursor = await connection.execute("SELECT statement FROM pg_prepared_statements")
            found |= {text for (text,) in await cursor.fetchall()}
        return found


CRASHING = """
import asyncio, sys
from pathlib import Path
from hub.gateway.export import text, walk
from hub.gateway.export.walk import ExportWalk
from tests.hub.exports.exporting import NOTICES, Exporter
from tests.hub.gateway.serving import open_hub

walk.WALKED_ROWS = text.WALKED_ROWS = 5
read = ExportWalk._read_text

async def slowly(walking, plan):
    found = await read(walking, plan)
    if walking.rows > 9:
        print(shown["address"], flush=True)
        await asyncio.sleep(600)
    return found

ExportWalk._read_text = slowly

async def run(url, policies, state):
    global shown
    async with open_hub(url, Path(policies), Path(state)) as hub:
        shown = await Exporter(hub).ask(NOTICES, "ndjson")
        await asyncio.sleep(600)

asyncio.run(run(*sys.argv[1:]))
"""


def started(*arguments):
    command = [sys.executable, "-c", CRASHING, *arguments]
    environment = os.environ | {"PYTHONPATH": "."}
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)


async def test_a_process_that_is_killed_leaves_no_file_and_another_makes_it(
    database_url, policy_folders, tmp_path
):
    async with migrated_database(database_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await insert(connection, WORLD.rows)
        with started(url, policy_folders["open"], tmp_path) as hub:
            address = (await asyncio.to_thread(hub.stdout.readline)).decode().strip()
            hub.send_signal(signal.SIGKILL)
        assert files_under(tmp_path)  # Half a file, which only the hub's own folder holds.
        assert not files_under(tmp_path / "landing")
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await connection.execute("UPDATE export SET lease_until = now() - interval '1 s'")
        async with open_hub(url, policy_folders["open"], tmp_path) as hub:
            exporter = Exporter(hub)
            assert (await exporter.ended(address))["state"] == "READY"
            assert [path.name for path in files_under(tmp_path)] == ["2.ndjson"]
            await exporter.delete(address)


async def test_the_sweep_drops_what_attempts_left_and_what_is_old(
    database_url, policy_folders, tmp_path, monkeypatch
):
    monkeypatch.setattr("hub.exports.work.SWEEP_SECONDS", 0.05)
    async with hub_alone(database_url, policy_folders["open"], tmp_path) as hub:
        exporter = Exporter(hub)
        shown = await exporter.ended((await exporter.ask(NOTICES, "ndjson"))["address"])
        folder = tmp_path / "landing" / "exports" / shown["id"]
        for name in ("2.ndjson", "2.ndjson#1", "3.ndjson"):
            (folder / name).write_text("left")
        (folder / "1.ndjson").rename(folder / "4.ndjson")
        await told(hub, "UPDATE export SET attempt = 4")
        await until(lambda: [path.name for path in files_under(tmp_path)] == ["4.ndjson"])
        assert (await exporter.fetch(shown["file"]["address"])).status_code == 200
        await told(hub, "UPDATE export SET kept_until = now()")
        await until(lambda: not files_under(tmp_path))
        assert (await exporter.get(shown["address"])).status_code == 404


async def told(hub, statement):
    async with await psycopg.AsyncConnection.connect(hub.url) as connection:
        await connection.execute(statement)


def test_a_folder_of_a_process_that_lives_is_left_alone(tmp_path):
    with own_folder(tmp_path) as one:
        (one / "file").touch()
        with own_folder(tmp_path) as other:
            assert one.exists()
            assert other != one
        assert not other.exists()
        assert (one / "file").exists()
    left = tmp_path / "left"
    left.mkdir()
    (left / "file").touch()
    with own_folder(tmp_path):
        assert not left.exists()
