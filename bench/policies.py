"""`python -m bench.policies`: what policies cost on a million notices, beside the same without.

One embedded PostgreSQL; the gateway's own statements on one of its own connections, all sets of
policies in turn, several rounds, medians. `new` is a statement as first asked, planned each time;
the others are kept, as the hub keeps them. `http` is the page through the hub, one after another.
"""

import asyncio
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table

from bench.load import load, post
from bench.notices import FIRST_THREE, LAST_THREE, UNFORESEEN_THREE, fill
from bench.questions import body
from bench.servers import CALLER, plan_of
from federation.records.declaration import Group
from federation.vocabularies.terms import NoticeKind, SupplyStatus
from hub.agreements.watch import FixedPolicies
from hub.app import build_app
from hub.entrance import embedded_issuer
from hub.gateway.execution.executor import plan_row
from hub.gateway.planning.plan import Plan
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.types import Purpose
from hub.policy.admission import admit
from hub.policy.agreement import Agreement
from hub.policy.engine import Decisions, PolicyEngine
from hub.policy.policy_set import PolicySet
from hub.policy.principals import MEMBERS
from hub.settings import ROOT, Settings
from hub.store.database import migrate, reading_pool
from hub.store.embedded import embedded_postgres

ROUNDS = 15
PORT = 18420
HTTP_SECONDS = 3.0
THROUGH_HTTP = ("all open", "10", "100", "1000")
BARS = {
    "page": "1.5 x all open",
    "total": "3 x all open",
    "three rows": "50 ms",
    "admission of 1000": "10 s",
}
PAGE = """{ supplyNotices(first: 50) { nodes {
  key origin kind status title nativeStatus legalFact reasonText } } }"""
QUESTIONS = {
    "page": PAGE,
    "total": "{ supplyNotices(first: 1) { totalCount } }",
    "nested": """{ products(first: 50) { nodes {
      key name supplyNotices(first: 5) { key status reasonText } } } }""",
}
OPEN = '@id("baseline/all") permit (principal, action in Action::"read", resource);'

Figures = dict[str, float]
Results = dict[str, Figures]


