"""`python -m bench.endings`: how long an agreement goes on biting after its owner closed it.

Two `hub serve` processes on one database of the demo's records. In each turn Korea's agency
suspends an agreement; from its commit on, the clock runs until each gateway's answers no longer
show a row, an open subscription tells that they are gone, and a bulk file made before is not
given. Then it is resumed.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, aclosing, asynccontextmanager, contextmanager, suppress
from pathlib import Path

import httpx  # noqa: TID251 - asks servers on loopback
import orjson
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table

from hub.agreements import proceedings
from hub.demo.run import BUNDLED, pull_all
from hub.demo.signing import sign_all
from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.demo.standins.process import start_standins
from hub.entrance import embedded_issuer
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.types import Caller, Purpose
from hub.opening import open_database
from hub.settings import Settings

TURNS = 20
PORTS = (18431, 18432)
ADDRESS = "http://bench"
BAR_S = 5.0
AGREEMENT = "kr-supply"
START_SECONDS = 60.0
LOOK_SECONDS = 0.005

SEEN = {"query": "{ supplyNotices(filter: {origin: {in: [KR]}}) { totalCount } }"}
FOLLOWED = {
    "query": 'subscription { changes(types: ["SupplyNotice"], origins: ["KR"]) '
    "{ nodes { kind } endCursor } }"
}

EXPORTED = {
    "query": "{ supplyNotices(filter: {origin: {in: [KR]}}) { nodes { key title } } }",
    "format": "ndjson",
}

Results = dict[str, dict[str, float]]


def run() -> Results:
    """Print the table and give its figures, in seconds, by place."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        results = asyncio.run(_run(Path(folder)))
    show(results)
    return results


async def _run(state: Path) -> Results:
    settings = Settings(state_dir=state, public_url=ADDRESS, allow_loopback_sources=True)
    clients = {client.client_id: client for client in DEMO_CLIENTS}
    taken: dict[str, list[float]] = {
        place: [] for place in ("gateways", "subscription", "file", "opening")
    }
    async with _filled(settings) as url, await AsyncConnection.connect(url) as connection:
        token = embedded_issuer(settings).mint(clients["us-fda"], Purpose.SHORTAGE_RESPONSE, 3600)
        owner = _owner(clients["kr-mfds"].organisation)
        with _gateways(state):
            async with httpx.AsyncClient(
                headers={"authorization": f"Bearer {token}"}, timeout=START_SECONDS
            ) as http:
                await asyncio.gather(*(_until(http, port, is_open=True) for port in PORTS))
                for _ in range(TURNS):
                    await _turn(http, connection, owner, taken)
    return {
        place: {"median_s": statistics.median(figures), "longest_s": max(figures)}
        for place, figures in taken.items()
    }


async def _turn(
    http: httpx.AsyncClient,
    connection: AsyncConnection,
    owner: Caller,
    taken: dict[str, list[float]],
) -> None:
    async with (
        http.stream(
            "POST", _url(PORTS[0]), json=FOLLOWED, headers={"accept": "text/event-stream"}
        ) as stream,
        aclosing(stream.aiter_lines()) as lines,
    ):
        await _event(lines, "endCursor")
        export, link = await _file(http)
        await proceedings.suspend(connection, owner, AGREEMENT, "the bench")
        await connection.commit()
        closed = time.perf_counter()
        told, refused, *gone = await asyncio.gather(
            _event(lines, "LEFT"),
            _refused(http, link),
            *(_until(http, port, is_open=False) for port in PORTS),
        )
    taken["gateways"] += [each - closed for each in gone]
    taken["subscription"].append(told - closed)
    taken["file"].append(refused - closed)
    await http.delete(export)
    await proceedings.resume(connection, owner, AGREEMENT, "the bench")
    await connection.commit()
    opened = time.perf_counter()
    back = await asyncio.gather(*(_until(http, port, is_open=True) for port in PORTS))
    taken["opening"] += [each - opened for each in back]


