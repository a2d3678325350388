"""The HTTP edge of GraphQL: a token, one operation, one JSON answer.

How a question is read from a request is in `questions/question.py`, in which media type it is
answered in `questions/media_types.py`. Without a token that holds nothing is parsed.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson
import strawberry
import structlog
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLFormattedError,
    OperationType,
    get_operation_ast,
)
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from hub.disclosure.asked import Asked
from hub.disclosure.ledger import AggregateLedger
from hub.errors import Conflict, HubError, InvalidInput, MethodNotAllowed
from hub.gateway.changes.subscriptions import ChangeDesk, Subscription
from hub.gateway.desks import Desks
from hub.gateway.execution.executor import Request, execute, subscribe
from hub.gateway.execution.freshness import Staleness, types_of
from hub.gateway.execution.observing import DISCLOSE, IDENTITY, READ, UNKNOWN, Observer, Watch
from hub.gateway.execution.plan_cache import PlanCache
from hub.gateway.execution.roots import plans_cost
from hub.gateway.planning.plan import Decisions
from hub.gateway.questions.introspection import SchemaRights
from hub.gateway.questions.media_types import MediaType, accepted
from hub.gateway.questions.parsed import MAX_ERRORS, Documents, Refused
from hub.gateway.questions.question import Question, question_of
from hub.gateway.questions.trusted import TrustedDocuments
from hub.gateway.subgraph.entities import EntitiesPlan
from hub.identity.authentication import Authenticator
from hub.identity.types import Caller
from hub.store.database import Pool

_FAILED = "the hub failed inside: ask again, and tell its operator when"
_log = structlog.get_logger()

_IN_EVENTS = InvalidInput(
    "a subscription is answered with events: ask for `text/event-stream`, or over WebSocket",
    code="SUBSCRIPTION",
)

# Each answer is on record: none may be given again by a cache that keeps no such record.
ANSWER_HEADERS = {"Cache-Control": "no-store"}

MAX_ATTEMPTS = 3
"""How often a question is answered anew because the policies changed meanwhile."""

Check = Callable[[], Awaitable[Caller]]
"""Says who calls; raises once the token holds no longer."""

Disclose = Callable[[Caller, str, Request], Awaitable[str]]
"""Makes durable what was asked, by whom, and what was shown, before the answer goes; gives the id
of that record, which the answer names."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of an answer; it is a result where an operation ran, and gives `data`."""

    body: bytes
    is_result: bool


