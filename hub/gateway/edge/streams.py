"""What carries events to a client over HTTP: server-sent events, one stream a request.

Source: GraphQL over Server-Sent Events Protocol, distinct connections mode. `websocket.py` carries
them over WebSocket. Start at `Streams`.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import orjson
import structlog
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Message, Send
from starlette.websockets import WebSocket

from hub.errors import HubError
from hub.gateway import graphiql
from hub.gateway.edge.endpoint import GraphQLEndpoint, refusal, shown_errors
from hub.gateway.edge.websocket import PATIENCE_SECONDS, Session
from hub.gateway.questions.media_types import MediaType, names
from hub.gateway.questions.parsed import Refused
from hub.gateway.questions.question import question_of
from hub.identity.authentication import Authenticator

HEARTBEAT_SECONDS = 12.0
"""Longest silence on a stream: proxies cut off what is silent for half a minute."""

_EVENTS = "text/event-stream"
_log = structlog.get_logger()


class Streams:
    """Answers `/graphql`: with JSON, with events, or over WebSocket, as the client asks."""

    def __init__(self, endpoint: GraphQLEndpoint, authenticator: Authenticator) -> None:
        self._endpoint = endpoint
        self._authenticator = authenticator

    async def answer(self, http: HttpRequest) -> Response:
        """Answer one request."""
        accept = http.headers.getlist("accept")
        if http.method != "POST" and names(accept, "text/html"):
            return graphiql.page()
        # Clients that take either, as urql does, want JSON for what is no subscription.
        if not names(accept, _EVENTS) or any(names(accept, kind) for kind in MediaType):
            return await self._endpoint.answer(http)
        try:
            admission = await self._authenticator.admit(http)
            question = await question_of(http, self._endpoint.trusted)
        except Refused as refused:
            return JSONResponse({"errors": shown_errors(refused)})
        except HubError as error:
            return refusal(error, self._authenticator.headers(error))
        return _EventStream(_sent(self._endpoint.events(admission.again, question)))

    async def socket(self, websocket: WebSocket) -> None:
        """Serve one WebSocket until it closes."""
        await Session(websocket, self._endpoint, self._authenticator).run()


class _EventStream(StreamingResponse):
    """A stream that ends when its client is too slow to take it, or gone."""

    def __init__(self, events: AsyncGenerator[bytes]) -> None:
        # A proxy that gathers or rewrites the stream would hold events back.
        headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
        super().__init__(events, media_type=_EVENTS, headers=headers)
        self._events = events

    async def stream_response(self, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await send(message)

        try:
            async with aclosing(self._events):
                await super().stream_response(send_in_time)
        except TimeoutError:
            _log.info("event stream cut off", reason="the client is too slow")


async def _sent(answers: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Write answers as events, with a comment where there is silence."""
    waiting = asyncio.ensure_future(_next(answers))
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=HEARTBEAT_SECONDS)
            if not done:
                yield b":\n\n"
                continue
            answer, is_last = waiting.result()
            if answer:
                yield b"event: next\ndata: " + answer.replace(b"\n", b"\ndata: ") + b"\n\n"
            if is_last:
                break
            waiting = asyncio.ensure_future(_next(answers))
        yield b"event: complete\ndata:\n\n"
    finally:
        waiting.cancel()
        await asyncio.wait({waiting})
        await answers.aclose()


async def _next(answers: AsyncGenerator[bytes]) -> tuple[bytes | None, bool]:
    """Wait for the next answer, or what ended them; say whether it is the last."""
    try:
        answer = await anext(answers, None)
    except Exception as error:  # noqa: BLE001 - whatever failed, the caller gets one safe message
        return orjson.dumps({"errors": shown_errors(error)}), True
    return answer, answer is None