async def _until(http: httpx.AsyncClient, port: int, *, is_open: bool) -> float:
    """Ask until a gateway shows rows, or shows none; give the instant."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                answer = orjson.loads((await http.post(_url(port), json=SEEN)).content)
                # Without data it was refused, because the policies moved while it was answered.
                data = answer.get("data")
                if data and bool(data["supplyNotices"]["totalCount"]) is is_open:
                    return time.perf_counter()
            except httpx.ConnectError:
                pass
            await asyncio.sleep(LOOK_SECONDS)


async def _file(http: httpx.AsyncClient) -> tuple[str, str]:
    """Have a bulk file made by a gateway; give the address of the export, and of its file."""
    gateway = f"http://127.0.0.1:{PORTS[1]}"
    asked = (await http.post(f"{gateway}/exports", json=EXPORTED)).json()
    address = asked["address"].replace(ADDRESS, gateway)
    async with asyncio.timeout(START_SECONDS):
        while (found := (await http.get(address)).json())["state"] != "READY":  # noqa: ASYNC110 - a process tells when asked
            await asyncio.sleep(LOOK_SECONDS)
    return address, found["file"]["address"].replace(ADDRESS, gateway)


async def _refused(http: httpx.AsyncClient, link: str) -> float:
    """Fetch a file until it is given no longer, or breaks off; give the instant."""
    with suppress(httpx.RemoteProtocolError):
        async with asyncio.timeout(START_SECONDS):
            while (await http.get(link)).status_code == httpx.codes.OK:  # noqa: ASYNC110 - likewise
                await asyncio.sleep(LOOK_SECONDS)
    return time.perf_counter()


async def _event(lines: AsyncIterator[str], kind: str) -> float:
    """Read a stream until it tells of a change of a kind; give the instant."""
    async with asyncio.timeout(START_SECONDS):
        async for line in lines:
            if kind in line:
                return time.perf_counter()
    raise RuntimeError("the subscription ended")


def _owner(organisation: str) -> Caller:
    roles = frozenset(next(c for c in DEMO_CLIENTS if c.client_id == "kr-mfds").roles)
    return Caller(
        ADDRESS, "bench", "kr-mfds", "KR", organisation, roles, Purpose.EXERCISE, False, "bench"
    )


@asynccontextmanager
async def _filled(settings: Settings) -> AsyncIterator[str]:
    os.environ.setdefault("DATA_GO_KR_SERVICE_KEY", DEMO_SERVICE_KEY)
    async with open_database(settings) as url:
        async with start_standins(BUNDLED) as standins:
            settings.source_base_urls = standins.base_urls
            await pull_all(settings, url)
        async with await AsyncConnection.connect(url) as connection:
            await sign_all(connection, settings.policies_dir)
        yield url


@contextmanager
def _gateways(state: Path) -> Iterator[None]:
    environment = os.environ | {"HUB_PUBLIC_URL": ADDRESS}
    with ExitStack() as stack:
        for port in PORTS:
            command = [sys.executable, "-m", "hub", "serve", "--state", state, "--port", str(port)]
            process = subprocess.Popen(
                command,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait, START_SECONDS)
            stack.callback(process.terminate)
        yield


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}/graphql"


def show(results: Results) -> None:
    """Print the figures beside the bar."""
    table = Table("from the commit to", "median s", "longest s", title="The end of an agreement")
    rows = {
        "no row shown, two gateways": "gateways",
        "told on an open subscription": "subscription",
        "a file made before is refused": "file",
        "shown again, once resumed": "opening",
    }
    for row, place in rows.items():
        figures = results[place]
        table.add_row(row, f"{figures['median_s']:.2f}", f"{figures['longest_s']:.2f}")
    Console().print(table, f"bar: {BAR_S:.0f} s")


if __name__ == "__main__":
    run()
