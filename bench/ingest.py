"""`python -m bench.ingest [ROWS]`: a very long product feed, from bytes to committed records.

A French register made up in its native form (`french_products.py`), served over loopback, pulled
as `hub pull` does: the first time; the same bytes again, all of it forced to be read and mapped,
and as a plain pull; and with one row in a hundred changed. In turns with it `dlt` brings the same
bytes into the same PostgreSQL: mapped and with their versions kept, as the hub does, and apart from
that as mere text by key (`peers/dlt_load.py`). Linking companies and indexing names for search are
later steps than the commit; the first is told apart, after all pulls. Memory is the hub's and
PostgreSQL's.
"""

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import psutil
import psycopg
import uvicorn
from rich.console import Console
from rich.table import Table

from bench import french_products
from bench.pulls import Figures, cpu_of, measure, postmaster, processes
from bench.servers import PEERS, START_SECONDS
from federation.members.registry import FEEDS
from hub.demo.standins.server import build_app
from hub.opening import open_database
from hub.pulling import open_pulls
from hub.settings import Settings
from hub.store.database import Pool, writing_pool
from hub.store.embedded import embedded_postgres
from hub.sync.entities.linking import link_entities
from hub.sync.pull import PullTools, pull
from hub.sync.types import Outcome

ROWS = 1_000_000
ROUNDS = 3
PORT = 18470
FEED = "eu.fr_products"
ADDRESS = f"http://127.0.0.1:{PORT}/{FEED}"
CHANGED_ONE_IN = 100
SLOWER = 3.0
"""What `dlt` takes in what the hub takes, at least."""

JOBS = {"dlt": "records", "dlt, text": "text"}
"""What `dlt` is to do, by the name of its row."""

BARS = {
    "first": "20,000 rows/s, 2,000 MB",
    "again, forced": "",
    "again": "0.1 of the first",
    "changed": "0.25 of the first",
    "dlt": f"{SLOWER:g} of the first",
}
Rows = dict[str, Figures]


def run(rows: int = ROWS) -> Rows:
    """Print the table and give its medians."""
    peer = peer_python()
    rounds: list[Rows] = []
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as name:
        state, file = Path(name), Path(name) / "CIS_bdpm.txt"
        with embedded_postgres(state) as url, serving(file):
            for place in range(ROUNDS):
                french_products.write(file, rows)
                peers = {}
                for row, job in JOBS.items():
                    with database(url, f"dlt{place}") as own:
                        peers[row] = load(peer, job, own, state / f"dlt{place}")
                with database(url, f"hub{place}") as own:
                    asked = ("-m", "bench.ingest", "--pulls", str(file), own)
                    whole, found = measure(state, *asked)
                found["first"]["megabytes"] = whole["megabytes"]
                rounds.append(found | peers)
                shutil.rmtree(state / "landing", ignore_errors=True)
    figures = {step: _medians([each[step] for each in rounds]) for step in rounds[0]}
    for each in figures.values():
        each["of_the_first"] = each["seconds"] / figures["first"]["seconds"]
        each["rows_per_second"] = rows / each["seconds"]
    show(figures, rows)
    return figures


def _medians(rounds: list[Figures]) -> Figures:
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def peer_python() -> Path:
    """Give the interpreter that has dlt, made where there is none."""
    folder = PEERS / ".venv"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        listed = str(PEERS / "dlt.txt")
        install = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", listed]
        subprocess.run(install, check=True)
    return python


