"""The servers of the bench as processes, and one of ours: `python -m bench.servers KIND …`.

`started` runs any of them and waits until it answers. The hub's own runs as `hub serve` runs it,
with policies, token verification and disclosure.
"""

import argparse
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import orjson
import psutil
import uvicorn

from bench import floor, plain
from hub.agreements.watch import FixedPolicies
from hub.app import Server, build_app
from hub.entrance import embedded_issuer
from hub.errors import Unavailable
from hub.gateway.execution.executor import Request
from hub.gateway.planning.plan import Plan
from hub.gateway.schema import build_schema
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.types import Caller, Purpose, Role
from hub.policy.engine import Decisions, PolicyEngine, load_policies
from hub.settings import Settings
from hub.tls import PeerProtocol

PEERS = Path(__file__).parent / "peers"
START_SECONDS = 60
CALLER = Caller(
    issuer="bench",
    subject="kr-mfds",
    client="kr-mfds",
    member="KR",
    organisation="Ministry of Food and Drug Safety",
    roles=frozenset({Role.REGULATOR, Role.AGENCY}),
    purpose=Purpose.SHORTAGE_RESPONSE,
    sender_constrained=False,
    token_id="bench",
)


@contextmanager
def started(kind: str, port: int, database: str, state: Path) -> Iterator[psutil.Process]:
    """Run a server of its own process until the block ends; it answers when the block begins.

    Raises:
        RuntimeError: it does not start.
    """
    command = [sys.executable, "-m", "bench.servers", kind, "--state", str(state)]
    command += ["--database", database, "--port", str(port)]
    if (PEERS / f"{kind}.mjs").exists():
        command = [*node(), str(PEERS / f"{kind}.mjs"), database, str(port)]
    production = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | production)
    try:
        found = psutil.Process(process.pid)
        _wait(found, kind, port)
        yield found
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _wait(process: psutil.Process, kind: str, port: int) -> None:
    for _ in range(START_SECONDS * 10):
        if any(each.laddr.port == port for each in process.net_connections("tcp")):
            return
        if process.status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.1)
    raise RuntimeError(f"`{kind}` does not answer on port {port}")


def node() -> list[str]:
    """Find the Node.js that the peers came with, or this machine's own.

    Raises:
        RuntimeError: the peers are not installed.
    """
    if not (PEERS / "node_modules").is_dir():
        raise RuntimeError("the peers are not installed: run `npm ci` in bench/peers")
    own = PEERS / "node_modules" / ".bin" / "node"
    return [str(own) if own.exists() else "node"]


def settings_in(state: Path) -> Settings:
    """Give the hub's settings: one client asks for all, as fast as it is answered."""
    return Settings(
        state_dir=state,
        public_url="http://bench",
        client_rate=0,
        member_rate=0,
        client_quota=0,
        member_quota=0,
    )


def token_of(state: Path) -> str:
    """Mint the caller's token."""
    client = next(client for client in DEMO_CLIENTS if client.client_id == CALLER.client)
    return embedded_issuer(settings_in(state)).mint(client, CALLER.purpose, 3600)


def decisions(settings: Settings) -> Decisions:
    """The caller's predicates, as the hub's own policies give them."""
    return PolicyEngine(load_policies(settings.policies_dir)).decide(CALLER)


class _NoPool:
    """Stands where the gateway's pool does, for questions that are only planned."""

    def connection(self):
        raise Unavailable("the question is only planned")


async def plan_of(
    question: str, found: Decisions, variables: dict[str, object] | None = None
) -> Plan:
    """Plan a question of one field as the hub does."""
    # That there is no database is no news here.
    logging.getLogger("strawberry.execution").disabled = True
    request = Request(CALLER, found, _NoPool(), None, None)
    await _schema().execute(question, variables, context_value=request)
    (plan,) = request.plans.values()
    return plan


_schema = cache(build_schema)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["hub", "plain", "floor"])
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    serving = {"proxy_headers": False, "log_level": "warning", "access_log": False}
    match given.kind:
        case "hub":
            settings = settings_in(given.state)
            policies = FixedPolicies(load_policies(settings.policies_dir))
            app = build_app(settings, given.database, policies=policies)
            Server(uvicorn.Config(app, port=given.port, http=PeerProtocol, **serving)).run()
        case "floor":
            statements = orjson.loads((given.state / floor.STATEMENTS).read_bytes())
            uvicorn.run(floor.Floor(given.database, statements), port=given.port, **serving)
        case _:
            uvicorn.run(plain.build(given.database), port=given.port, **serving)


if __name__ == "__main__":
    main()
