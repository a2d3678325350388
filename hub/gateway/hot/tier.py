"""The hot tier: questions asked again are answered without graphql-core, byte for byte the same.

`answer_or_hand_on` stands before the application. It takes a plain `POST /graphql` whose operation
is known, and hands everything else on to the reference tier, `GraphQLEndpoint`, with the body
replayed: so it does with whatever fails on its way, and the reference tier says what is wrong.
INVARIANT: a request is admitted and counted once: `Authenticator` remembers it.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

import orjson
import psycopg
import strawberry
import structlog
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.disclosure.asked import Asked
from hub.disclosure.entry import beginning_of, ended, new_id
from hub.disclosure.log import DisclosureLog
from hub.errors import HubError
from hub.gateway.edge.endpoint import ANSWER_HEADERS
from hub.gateway.execution.disclosing import entry_of
from hub.gateway.execution.executor import Request
from hub.gateway.execution.freshness import Staleness
from hub.gateway.execution.observing import DISCLOSE, IDENTITY, PLAN, READ, Observer, Watch
from hub.gateway.hot.operations import HotOperation, HotOperations, HotQuestion, Outcome, Row
from hub.gateway.hot.variables import Unusual
from hub.gateway.limits import BODY_BYTES
from hub.gateway.planning.plan import Decisions
from hub.gateway.questions.media_types import MediaType, accepted, names
from hub.gateway.questions.parsed import Refused
from hub.gateway.questions.question import Question, read_question
from hub.gateway.questions.trusted import TrustedDocuments
from hub.identity.authentication import Authenticator
from hub.identity.types import Caller
from hub.joined_writes import WHOLE
from hub.store.lines import ReadingLines
from hub.telemetry import request_id

MAX_CALLERS = 10_000
_Context = Callable[[], Request]
"""Makes the context that the reference tier would have of an operation."""

_CONTENT_TYPES = frozenset({b"application/json", b"application/json; charset=utf-8"})
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Deciding:
    """How the tier comes to decisions; `standing` is None while none can be made."""

    decided: Callable[[Caller], Awaitable[Decisions]]
    standing: Callable[[], object | None]


class HotRequest(NamedTuple):
    """A plain request whose operation is known."""

    scope: Scope
    headers: Mapping[bytes, bytes]
    question: Question
    asked: HotQuestion
    watch: Watch


class HotTier:
    """Answers questions whose operations it learned from the reference tier's answers."""

    def __init__(
        self,
        schema: strawberry.Schema,
        authenticator: Authenticator,
        deciding: Deciding,
        lines: ReadingLines,
        *,
        request: Callable[[Caller, Decisions, Watch], Request],
        log: DisclosureLog,
        trusted: TrustedDocuments,
        observer: Observer,
        staleness: Staleness,
    ) -> None:
        """Keep the parts; `request` makes the context that the reference tier would have."""
        self.trusted = trusted
        self.operations = HotOperations(schema._schema)  # noqa: SLF001 - Strawberry's own way to graphql-core's
        self.observer = observer
        self._authenticator = authenticator
        self._deciding = deciding
        self._lines = lines
        self._request = request
        self._log = log
        self._staleness = staleness
        self._decisions: dict[int, tuple[Caller, object, Decisions]] = {}

    async def answer(self, hot: HotRequest) -> list[bytes] | None:
        """Answer a request, in parts; None where the reference tier has to."""
        watch = hot.watch
        began = watch.until_now(READ, watch.began)
        caller = await self._authenticator.admit_known(hot.scope, hot.headers)
        if caller is None:
            caller = (await self._authenticator.admit(HTTPConnection(hot.scope))).caller
        began = watch.until_now(IDENTITY, began)
        watch.asks(caller, hot.question)
        self.trusted.check(caller, hot.question.document, hot.question.trusted)
        decisions, standing = await self._decided(caller)
        operation = self.operations.find(hot.asked, decisions)
        began = watch.until_now(PLAN, began)
        if standing is None or operation is None:
            return None
        rows = await self._rows(hot.asked, operation, decisions, watch)
        # What was decided before the statement must hold after it.
        if not rows or self._deciding.standing() is not standing:
            return None
        return await self._disclosed(hot, operation, rows, caller, decisions)

    async def _decided(self, caller: Caller) -> tuple[Decisions, object | None]:
        """Decide for a caller, and say what that rests on now."""
        standing = self._deciding.standing()
        known = self._decisions.get(id(caller))
        if known and known[0] is caller and known[1] is standing:
            return known[2], standing
        decisions = await self._deciding.decided(caller)
        standing = self._deciding.standing()
        if len(self._decisions) >= MAX_CALLERS:
            self._decisions.clear()
        self._decisions[id(caller)] = caller, standing, decisions
        return decisions, standing

    async def _rows(
        self, asked: HotQuestion, operation: HotOperation, decisions: Decisions, watch: Watch
    ) -> list[Row] | None:
        rows: list[Row] = []
        bound = operation.bind(asked.read.values)
        try:
            for field, values in zip(operation.fields, bound, strict=True):
                began = time.perf_counter_ns()
                rows.append(await self._lines.first_row(field.statements, values))
                if field.plan:
                    watch.ran(field.statements[-1], values, began)
        except (psycopg.Error, TimeoutError) as error:
            _log.info("left to the reference tier", detail=str(error))
            self.operations.drop(asked, decisions)
            return None
        return rows

    async def _disclosed(
        self,
        hot: HotRequest,
        operation: HotOperation,
        rows: Sequence[Row],
        caller: Caller,
        decisions: Decisions,
    ) -> list[bytes]:
        began = time.perf_counter_ns()
        context = partial(self._request, caller, decisions, hot.watch)
        outcome = _outcome(operation, rows, context)
        entry_id = new_id()
        asked = Asked.by(
            caller, hot.question.document, hot.question.variables, hot.question.operation
        )
        beginning = _beginning(outcome, caller, hot.question.document, context)
        entry = ended(beginning, entry_id, request_id(), _shown(operation, rows))
        await self._log.keep_written(entry, asked)
        hot.watch.until_now(DISCLOSE, began)
        hot.watch.kind, hot.watch.cost = "query", operation.cost
        stale = self._staleness.told(operation.types, decisions)
        parts = [b'{"data":{']
        for field, row in zip(operation.fields, rows, strict=True):
            parts += (field.name, row[0] if row else b"null", b",")
        # Each answer has a field: the comma after the last gives way.
        parts[-1] = b'},"extensions":{"policy":%b,"disclosure":{"id":"%b"}%b}}' % (
            outcome.policy,
            entry_id.encode(),
            b',"freshness":%b' % stale if stale else b"",
        )
        return parts

    async def learn(self, scope: Scope, question: Question) -> None:
        """Learn the operation of a question that was answered without an error."""
        try:
            caller = (await self._authenticator.admit(HTTPConnection(scope))).caller
            self.operations.learn(question, await self._deciding.decided(caller))
        except HubError:
            return
        except Exception:  # noqa: BLE001 - the answer is on its way: nobody waits for this
            _log.exception("not learned")