@contextmanager
def database(url: str, name: str) -> Iterator[str]:
    """Give a database of its own, gone afterwards: each is some gigabytes."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        connection.execute("CHECKPOINT")
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def serving(file: Path) -> Iterator[None]:
    """Serve the file as its source does, in a process of its own."""
    server = subprocess.Popen([sys.executable, "-m", "bench.ingest", "--serve", str(file)])
    try:
        found = psutil.Process(server.pid)
        for _ in range(START_SECONDS * 10):
            if any(each.laddr.port == PORT for each in found.net_connections("tcp")):
                break
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(START_SECONDS)


def load(python: Path, job: str, database_url: str, folder: Path) -> Figures:
    """Have dlt do a job."""
    url = f"{ADDRESS}{FEEDS[FEED].source.path}"
    # It wants a host and a password; the socket's folder, which is asked for too, goes before.
    target = database_url.replace("postgres:@/", "postgres:none@localhost/")
    command = [python, PEERS / "dlt_load.py", job, url, target, folder]
    before = psutil.Process().cpu_times()
    done = subprocess.run(command, check=True, capture_output=True, cwd=folder.parent)
    after = psutil.Process().cpu_times()
    python_cpu = (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )
    shutil.rmtree(folder)
    return {"seconds": float(done.stdout.split()[-1]), "python_cpu": python_cpu}


async def pulls(file: Path, database_url: str, state: Path) -> Rows:
    """Pull the file four times, as it is and with rows changed; give what each time took."""
    settings = Settings(
        state_dir=state,
        database_url=database_url,
        allow_loopback_sources=True,
        source_base_urls={FEED: ADDRESS},
    )
    found: Rows = {}
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        open_pulls(settings, pool) as tools,
    ):
        found["first"] = await timed(state, lambda: published(tools))
        written = await newest_change(pool)
        found["again, forced"] = await timed(state, lambda: published(tools, is_full=True))
        found["again"] = await timed(state, lambda: unchanged(tools))
        if await newest_change(pool) != written:
            raise RuntimeError("the same file was written again")
        french_products.change(file, CHANGED_ONE_IN)
        found["changed"] = await timed(state, lambda: published(tools))
        if await newest_change(pool) == written:
            raise RuntimeError("no changed row was written")
        found["linking, apart"] = await timed(state, lambda: linked(pool))
    return found


async def timed(state: Path, work: Callable[[], Awaitable[Any]]) -> Figures:
    """Do it, and give its seconds, and those of the processors in Python and in PostgreSQL."""
    postgres = postmaster(state)
    started = time.perf_counter()
    python, server = cpu_of(processes(os.getpid())), cpu_of(processes(postgres))
    await work()
    return {
        "seconds": time.perf_counter() - started,
        "python_cpu": cpu_of(processes(os.getpid())) - python,
        "postgres_cpu": cpu_of(processes(postgres)) - server,
    }


async def published(tools: PullTools, *, is_full: bool = False) -> None:
    result = await pull(FEEDS[FEED], tools, is_full=is_full)
    if result.outcome is not Outcome.PUBLISHED:
        raise RuntimeError(f"not published: {result.reason}")


async def unchanged(tools: PullTools) -> None:
    result = await pull(FEEDS[FEED], tools)
    if result.outcome is not Outcome.UNCHANGED:
        raise RuntimeError(f"not unchanged: {result.reason}")


async def linked(pool: Pool) -> None:
    async with pool.connection() as connection:
        await link_entities(connection)


async def newest_change(pool: Pool) -> list[int]:
    """Give the last number of the change feed, and of the row versions of products."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT last_value, (SELECT max(version_id) FROM product), "
            "(SELECT count(*) FROM product WHERE superseded_at IS NULL) FROM change_seq"
        )
        return list(await cursor.fetchone() or ())


def show(figures: Rows, rows: int) -> None:
    names = ("seconds", "rows_per_second", "of_the_first", "python_cpu", "postgres_cpu")
    names = (*names, "megabytes")
    table = Table("", *names, "bar", title=f"{rows:,} rows of a product feed")
    for step, each in figures.items():
        cells = (f"{each[name]:,.2f}" if name in each else "" for name in names)
        table.add_row(step, *cells, BARS.get(step, ""))
    Console(width=140).print(table)


def main() -> None:
    match sys.argv[1:]:
        case ["--serve", file]:
            app = build_app({FEED: (Path(file),)})
            uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="error")
        case ["--pulls", file, url, "--state", state]:
            print(orjson.dumps(asyncio.run(pulls(Path(file), url, Path(state)))).decode())
        case given:
            run(*map(int, given))


if __name__ == "__main__":
    main()
