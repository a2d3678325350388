"""One server of the bench as a process: `python -m bench.servers KIND --database URL --port N`."""

import argparse
import asyncio
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import uvicorn

from bench import floor, plain
from bench.questions import FLAT, NESTED
from hub.agreements.watch import FixedPolicies
from hub.app import build_app
from hub.gateway.executor import Request
from hub.gateway.plan import Plan
from hub.gateway.schema import build_schema
from hub.identity.types import Caller, Purpose, Role
from hub.policy.engine import Decisions, PolicyEngine, load_policies
from hub.settings import Settings

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


def decisions(settings: Settings) -> Decisions:
    """The caller's predicates, as the hub's own policies give them."""
    return PolicyEngine(load_policies(settings.policies_dir)).decide(CALLER)


class _Recorder:
    """Stands where the gateway's pool does, and answers nothing."""

    @asynccontextmanager
    async def connection(self):
        yield self

    async def execute(self, *_):
        return self

    async def fetchone(self):
        return "null", 0


async def plan_of(question: str, found: Decisions) -> Plan:
    """Plan a question of one field as the hub does."""
    request = Request(CALLER, found, _Recorder(), None)
    await _schema().execute(question, context_value=request)
    (plan,) = request.plans.values()
    return plan


_schema = cache(build_schema)


def statement(question: str, found: Decisions) -> tuple[str, tuple]:
    """Find the statement the hub runs for a question."""
    plan = asyncio.run(plan_of(question, found))
    return plan.quick or plan.sql, plan.parameters


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["hub", "plain", "plain-cached", "floor"])
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    url = f"http://127.0.0.1:{given.port}"
    # One client asks for all, as fast as it is answered.
    settings = Settings(
        state_dir=given.state,
        public_url="http://bench",
        client_rate=0,
        member_rate=0,
        client_quota=0,
        member_quota=0,
    )
    match given.kind:
        case "hub":
            policies = FixedPolicies(load_policies(settings.policies_dir))
            app = build_app(settings, given.database, policies=policies)
        case "floor":
            found = decisions(settings)
            statements = {"flat": statement(FLAT, found), "nested": statement(NESTED, found)}
            app = floor.build(given.database, statements)
        case _:
            cached = given.kind == "plain-cached"
            app = plain.build(given.database, decisions(settings), is_cached=cached)
    print(url, flush=True)
    uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