def _outcome(operation: HotOperation, rows: Sequence[Row], context: _Context) -> Outcome:
    """Say what was masked, and by what the rest was opened."""
    bits = tuple([row and row[1] for row in rows])
    outcome = operation.outcomes.find(bits)
    if outcome is None:
        request = context()
        for field, row in zip(operation.fields, rows, strict=True):
            if row and field.plan:
                masks = enumerate(field.plan.masks)
                request.masked += [mask for place, mask in masks if int(row[1]) >> place & 1]
                request.opened_by |= field.plan.opened_by
        policy = orjson.dumps(request.shown_policy())
        outcome = Outcome(request.masked, request.opened_by, policy)
        operation.outcomes.keep(bits, outcome)
    return outcome


def _beginning(outcome: Outcome, caller: Caller, document: str, context: _Context) -> bytes:
    """Write what the disclosure entries of a caller's answers have alike."""
    beginning = outcome.entries.find(caller)
    if beginning is None:
        request = context()
        request.masked, request.opened_by = outcome.masked, outcome.opened_by
        beginning = beginning_of(entry_of(caller, document, request))
        outcome.entries.keep(caller, beginning)
    return beginning


def _shown(operation: HotOperation, rows: Sequence[Row]) -> bytes:
    """Write which rows are shown, as their tallies count them."""
    numbers: list[int] = []
    for field, row in zip(operation.fields, rows, strict=True):
        if field.plan:
            numbers += _numbers(row[2]) if row else [0] * len(field.plan.shows)
    return operation.showing.written(numbers)


