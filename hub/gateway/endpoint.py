"""The HTTP edge of GraphQL: a token, one operation, one JSON answer.

POST with a JSON body only: no batches, no GET, no forms, so that no browser can be made to ask in
somebody's name. Without a token that holds nothing is parsed.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson
import strawberry
import structlog
from graphql import DocumentNode, ExecutionResult, GraphQLError, OperationType, get_operation_ast
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from hub.disclosure.asked import Asked
from hub.disclosure.ledger import AggregateLedger
from hub.errors import Conflict, HubError, InvalidInput, TooLarge
from hub.gateway.agreement_desk import AgreementDesk
from hub.gateway.documents import MAX_ERRORS, Documents, Refused
from hub.gateway.executor import Request, execute, subscribe
from hub.gateway.plan import Decisions
from hub.gateway.plan_cache import PlanCache
from hub.gateway.review_desk import ReviewDesk
from hub.gateway.subscriptions import ChangeDesk, Subscription
from hub.identity.authentication import Authenticator
from hub.identity.types import Caller
from hub.store.database import Pool

MAX_BODY_BYTES = 100 * 1024
"""Largest question taken."""

_JSON = "application/json"
_FAILED = "the hub failed inside: ask again, and tell its operator when"
_log = structlog.get_logger()

_IN_EVENTS = InvalidInput(
    "a subscription is answered with events: ask for `text/event-stream`, or over WebSocket",
    code="SUBSCRIPTION",
)

MAX_ATTEMPTS = 3
"""How often a question is answered anew because the policies changed meanwhile."""

Check = Callable[[], Awaitable[Caller]]
"""Says who calls; raises once the token holds no longer."""

Disclose = Callable[[Caller, str, Request], Awaitable[None]]
"""Makes durable what was asked, by whom, and what opened and masked it, before the answer goes."""


@dataclass(frozen=True, slots=True)
class Question:
    """The body of a request; its bytes tell it from all others."""

    body: bytes
    document: str
    variables: dict[str, Any] | None
    operation: str | None


class GraphQLEndpoint:
    """Answers `POST /graphql`."""

    def __init__(
        self,
        schema: strawberry.Schema,
        authenticator: Authenticator,
        decide: Callable[[Caller], Decisions],
        pool: Pool,
        disclose: Disclose,
        *,
        changes: ChangeDesk,
        review: ReviewDesk | None = None,
        agreements: AgreementDesk | None = None,
        ledger: AggregateLedger | None = None,
        ready: Callable[[Caller], Awaitable[None]] | None = None,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - Strawberry's own way to graphql-core's
        self._documents = Documents(self._schema)
        self._plans = PlanCache()
        self._authenticator = authenticator
        self._decide = decide
        self._pool = pool
        self._disclose = disclose
        self._changes = changes
        self._review = review
        self._agreements = agreements
        self._ledger = ledger
        self._ready = ready

    async def answer(self, http: HttpRequest) -> Response:
        """Answer one request. Errors of the question come inside GraphQL's own envelope."""
        try:
            admission = await self._authenticator.admit(http)
            answer = await self._answer(admission.caller, await question_of(http))
        except HubError as error:
            return refusal(error, self._authenticator.headers(error))
        except Exception:  # noqa: BLE001 - whatever failed, the caller gets one safe message
            _log.exception("failed")
            return refusal(HubError(_FAILED))
        return Response(answer, media_type=_JSON)

    async def events(self, check: Check, question: Question) -> AsyncGenerator[bytes]:
        """Answer with events: a subscription's as they come, the one answer of all else.

        Raises:
            Refused: the document can't be run.
            HubError: the operation is refused, or the subscription ends.
        """
        caller = await check()
        document = self._documents.read(question.document)
        if _kind(document, question.operation) is not OperationType.SUBSCRIPTION:
            yield await self._answer(caller, question)
            return
        with self._changes.open.one_more(caller):
            request = await self._request(caller)
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
                    yield await self._disclosed(question, request, _envelope(result))

    async def _answer(self, caller: Caller, question: Question) -> bytes:
        is_writing = self._is_writing(question)
        for _ in range(MAX_ATTEMPTS):
            request = await self._request(caller, is_writing=is_writing)
            try:
                envelope = _envelope(await self._execute(question, request))
            except Refused as refused:
                envelope = {"errors": shown_errors(refused)}
            if is_writing or await self._still_holds(request):
                return await self._disclosed(question, request, envelope)
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

    async def _request(self, caller: Caller, *, is_writing: bool = False) -> Request:
        # Whoever ends an agreement must get through while nothing can be shown.
        decisions = self._decide(caller) if is_writing else await self._decided(caller)
        return Request(
            caller,
            decisions,
            self._pool,
            self._changes,
            review=self._review,
            agreements=self._agreements,
            ledger=self._ledger,
        )

    async def _decided(self, caller: Caller) -> Decisions:
        if self._ready:
            await self._ready(caller)
        return self._decide(caller)

    async def _disclosed(
        self, question: Question, request: Request, envelope: dict[str, Any]
    ) -> bytes:
        envelope["extensions"] = {"policy": request.shown_policy()}
        answer = orjson.dumps(envelope)
        await self._disclose(request.caller, question.document, request)
        return answer

    async def _execute(self, question: Question, request: Request) -> ExecutionResult:
        document = self._documents.read(question.document)
        if _kind(document, question.operation) is OperationType.SUBSCRIPTION:
            raise Refused([GraphQLError(_IN_EVENTS.message, original_error=_IN_EVENTS)])
        key = question.body, request.decisions.class_key, request.decisions.digest
        request.plans = known = self._plans.find(key)
        result = await execute(
            self._schema, document, question.variables, question.operation, request
        )
        if known is None and request.plans is not None:
            self._plans.keep(key, request.plans)
        if request.plans:
            request.asked = Asked.by(
                request.caller, question.document, question.variables, question.operation
            )
        return result


