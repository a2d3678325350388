"""`make bench`: prints the table and writes `bench/results.json`.

Servers run one by one on the same database, in turns, several rounds each; medians are shown, and
what counts are the ratios. CPU is the server process's own user and system time per request.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import orjson
import psutil
from rich.console import Console
from rich.table import Table

from bench import endings, exports, identity, policies, pulls, substances
from bench.load import fetch, load, post
from bench.questions import FLAT, NESTED, body
from bench.servers import CALLER
from hub.app import open_database
from hub.demo.run import BUNDLED, pull_all
from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.demo.standins.process import start_standins
from hub.entrance import embedded_issuer
from hub.identity.clients import DEMO_CLIENTS
from hub.settings import Settings

ROUNDS = 5
SECONDS = 2.0
CONNECTIONS = 8
START_SECONDS = 60
KINDS = ("floor", "hub", "plain", "plain-cached")
QUESTIONS = {"flat": FLAT, "nested": NESTED}
RESULTS = Path(__file__).parent / "results.json"


@asynccontextmanager
async def filled_database(state: Path) -> AsyncIterator[str]:
    """A database that holds what the demo's members serve."""
    os.environ.setdefault("DATA_GO_KR_SERVICE_KEY", DEMO_SERVICE_KEY)
    settings = Settings(state_dir=state, allow_loopback_sources=True)
    async with open_database(settings) as database, start_standins(BUNDLED) as standins:
        settings.source_base_urls = standins.base_urls
        await pull_all(settings, database)
        yield database


@contextmanager
def server(kind: str, state: Path, database: str, port: int) -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", "bench.servers", kind, "--state", str(state)]
    command += ["--database", database, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(START_SECONDS)


async def answers(port: int, request: bytes) -> bytes:
    """Wait until a server answers, and give its answer."""
    for _ in range(START_SECONDS * 10):
        try:
            return await fetch(port, request)
        except OSError:
            await asyncio.sleep(0.1)
    raise RuntimeError(f"nothing answers on port {port}")


def request_for(kind: str, question: str, token: str) -> bytes:
    path = f"/{question}" if kind == "floor" else "/graphql"
    return post(path, body(QUESTIONS[question]), token)


async def measure(state: Path, database: str) -> dict[str, dict[str, dict[str, float]]]:
    """Load every server in turn, and give the median of each figure by question and server."""
    client = next(client for client in DEMO_CLIENTS if client.client_id == CALLER.client)
    issuer = embedded_issuer(Settings(state_dir=state, public_url="http://bench"))
    token = issuer.mint(client, CALLER.purpose, 3600)
    figures: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    with ExitStack() as stack:
        ports = {kind: 18400 + place for place, kind in enumerate(KINDS)}
        processes = {
            kind: stack.enter_context(server(kind, state, database, ports[kind])) for kind in KINDS
        }
        for question in QUESTIONS:
            await check_same(ports, question, token)
        for _ in range(ROUNDS):
            for question in QUESTIONS:
                for kind in KINDS:
                    request = request_for(kind, question, token)
                    figure = await one_round(processes[kind], ports[kind], request)
                    figures[question, kind].append(figure)
    return {
        question: {
            kind: {
                name: statistics.median(round_[name] for round_ in figures[question, kind])
                for name in figures[question, kind][0]
            }
            for kind in KINDS
        }
        for question in QUESTIONS
    }


async def check_same(ports: dict[str, int], question: str, token: str) -> None:
    """Make sure that all servers answer the same, before any is timed."""
    found = {}
    for kind, port in ports.items():
        answer = orjson.loads(await answers(port, request_for(kind, question, token)))
        if "errors" in answer:
            raise RuntimeError(f"{kind} answers {question} with {answer['errors']}")
        found[kind] = answer["data"]
    for kind, data in found.items():
        if data != found["hub"]:
            raise RuntimeError(f"{kind} and hub differ on {question}")
    if len(found["hub"]["supplyNotices"]["nodes"]) != 50:
        raise RuntimeError(f"{question} has not 50 rows")


async def one_round(process: psutil.Process, port: int, request: bytes) -> dict[str, float]:
    before = process.cpu_times()
    done = await load(port, request, connections=CONNECTIONS, seconds=SECONDS)
    after = process.cpu_times()
    cpu = after.user + after.system - before.user - before.system
    return {
        "requests_per_second": done.requests / done.seconds,
        "cpu_ms": cpu / done.requests * 1000,
        "kilobytes": done.body_bytes / 1000,
    }


def show(results: dict[str, dict[str, dict[str, float]]]) -> None:
    table = Table(
        "question", "server", "req/s", "x plain", "CPU ms", "kB", title="GraphQL over HTTP"
    )
    for question, kinds in results.items():
        for kind, figure in kinds.items():
            ratio = figure["requests_per_second"] / kinds["plain"]["requests_per_second"]
            table.add_row(
                question,
                kind,
                f"{figure['requests_per_second']:.0f}",
                f"{ratio:.1f}",
                f"{figure['cpu_ms']:.2f}",
                f"{figure['kilobytes']:.1f}",
            )
    Console().print(table)


async def run() -> None:
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        state = Path(folder)
        async with filled_database(state) as database:
            results = await measure(state, database)
    show(results)
    results["identity"] = await asyncio.to_thread(identity.run)
    results["policies"] = await asyncio.to_thread(policies.run)
    results["endings"] = await asyncio.to_thread(endings.run)
    results["exports"] = await asyncio.to_thread(exports.run)
    if pulls.DATA.is_dir():
        results |= {"pulls": pulls.run(), "substances": substances.run()}
    else:
        print("the members' real files are not there")
    RESULTS.write_bytes(orjson.dumps(results, option=orjson.OPT_INDENT_2))


asyncio.run(run())