class GraphQLEndpoint:
    """Answers `/graphql`: queries by GET, anything by POST."""

    def __init__(
        self,
        schema: strawberry.Schema,
        authenticator: Authenticator,
        decide: Callable[[Caller], Decisions],
        pool: Pool,
        disclose: Disclose,
        *,
        changes: ChangeDesk,
        desks: Desks,
        ledger: AggregateLedger | None = None,
        ready: Callable[[Caller], Awaitable[None]] | None = None,
        trusted: TrustedDocuments | None = None,
        rights: SchemaRights | None = None,
        observer: Observer | None = None,
        staleness: Staleness | None = None,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - Strawberry's own way to graphql-core's
        self._documents = Documents(self._schema, rights)
        self._plans = PlanCache()
        self._authenticator = authenticator
        self._decide = decide
        self._pool = pool
        self._disclose = disclose
        self._changes = changes
        self._desks = desks
        self._ledger = ledger
        self._ready = ready
        self._observer = observer or Observer()
        self._staleness = staleness or Staleness()
        self.trusted = trusted or TrustedDocuments()

    async def answer(self, http: HttpRequest) -> Response:
        """Answer one request. Errors of the question come inside GraphQL's own envelope."""
        watch = self._observer.begin()
        response = await self._response(http, watch)
        timing = self._observer.finish(watch)
        if watch.member != UNKNOWN:
            # Of a token that was refused it would tell at which check.
            response.headers["Server-Timing"] = timing
        return response

    async def _response(self, http: HttpRequest, watch: Watch) -> Response:
        media_type = MediaType.JSON
        try:
            with watch.stage(IDENTITY):
                caller = (await self._authenticator.admit(http)).caller
            watch.member = caller.member
            media_type = accepted(http.headers.getlist("accept"))
            with watch.stage(READ):
                question = await question_of(http, self.trusted)
            answer = await self._answer(caller, question, watch)
        except Refused as refused:
            watch.code = _code(refused)
            answer = Answer(orjson.dumps({"errors": shown_errors(refused)}), is_result=False)
        except HubError as error:
            watch.code = _code(error)
            return refusal(error, self._authenticator.headers(error), media_type)
        except Exception as error:  # noqa: BLE001 - whatever failed, the caller gets one safe message
            _log.exception("failed")
            watch.code = _code(error)
            return refusal(HubError(_FAILED), media_type=media_type)
        status = media_type.status(is_result=answer.is_result)
        return Response(answer.body, status, ANSWER_HEADERS, media_type)

    async def events(self, check: Check, question: Question) -> AsyncGenerator[bytes]:
        """Answer with events: a subscription's as they come, the one answer of all else.

        Raises:
            Refused: the document can't be run.
            HubError: the operation is refused, or the subscription ends.
        """
        watch = self._observer.begin()
        try:
            async with aclosing(self._events(check, question, watch)) as events:
                async for event in events:
                    yield event
        except Exception as error:
            watch.code = _code(error)
            self._observer.finish(watch)
            raise

    async def _events(
        self, check: Check, question: Question, watch: Watch
    ) -> AsyncGenerator[bytes]:
        with watch.stage(IDENTITY):
            caller = await check()
        watch.asks(caller, question)
        self.trusted.check(caller, question.document, question.trusted)
        document = self._documents.read(question.document, caller.roles)
        if _kind(document, question.operation) is not OperationType.SUBSCRIPTION:
            answer = await self._answer(caller, question, watch)
            self._observer.finish(watch)
            yield answer.body
            return
        watch.kind = OperationType.SUBSCRIPTION.value
        with self._changes.open.one_more(caller):
            request = await self._request(caller, watch)
            request.subscription = Subscription(
                caller,
                check,
                self._decided,
                self._pool,
                self._changes.feed,
                self._changes.wakeups,
            )
            results = subscribe(
                self._schema, document, question.variables, question.operation, request
            )
            async with aclosing(results):
                async for result in results:
                    yield await self._event(question, request, result)

    async def _event(self, question: Question, request: Request, result: ExecutionResult) -> bytes:
        """Give an event, each of which is told of as an operation of its own."""
        request.watch = self._observer.begin()
        request.watch.kind = OperationType.SUBSCRIPTION.value
        request.watch.asks(request.caller, question)
        event = await self._disclosed(question, request, _envelope(result))
        self._observer.finish(request.watch)
        return event

    async def _answer(self, caller: Caller, question: Question, watch: Watch) -> Answer:
        watch.asks(caller, question)
        self.trusted.check(caller, question.document, question.trusted)
        with watch.stage(READ):
            is_writing = self._is_writing(question)
        if is_writing and question.only_reads:
            raise MethodNotAllowed("a mutation changes something: send it by POST")
        for _ in range(MAX_ATTEMPTS):
            request = await self._request(caller, watch, is_writing=is_writing)
            try:
                envelope = _envelope(await self._execute(question, request))
            except Refused as refused:
                envelope = {"errors": shown_errors(refused)}
            if is_writing or await self._still_holds(request):
                body = await self._disclosed(question, request, envelope)
                return Answer(body, is_result="data" in envelope)
        raise Conflict(
            "the policies changed while the question was answered: ask again",
            code="POLICIES_MOVED",
        )

    async def _still_holds(self, request: Request) -> bool:
        """Tell whether what was decided before a long statement is what is decided after it."""
        now, then = await self._decided(request.caller), request.decisions
        return (now.digest, now.class_key) == (then.digest, then.class_key)

    def _is_writing(self, question: Question) -> bool:
        try:
            document = self._documents.read(question.document)
        except Refused:
            return False
        return _kind(document, question.operation) is OperationType.MUTATION

    async def _request(self, caller: Caller, watch: Watch, *, is_writing: bool = False) -> Request:
        # Whoever ends an agreement must get through while nothing can be shown.
        decisions = self._decide(caller) if is_writing else await self._decided(caller)
        return Request(
            caller,
            decisions,
            self._pool,
            self._changes,
            self._desks,
            ledger=self._ledger,
            watch=watch,
        )

    async def _decided(self, caller: Caller) -> Decisions:
        if self._ready:
            await self._ready(caller)
        return self._decide(caller)

    async def _disclosed(
        self, question: Question, request: Request, envelope: dict[str, Any]
    ) -> bytes:
        request.watch.came_out(envelope.get("errors"))
        with request.watch.stage(DISCLOSE):
            entry = await self._disclose(request.caller, question.document, request)
        envelope["extensions"] = {"policy": request.shown_policy(), "disclosure": {"id": entry}}
        read = types_of(request.plans or {}) | request.reads
        if stale := self._staleness.told(read, request.decisions):
            envelope["extensions"]["freshness"] = orjson.Fragment(stale)
        return orjson.dumps(envelope)

    async def _execute(self, question: Question, request: Request) -> ExecutionResult:
        document = self._documents.read(question.document, request.caller.roles)
        kind = _kind(document, question.operation)
        request.watch.kind = kind.value if kind else UNKNOWN
        if kind is OperationType.SUBSCRIPTION:
            raise Refused([GraphQLError(_IN_EVENTS.message, original_error=_IN_EVENTS)])
        key = question.body, request.decisions.class_key, request.decisions.digest
        request.plans = known = self._plans.find(key)
        result = await execute(
            self._schema, document, question.variables, question.operation, request
        )
        if known is None and request.plans is not None:
            self._plans.keep(key, request.plans)
        if request.plans:
            request.watch.cost = plans_cost(request.plans)
        # A router's representations are hardly ever the same again, and push out what is.
        if not all(isinstance(plan, EntitiesPlan) for plan in (request.plans or {}).values()):
            request.asked = Asked.by(
                request.caller, question.document, question.variables, question.operation
            )
        return result


def _kind(document: DocumentNode, operation: str | None) -> OperationType | None:
    found = get_operation_ast(document, operation)
    return found.operation if found else None


def _envelope(result: ExecutionResult) -> dict[str, Any]:
    envelope: dict[str, Any] = {}
    if result.errors:
        envelope["errors"] = [_shown(error) for error in result.errors[:MAX_ERRORS]]
    envelope["data"] = result.data
    return envelope


def _code(error: Exception) -> str:
    if isinstance(error, Refused):
        found: str = (error.errors[0].extensions or {}).get("code", InvalidInput.code)
        return found
    return error.public_code if isinstance(error, HubError) else HubError.code


def shown_errors(error: Exception) -> list[GraphQLFormattedError]:
    """Render what ended an operation."""
    if isinstance(error, Refused):
        return [_shown(each) for each in error.errors]
    if not isinstance(error, HubError):
        _log.error("failed", exc_info=error)
        error = HubError(_FAILED)
    return [_shown(GraphQLError(error.message, original_error=error))]


def _shown(error: GraphQLError) -> GraphQLFormattedError:
    """Render an error of the question; what failed in our own code goes to the log only."""
    cause = error.original_error
    if isinstance(cause, HubError):
        _log.info("refused", code=cause.public_code, detail=cause.detail)
    elif cause is not None and error.path is not None and not isinstance(cause, GraphQLError):
        _log.error("failed", exc_info=cause)
        hidden = HubError(_FAILED)
        error = GraphQLError(hidden.message, error.nodes, path=error.path, original_error=hidden)
    shown = error.formatted
    shown.setdefault("extensions", {"code": InvalidInput.code})
    return shown


def refusal(
    error: HubError,
    headers: Mapping[str, str] | None = None,
    media_type: MediaType = MediaType.JSON,
) -> Response:
    """Render a refusal of the whole request; the operator's detail goes to the log only."""
    _log.info("refused", code=error.public_code, detail=error.detail)
    shown = GraphQLError(error.message, extensions=error.extensions)
    body = orjson.dumps({"errors": [shown.formatted]})
    allowed = {"Allow": "POST"} if isinstance(error, MethodNotAllowed) else {}
    return Response(body, error.status, {**allowed, **(headers or {})}, media_type)
