"""An endpoint by itself, whose caller, policies and disclosures a test sets and sees."""

import httpx  # noqa: TID251 - asks an in-process application, not the network
from starlette.applications import Starlette
from starlette.routing import Route

from hub.gateway.changes.feed import ChangeFeed
from hub.gateway.changes.places import Seal
from hub.gateway.changes.subscriptions import ChangeDesk
from hub.gateway.changes.wakeups import Wakeups
from hub.gateway.desks import Desks
from hub.gateway.desks.agreements import AgreementDesk
from hub.gateway.desks.review import ReviewDesk
from hub.gateway.edge.endpoint import GraphQLEndpoint
from hub.gateway.execution.executor import Request
from hub.gateway.schema import build_schema
from hub.identity.authentication import Admission
from hub.identity.types import Caller, Purpose
from hub.policy.engine import PolicyEngine
from hub.policy.policy_set import PolicySet
from hub.store.database import Pool
from tests.hub.gateway.serving import ADDRESS, caller_of

SCHEMA = build_schema()
CALLERS = [caller_of(client, Purpose.EXERCISE) for client in ("kr-mfds", "us-fda", "eu-ema")]


class Desk:
    """Keeps its plans while its caller and its policies change."""

    def __init__(self, pool: Pool, policies: PolicySet, review: ReviewDesk | None = None) -> None:
        self.pool = pool
        self.engine = PolicyEngine(policies)
        self.caller = CALLERS[0]
        self.disclosed: list[tuple[Caller, str, Request]] = []
        self.refusal: Exception | None = None
        endpoint = GraphQLEndpoint(
            SCHEMA,
            self,
            self.engine.decide,
            pool,
            self.disclose,
            changes=ChangeDesk(ChangeFeed(Seal("a secret")), Wakeups()),
            desks=Desks(
                writing=pool,
                agreements=AgreementDesk(self.engine),
                held=None,
                review=review,
                submissions=None,
                webhooks=None,
            ),
        )
        app = Starlette(routes=[Route("/graphql", endpoint.answer, methods=["POST"])])
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS)

    async def admit(self, _connection: object) -> Admission:
        async def again() -> Caller:
            return self.caller

        return Admission(self.caller, again)

    def headers(self, _error: object) -> dict[str, str]:
        return {}

    async def disclose(self, caller: Caller, question: str, request: Request) -> str:
        if self.refusal:
            raise self.refusal
        self.disclosed.append((caller, question, request))
        return f"entry {len(self.disclosed)}"

    async def ask(
        self,
        question: str,
        variables: dict | None = None,
        caller: Caller | None = None,
        operation: str | None = None,
    ) -> httpx.Response:
        self.caller = caller or self.caller
        headers = {"authorization": "Bearer x"}
        body = {"query": question, "variables": variables, "operationName": operation}
        return await self.http.post("/graphql", json=body, headers=headers)
