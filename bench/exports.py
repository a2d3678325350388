"""`python -m bench.exports [ROWS]`: bulk files of synthetic notices, by format.

One gateway in a process of its own, token verification, policies and disclosure on; a client asks,
waits and downloads. Memory is the process's resident set, before the first export and at its peak
while one is made and fetched: the bar is 200 MB more for a Parquet file of 200 MB.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx  # noqa: TID251 - asks over loopback
import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from bench.servers import CALLER
from hub.entrance import embedded_issuer
from hub.exports.formats import FORMATS
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.opening import open_database
from hub.settings import Settings

ROWS = 420_000
FEWER = 50_000
"""Rows of the formats that are not measured at full size."""

PORT = 18460
PUBLIC_URL = "http://bench"
"""What the bench's servers are called; they are asked at this machine's own address."""

START_SECONDS = 60
BAR = {"file_mb": 200.0, "added_mb": 200.0}
FIELDS = (
    "key origin title kind status nativeStatus legalFact retrievedAt recordedAt packageCodes "
    "startsOn { text earliest } reason reasonText impactText stockText"
)
INSERT = """
    INSERT INTO supply_notice (content_digest, pull_id, native_row, change_seq, key, origin,
        national_id, national_id_scheme, feed, listing, retrieved_at, first_recorded_at,
        recorded_at, vocabulary_edition, native, title, kind, status, native_status, legal_fact,
        package_codes, starts_on, reason_text, impact_text, stock_text)
    SELECT '', 1, n, n, 'KR.SupplyNotice.' || lpad(n::text, 9, '0'), 'KR', n::text, 'bench',
        'kr.mfds.shortages', 'LISTED', now(), now() - interval '1 day', now() - interval '1 day',
        1, '{}', 'Medicine ' || n || ' ' || md5(n::text), 'SHORTAGE', 'ONGOING', 'Current',
        'Pharmaceutical Affairs Act', ARRAY[md5((n + 1)::text)],
        '{"text": "2026", "earliest": "2026-01-01", "latest": "2026-12-31", "precision": "YEAR"}',
        long.words, long.words, long.words
    FROM generate_series(1, %s) n,
        LATERAL (SELECT string_agg(md5((n * 9 + i)::text), ' ') AS words
                 FROM generate_series(1, 9) i) long
"""
Figures = dict[str, float]


def run(rows: int = ROWS) -> dict[str, Figures]:
    """Print the table and give its figures."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        results = asyncio.run(measure(Path(folder), rows))
    show(results)
    return results


async def measure(state: Path, rows: int) -> dict[str, Figures]:
    settings = Settings(state_dir=state, public_url=PUBLIC_URL)
    async with open_database(settings) as url:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute(INSERT, [rows])
            await connection.execute("VACUUM ANALYZE supply_notice")
        client = next(each for each in DEMO_CLIENTS if each.client_id == CALLER.client)
        with served(state, url) as server:
            async with httpx.AsyncClient(timeout=None, base_url=f"http://127.0.0.1:{PORT}") as http:
                token = embedded_issuer(settings).mint(client, CALLER.purpose, 3600)
                http.headers["authorization"] = f"Bearer {token}"
                await ready(http)
                process = psutil.Process(server.pid)
                results = {"parquet": await one(http, process, "parquet", rows)}
                for form in FORMATS:
                    name = f"{form} {FEWER}"
                    results[name] = await one(http, process, form, min(FEWER, rows))
    return results


@contextmanager
def served(state: Path, database: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "bench.servers", "hub", "--state", str(state)]
    command += ["--database", database, "--port", str(PORT)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield server
    finally:
        server.terminate()
        server.wait(START_SECONDS)


async def ready(http: httpx.AsyncClient) -> None:
    for _ in range(START_SECONDS * 10):
        try:
            if (await http.get("/healthz")).status_code == 200:
                return
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    raise RuntimeError("the server does not answer")


async def one(http: httpx.AsyncClient, process: psutil.Process, form: str, rows: int) -> Figures:
    """Make one file and fetch it, looking at the server's memory all the while."""
    before, peak, cpu, began = memory(process), Peak(process), cpu_of(process), time.perf_counter()
    watching = asyncio.create_task(peak.watch())
    query = f"{{ supplyNotices(first: {rows}) {{ nodes {{ {FIELDS} }} }} }}"
    answer = await http.post("/exports", json={"query": query, "format": form})
    shown: dict[str, Any] = answer.raise_for_status().json()
    while shown["state"] in {"QUEUED", "RUNNING"}:
        await asyncio.sleep(0.05)
        shown = (await http.get(path_of(shown))).raise_for_status().json()
    if shown["state"] != "READY" or shown["manifest"]["rows"] != rows:
        raise RuntimeError(f"{form}: {shown}")
    made, cpu = time.perf_counter() - began, cpu_of(process) - cpu
    size, began = 0, time.perf_counter()
    async with http.stream("GET", path_of(shown["file"])) as file:
        async for chunk in file.aiter_bytes():
            size += len(chunk)
    fetched = time.perf_counter() - began
    watching.cancel()
    (await http.delete(path_of(shown))).raise_for_status()
    return {
        "rows": rows,
        "file_mb": size / 1e6,
        "seconds": made,
        "rows_per_second": rows / made,
        "cpu_seconds": cpu,
        "fetch_mb_per_second": size / 1e6 / fetched,
        "before_mb": before / 1e6,
        "peak_mb": peak.bytes / 1e6,
        "added_mb": (peak.bytes - before) / 1e6,
    }


def path_of(shown: dict[str, Any]) -> str:
    return str(shown["address"]).removeprefix(PUBLIC_URL)


class Peak:
    """The most memory a process was seen to have."""

    def __init__(self, process: psutil.Process) -> None:
        self.bytes = 0
        self._process = process

    async def watch(self) -> None:
        while True:
            self.bytes = max(self.bytes, memory(self._process))
            await asyncio.sleep(0.02)


def memory(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


def cpu_of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def show(results: dict[str, Figures]) -> None:
    table = Table("", *next(iter(results.values())), title="bulk files")
    for name, figures in (*results.items(), ("bar", BAR)):
        columns = next(iter(results.values()))
        table.add_row(name, *(f"{figures[n]:,.1f}" if n in figures else "" for n in columns))
    Console(width=140).print(table)


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
