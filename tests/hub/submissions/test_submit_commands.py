"""`hub submit` and `hub template`, as a clerk's operator types them."""

import asyncio

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.errors import Forbidden, InvalidInput, NotFound
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from hub.store.database import writing_pool
from tests.hub.submissions.filing_scene import NOTICES, REPORT, STOCK, csv_of


@pytest.fixture
async def run(filing, tmp_path, monkeypatch):
    """Run a command over the database."""
    async with writing_pool(filing.url) as pool, pool.connection() as connection:
        for client in DEMO_CLIENTS:
            await register(connection, client)
    monkeypatch.setenv("HUB_DATABASE_URL", filing.url)
    monkeypatch.setenv("HUB_STATE_DIR", str(tmp_path))

    async def typed(*words):
        # A command runs an event loop of its own, which wants a thread of its own.
        result = await asyncio.to_thread(CliRunner().invoke, app, list(words))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout

    return typed


async def test_a_file_is_filed_and_the_command_says_what_came_of_it(filing, run, tmp_path):
    path = tmp_path / "reports.csv"
    path.write_bytes(csv_of([REPORT]))
    exit_code, said = await run("submit", STOCK, str(path), "--client", "kr-mfds", "--author", "Me")
    *_, hint, summary = said.splitlines()
    assert exit_code == 0, said
    assert hint.startswith("row 2, `product_id`: UNKNOWN_PRODUCT (a hint) `199303108`: ")
    assert summary.endswith("PUBLISHED, 1 of 1 rows accepted, 1 defects")
    kept = await filing.query("SELECT issuer, client, subject, document_name FROM submission")
    assert kept == [("command line", "kr-mfds", "Me", "reports.csv")]


async def test_a_dry_run_with_defects_ends_with_one_and_keeps_nothing(filing, run, tmp_path):
    path = tmp_path / "reports.csv"
    path.write_bytes(csv_of([REPORT | {"quantity": "many"}]))
    exit_code, said = await run("submit", STOCK, str(path), "--client", "kr-mfds", "--dry-run")
    assert exit_code == 1
    assert "row 2, `quantity`: NOT_AN_AMOUNT `many`: write digits alone" in said
    assert await filing.query("SELECT FROM submission") == []


async def test_another_members_client_is_refused(run, tmp_path):
    path = tmp_path / "reports.csv"
    path.write_bytes(csv_of([REPORT]))
    with pytest.raises(Forbidden):
        await run("submit", STOCK, str(path), "--client", "us-fda")


async def test_a_template_is_written_to_a_file_and_filed_again_has_no_rows(run, tmp_path):
    for suffix in ("csv", "xlsx"):
        path = tmp_path / f"template.{suffix}"
        assert (await run("template", NOTICES, "--out", str(path)))[0] == 0
        exit_code, said = await run("submit", NOTICES, str(path), "--client", "kr-mfds")
        assert exit_code == 1
        assert "the file: NO_ROWS: fill in a row for each record" in said


async def test_a_template_goes_to_standard_output_without_a_mark(run):
    _, said = await run("template", STOCK)
    assert said.splitlines() == [
        "action,report_id,product_id,holder_id,as_of,quantity,quantity_unit,cover_days,place"
    ]


async def test_what_is_not_there_is_refused_with_what_to_do(run, tmp_path):
    with pytest.raises(NotFound, match=r"known are kr\.filed_stock_reports"):
        await run("template", "kr.nothing")
    with pytest.raises(InvalidInput, match="can't be read"):
        await run("submit", STOCK, str(tmp_path / "none.csv"), "--client", "kr-mfds")
    with pytest.raises(InvalidInput, match="neither CSV nor Excel"):
        await run("template", STOCK, "--out", str(tmp_path / "template.pdf"))
