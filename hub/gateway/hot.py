"""The hot tier: questions asked again are answered without graphql-core, byte for byte the same.

`HotFront` stands before the application. It takes a plain `POST /graphql` whose operation it knows,
and hands everything else on to the reference tier, `GraphQLEndpoint`, with the body replayed: so it
does with whatever fails on its way, and the reference tier says what is wrong.
INVARIANT: a request is admitted and counted once: `Authenticator.admit` remembers it.
"""

from collections.abc import Awaitable, Callable
from functools import lru_cache

import orjson
import psycopg
import strawberry
import structlog
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.disclosure.asked import Asked
from hub.errors import HubError
from hub.gateway.documents import Refused
from hub.gateway.endpoint import ANSWER_HEADERS, Disclose
from hub.gateway.executor import Request
from hub.gateway.hot_operations import HotOperation, HotOperations, HotQuestion, Outcome, Row
from hub.gateway.hot_variables import Unusual
from hub.gateway.limits import BODY_BYTES
from hub.gateway.media_types import MediaType, accepted, names
from hub.gateway.plan import Decisions
from hub.gateway.question import Question, read_question
from hub.gateway.tallies import read as read_tallies
from hub.gateway.trusted import TrustedDocuments
from hub.identity.authentication import Authenticator
from hub.identity.types import Caller
from hub.store.database import ReadingLines

_CONTENT_TYPES = frozenset({b"application/json", b"application/json; charset=utf-8"})
_log = structlog.get_logger()


class HotTier:
    """Answers questions whose operations it learned from the reference tier's answers."""

    def __init__(
        self,
        schema: strawberry.Schema,
        authenticator: Authenticator,
        decided: Callable[[Caller], Awaitable[Decisions]],
        lines: ReadingLines,
        *,
        request: Callable[[Caller, Decisions], Request],
        disclose: Disclose,
        trusted: TrustedDocuments,
    ) -> None:
        self.trusted = trusted
        self._authenticator = authenticator
        self._decided = decided
        self._lines = lines
        self._request = request
        self._disclose = disclose
        self._operations = HotOperations(schema._schema)  # noqa: SLF001 - Strawberry's own way to graphql-core's

    async def answer(self, http: HTTPConnection, question: Question) -> bytes | None:
        """Answer a question; None where the reference tier has to.

        Nobody is admitted for a question that can't be answered here.
        """
        try:
            asked = self._operations.read(question)
            if asked is None:
                return None
            caller = (await self._authenticator.admit(http)).caller
            self.trusted.check(caller, question.document, question.trusted)
            decisions = await self._decided(caller)
            operation = self._operations.find(asked, decisions)
            if operation is None:
                return None
            rows = await self._rows(asked, operation, decisions)
            # What was decided before the statement must hold after it.
            if rows is None or await self._decided(caller) is not decisions:
                return None
            request = self._request(caller, decisions)
            return await self._disclosed(question, operation, rows, request)
        except (HubError, Unusual):
            return None

    async def _rows(
        self, asked: HotQuestion, operation: HotOperation, decisions: Decisions
    ) -> list[Row] | None:
        bound = operation.bind(asked.read.values)
        try:
            return [
                await self._lines.first_row(field.statements, values)
                for field, values in zip(operation.fields, bound, strict=True)
            ]
        except (psycopg.Error, TimeoutError) as error:
            _log.info("left to the reference tier", detail=str(error))
            self._operations.drop(asked, decisions)
            return None

    async def _disclosed(
        self,
        question: Question,
        operation: HotOperation,
        rows: list[Row],
        request: Request,
    ) -> bytes:
        bits = tuple([row and row[1] for row in rows])
        outcome = operation.outcomes.find(bits)
        if outcome is None:
            outcome = _outcome(operation, rows, request)
            operation.outcomes.keep(bits, outcome)
        request.masked, request.opened_by = outcome.masked, outcome.opened_by
        for field, row in zip(operation.fields, rows, strict=True):
            if row and field.plan:
                numbers = [*map(int, row[2][1:-1].split(b","))] if field.plan.shows else []
                read_tallies(field.plan.shows, numbers, request.shown)
        request.asked = Asked.by(
            request.caller, question.document, question.variables, question.operation
        )
        entry = await self._disclose(request.caller, question.document, request)
        data = b",".join(
            [
                field.name + (row[0] if row else b"null")
                for field, row in zip(operation.fields, rows, strict=True)
            ]
        )
        disclosure = b',"disclosure":{"id":"' + entry.encode() + b'"}}}'
        return b'{"data":{' + data + b'},"extensions":{"policy":' + outcome.policy + disclosure

    async def learn(self, http: HTTPConnection, question: Question) -> None:
        """Learn the operation of a question that was answered without an error."""
        try:
            caller = (await self._authenticator.admit(http)).caller
            self._operations.learn(question, await self._decided(caller))
        except HubError:
            return


def _outcome(operation: HotOperation, rows: list[Row], request: Request) -> Outcome:
    for field, row in zip(operation.fields, rows, strict=True):
        if row and field.plan:
            request.opened_by |= field.plan.opened_by
            bits = int(row[1])
            request.masked += [
                mask for place, mask in enumerate(field.plan.masks) if bits >> place & 1
            ]
    return Outcome(request.masked, request.opened_by, orjson.dumps(request.shown_policy()))


class HotFront:
    """Asks the hot tier first. An ASGI middleware; the tier is in the application's state."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        media_type = _plain_media_type(scope)
        if media_type is None:
            await self._app(scope, receive, send)
            return
        tier: HotTier = scope["app"].state.hot
        body = _Body(receive)
        question = _question(await body.read(), tier.trusted)
        if question is None:
            await self._app(scope, body.again, send)
            return
        http = HTTPConnection(scope)
        if answer := await tier.answer(http, question):
            await Response(answer, 200, ANSWER_HEADERS, media_type)(scope, receive, send)
            return
        watched = _Watched(send)
        await self._app(scope, body.again, watched.send)
        if watched.is_good:
            await tier.learn(http, question)


def _plain_media_type(scope: Scope) -> MediaType | None:
    """Tell as what a plain question is answered; None for any other request."""
    if scope["type"] != "http" or scope["path"] != "/graphql" or scope["method"] != "POST":
        return None
    headers = dict(scope["headers"])
    if (
        len(headers) < len(scope["headers"])
        or headers.get(b"content-type") not in _CONTENT_TYPES
        or b"authorization" not in headers
    ):
        return None
    return _accepted(headers.get(b"accept", b""))


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
            body += message["body"]
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