def run() -> Results:
    """Print the table and give its figures by set, in milliseconds but for `admit_s`."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        results = asyncio.run(_run(Path(folder)))
    show(results)
    return results


async def _run(state: Path) -> Results:
    results: Results = defaultdict(dict)
    sets, decided = {}, {}
    for name, (baseline, agreements) in policies().items():
        with _timed(results[name], "admit_s", unit_s=1.0):
            sets[name] = admit(baseline, agreements)
        engine = PolicyEngine(sets[name])
        with _timed(results[name], "decide"):
            decided[name] = engine.decide(CALLER)
        with _timed(results[name], "look_up"):
            engine.decide(CALLER)
    with embedded_postgres(state) as url:
        await migrate(url)
        await asyncio.to_thread(fill, url)
        for name, figures in (await _measured(url, decided)).items():
            results[name] |= figures
        for name in THROUGH_HTTP:
            results[name]["http"] = await _through_http(state, url, sets[name])
    return dict(results)


async def _measured(url: str, decided: Mapping[str, Decisions]) -> Results:
    plans = {
        (name, question): await plan_of(text, decided[name])
        for name in decided
        for question, text in QUESTIONS.items()
    }
    taken: dict[tuple[str, str], list[float]] = defaultdict(list)
    async with reading_pool(url, max_size=1) as pool, pool.connection() as connection:
        for _ in range(ROUNDS):
            for (name, question), plan in plans.items():
                taken[name, question].append(await _milliseconds(connection, plan, 0))
            for name in decided:
                plan = plans[name, "page"]
                taken[name, "new"].append(await _milliseconds(connection, plan, None))
    results: Results = defaultdict(dict)
    for (name, question), figures in taken.items():
        results[name][question] = statistics.median(figures)
    return results


async def _milliseconds(
    connection: AsyncConnection, plan: Plan, prepare_threshold: int | None
) -> float:
    connection.prepare_threshold = prepare_threshold
    started = time.perf_counter()
    await plan_row(plan, connection)
    return (time.perf_counter() - started) * 1000


async def _through_http(state: Path, url: str, policies: PolicySet) -> float:
    settings = Settings(
        state_dir=state, public_url="http://bench", client_rate=0, member_rate=0, client_quota=0
    )
    client = next(client for client in DEMO_CLIENTS if client.client_id == CALLER.client)
    token = embedded_issuer(settings).mint(client, CALLER.purpose, 3600)
    async with _served(settings, url, policies):
        request = post("/graphql", body(PAGE), token)
        await load(PORT, request, connections=1, seconds=0.5)
        done = await load(PORT, request, connections=1, seconds=HTTP_SECONDS)
    return done.seconds / done.requests * 1000


@asynccontextmanager
async def _served(settings: Settings, url: str, policies: PolicySet) -> AsyncIterator[None]:
    app = build_app(settings, url, policies=FixedPolicies(policies))
    server = uvicorn.Server(
        uvicorn.Config(app, port=PORT, log_level="warning", access_log=False, lifespan="on")
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - the server tells by an attribute alone
        await asyncio.sleep(0.05)
    yield
    server.should_exit = True
    await serving


class _timed:  # noqa: N801 - reads as the function it stands for
    """Notes how long a block took, in milliseconds or another unit."""

    def __init__(self, figures: Figures, name: str, unit_s: float = 0.001) -> None:
        self._figures, self._name, self._unit_s = figures, name, unit_s

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._figures[self._name] = (time.perf_counter() - self._started) / self._unit_s


def policies() -> dict[str, tuple[str, list[Agreement]]]:
    """List the sets, a baseline and agreements each."""
    committed = (ROOT / "policies" / "baseline.cedar").read_text("utf-8")
    return {
        "all open": (OPEN, []),
        **{str(count): (committed, drawn(count)) for count in (10, 100, 1000)},
        **{f"{n}, none outright": (committed, drawn(n, outright=0.0)) for n in (100, 1000)},
        "first three rows": ("", [_few(*FIRST_THREE)]),
        "last three rows": ("", [_few(*LAST_THREE)]),
        "three unforeseen": ("", [_few(*UNFORESEEN_THREE)]),
    }


def _few(owner: str, where: Mapping[str, Sequence[str]]) -> Agreement:
    share = {"records": ["SupplyNotice"], "groups": [Group.PUBLIC], "where": where}
    return _agreement("few", owner, [share])


def drawn(count: int, *, outright: float = 0.1, seed: int = 1) -> list[Agreement]:
    """Draw agreements that use what an agreement can say, a part of them without conditions."""
    draw = random.Random(seed)
    return [_drawn(draw, number, is_outright=draw.random() < outright) for number in range(count)]


def _drawn(draw: random.Random, number: int, *, is_outright: bool) -> Agreement:
    shares = [
        {"records": records, "groups": groups}
        | ({} if is_outright else _conditions(draw, is_notice=records == ["SupplyNotice"]))
        for records, groups in _shares(draw)
    ]
    return _agreement(
        f"drawn-{number}",
        MEMBERS[number % len(MEMBERS)],
        shares,
        members=draw.choice(([], draw.sample(MEMBERS, 2))),
        purposes=draw.sample(list(Purpose), draw.randint(2, len(Purpose))),
    )


def _shares(draw: random.Random) -> Iterator[tuple[list[str], list[str]]]:
    yield ["SupplyNotice"], [Group.PUBLIC]
    yield ["SupplyNotice"], draw.sample([Group.OPERATIONAL, Group.COMMERCIAL, Group.NATIVE], 2)
    yield draw.sample(["Product", "Ingredient", "Organization", "Package"], 2), [Group.PUBLIC]


def _conditions(draw: random.Random, *, is_notice: bool) -> dict[str, Any]:
    where = {}
    if is_notice and draw.random() < 0.7:
        where["status"] = draw.sample(list(SupplyStatus), draw.randint(1, 4))
    if is_notice and (not where or draw.random() < 0.7):
        where["kind"] = draw.sample(list(NoticeKind), draw.randint(1, 3))
    return {"where": where, "embargo_days": draw.choice((0, 7, 14, 30, 90) if where else (7, 14))}


def _agreement(
    name: str,
    owner: str,
    shares: Sequence[Mapping[str, Any]],
    *,
    members: Sequence[str] = (),
    purposes: Sequence[Purpose] = tuple(Purpose),
) -> Agreement:
    stated = {
        "id": name,
        "owner": owner,
        "title": "An agreement of the bench",
        "legal_basis": "none",
        "recipients": {"members": members, "roles": ["regulator", "agency"]},
        "purposes": purposes,
        "valid_from": "2026-01-01",
        "share": shares,
    }
    return Agreement.model_validate_json(orjson.dumps(stated))


def show(results: Results) -> None:
    """Print the figures, and in brackets how they stand to those with everything open."""
    base = results["all open"]
    names = ("page", "new", "total", "nested", "http", "decide", "look_up", "admit_s")
    table = Table("policies", *names, title="1,000,000 notices, ms; admission in s")
    for policies_name, figures in results.items():
        cells = []
        for name in names:
            cell = f"{figures[name]:,.3g}" if name in figures else ""
            if cell and name in {"page", "new", "total", "nested", "http"}:
                cell += f" ({figures[name] / base[name]:.1f})"
            cells.append(cell)
        table.add_row(policies_name, *cells)
    console = Console(width=120)
    console.print(table)
    console.print("bars:", ", ".join(f"{name} {bar}" for name, bar in BARS.items()))


if __name__ == "__main__":
    run()