def _numbers(array: bytes) -> list[int]:
    """Read an array of numbers as PostgreSQL writes it."""
    return [*map(int, array[1:-1].split(b","))] if len(array) > len(b"{}") else []


async def answer_or_hand_on(
    tier: HotTier, app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer an HTTP request by the hot tier, or have the application answer it."""
    began = time.perf_counter_ns()
    headers = _plain_headers(scope)
    if headers is None or (media_type := _accepted(headers.get(b"accept", b""))) is None:
        await app(scope, receive, send)
        return
    body = _Body(receive)
    question = _question(await body.read(), tier.trusted)
    if question is None:
        await app(scope, body.again, send)
        return
    try:
        if asked := tier.operations.read(question):
            watch = tier.observer.begin_hot(headers.get(b"traceparent"), began)
            answer = await tier.answer(HotRequest(scope, headers, question, asked, watch))
            if answer is not None:
                head = _head(answer, media_type, tier.observer.finish(watch), watch)
                await _send(scope, send, head, answer)
                return
    except (HubError, Unusual) as reason:
        _log.debug("left to the reference tier", detail=str(reason))
    except Exception:  # noqa: BLE001 - whatever failed here, the reference tier can still answer
        _log.exception("left to the reference tier")
    watched = _Watched(send)
    await app(scope, body.again, watched.send)
    if watched.is_good:
        await tier.learn(scope, question)


def _plain_headers(scope: Scope) -> dict[bytes, bytes] | None:
    """Give the headers of a plain question, each of which is there once."""
    if scope["path"] != "/graphql" or scope["method"] != "POST":
        return None
    headers = dict(scope["headers"])
    is_plain = (
        len(headers) == len(scope["headers"])
        and headers.get(b"content-type") in _CONTENT_TYPES
        and b"authorization" in headers
    )
    return headers if is_plain else None


@lru_cache(maxsize=100)
def _accepted(accept: bytes) -> MediaType | None:
    text = accept.decode("latin-1")
    try:
        return None if names([text], "text/event-stream") else accepted([text])
    except HubError:
        return None


def _question(body: bytes | None, trusted: TrustedDocuments) -> Question | None:
    try:
        return None if body is None else read_question(orjson.loads(body), body, trusted)
    except (orjson.JSONDecodeError, HubError, Refused):
        return None


def _head(
    answer: Sequence[bytes], media_type: str, timing: str, watch: Watch
) -> list[tuple[bytes, bytes]]:
    headers = [
        *_ANSWER_HEADERS,
        (b"content-length", b"%d" % sum(map(len, answer))),
        (b"content-type", media_type.encode()),
        (b"server-timing", timing.encode()),
    ]
    if watch.trail:
        headers.append((b"x-request-id", watch.trail.request_id.encode()))
    return headers


async def _send(
    scope: Scope, send: Send, head: list[tuple[bytes, bytes]], answer: Sequence[bytes]
) -> None:
    if WHOLE in scope.get("extensions", ()):
        await send({"type": WHOLE, "headers": head, "body": answer})
        return
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": b"".join(answer)})


_ANSWER_HEADERS = [
    (name.lower().encode(), value.encode()) for name, value in ANSWER_HEADERS.items()
]


class _Body:
    """The body of a request, read and given again."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: list[Message] = []

    async def read(self) -> bytes | None:
        """Read it; None where it is too long, or broke off."""
        body: bytes = b""
        while len(body) <= BODY_BYTES.most:
            message = await self._receive()
            self._messages.append(message)
            if message["type"] != "http.request":
                return None
            body += message.get("body", b"")
            if not message.get("more_body"):
                return body
        return None

    async def again(self) -> Message:
        """Give what was read, and then the rest."""
        return self._messages.pop(0) if self._messages else await self._receive()


class _Watched:
    """Sees whether an answer is one without errors."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_ok = False
        self.is_good = False

    async def send(self, message: Message) -> None:
        """Send a part of it."""
        if message["type"] == "http.response.start":
            self._is_ok = message["status"] == 200
        elif self._is_ok and message.get("body", b"").startswith(b'{"data":{'):
            self.is_good = True
        await self._send(message)