async def question_of(http: HttpRequest) -> Question:
    """Read the question of a request.

    Raises:
        InvalidInput: there is none in it.
        TooLarge: it is over `MAX_BODY_BYTES`.
    """
    if http.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise InvalidInput(f"send the question as `Content-Type: {_JSON}`")
    body = await _body(http)
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("the body is not JSON: send one JSON object") from error
    return read_question(found, body)


def read_question(found: Any, body: bytes) -> Question:
    """Read a question out of its JSON.

    Raises:
        InvalidInput: it is none.
    """
    if not isinstance(found, dict) or not isinstance(found.get("query"), str):
        raise InvalidInput("send one JSON object with the document as the text `query`")
    if not isinstance(found.get("variables"), dict | None):
        raise InvalidInput("send `variables` as an object, or leave them out")
    if not isinstance(found.get("operationName"), str | None):
        raise InvalidInput("send `operationName` as a text, or leave it out")
    return Question(body, found["query"], found.get("variables"), found.get("operationName"))


async def _body(http: HttpRequest) -> bytes:
    body = bytearray()
    try:
        async for part in http.stream():
            body += part
            if len(body) > MAX_BODY_BYTES:
                raise TooLarge(f"the question is over {MAX_BODY_BYTES} bytes: ask in parts")
    except ClientDisconnect as error:
        raise InvalidInput("the question broke off: send it again") from error
    return bytes(body)


def _kind(document: DocumentNode, operation: str | None) -> OperationType | None:
    found = get_operation_ast(document, operation)
    return found.operation if found else None


def _envelope(result: ExecutionResult) -> dict[str, Any]:
    envelope: dict[str, Any] = {}
    if result.errors:
        envelope["errors"] = [_shown(error) for error in result.errors[:MAX_ERRORS]]
    envelope["data"] = result.data
    return envelope


def shown_errors(error: Exception) -> list[Any]:
    """Render what ended an operation."""
    if isinstance(error, Refused):
        return [_shown(each) for each in error.errors]
    if not isinstance(error, HubError):
        _log.error("failed", exc_info=error)
        error = HubError(_FAILED)
    return [_shown(GraphQLError(error.message, original_error=error))]


def _shown(error: GraphQLError) -> Any:
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


def refusal(error: HubError, headers: Mapping[str, str] | None = None) -> Response:
    """Render a refusal of the whole request; the operator's detail goes to the log only."""
    _log.info("refused", code=error.public_code, detail=error.detail)
    shown = GraphQLError(error.message, extensions=error.extensions)
    body = orjson.dumps({"errors": [shown.formatted]})
    return Response(body, error.status, headers, _JSON)
