"""Operations over WebSocket, by the protocol `graphql-transport-ws`.

The token comes in `connection_init`, as `{"authorization": "Bearer …"}`, with `dpop` and
`hub-purpose` beside it where they are due; a proof is for `GET` and the hub's http(s) address. It
is verified again before every event; when it holds no longer the socket closes. Whoever is too slow
to take an event is cut off, and goes on from the last `endCursor`.

Source: GraphQL over WebSocket Protocol (enisdenjo/graphql-ws, PROTOCOL.md).
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

import orjson
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from hub.errors import HubError, RateLimited
from hub.gateway.edge.endpoint import GraphQLEndpoint, shown_errors
from hub.gateway.limits import BODY_BYTES, SOCKET_OPERATIONS
from hub.gateway.questions.question import read_question
from hub.identity.authentication import Admission, Authenticator
from hub.identity.errors import NonceNeeded

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 10.0
"""How long a client may take to present its token."""

MAX_OPERATIONS = SOCKET_OPERATIONS.most
"""Most operations at once on a socket, queries too."""

PING_SECONDS = 15.0
PATIENCE_SECONDS = 30.0
"""How long an event may wait for a client to take it."""

_log = structlog.get_logger()


class _Closed(Exception):
    """The socket is to be closed, with a code of the protocol and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def _refused(error: HubError) -> _Closed:
    """Close a socket whose caller is not admitted: for good, or until later (1013)."""
    if isinstance(error, NonceNeeded):
        # A socket has no header for it after its handshake.
        return _Closed(4403, f"use_dpop_nonce {error.nonce}")
    is_final = error.status in {401, 403}
    return _Closed(4403 if is_final else 1013, error.public_code)


class Session:
    """One WebSocket and the operations on it."""

    def __init__(
        self, websocket: WebSocket, endpoint: GraphQLEndpoint, authenticator: Authenticator
    ) -> None:
        self._websocket = websocket
        self._endpoint = endpoint
        self._authenticator = authenticator
        self._admission: Admission
        self._running: dict[str, asyncio.Task[None]] = {}
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Serve the socket until one side closes it."""
        try:
            await self._serve()
        except _Closed as closed:
            _log.info("socket closed", code=closed.code, reason=closed.reason)
            with suppress(WebSocketDisconnect, RuntimeError):
                await self._websocket.close(closed.code, closed.reason)
        except WebSocketDisconnect:
            pass

    async def _serve(self) -> None:
        is_ours = PROTOCOL in self._websocket.scope["subprotocols"]
        await self._websocket.accept(PROTOCOL if is_ours else None)
        if not is_ours:
            raise _Closed(4406, f"use the subprotocol {PROTOCOL}")
        try:
            async with asyncio.timeout(INIT_SECONDS):
                message = await self._receive()
        except TimeoutError as error:
            raise _Closed(4408, "Connection initialisation timeout") from error
        if message["type"] != "connection_init":
            raise _Closed(4401, "Unauthorized")
        await self._init(message.get("payload"))
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch())
                while True:
                    await self._take(await self._receive(), tasks)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _init(self, payload: Any) -> None:
        """Admit the caller by what its first message holds, never by a header alone."""
        shown = payload if isinstance(payload, dict) else {}
        try:
            self._admission = await self._authenticator.admit(self._websocket, shown)
        except HubError as error:
            raise _refused(error) from error
        await self._send({"type": "connection_ack"})

    async def _take(self, message: dict[str, Any], tasks: asyncio.TaskGroup) -> None:
        match message:
            case {"type": "ping"}:
                await self._send({"type": "pong"})
            case {"type": "pong"}:
                pass
            case {"type": "subscribe", "id": str(name), "payload": payload} if name:
                if name in self._running:
                    raise _Closed(4409, "Subscriber for this id already exists")
                self._running[name] = tasks.create_task(self._operate(name, payload))
            case {"type": "complete", "id": str(name)}:
                if task := self._running.pop(name, None):
                    task.cancel()
            case {"type": "connection_init"}:
                raise _Closed(4429, "Too many initialisation requests")
            case _:
                raise _Closed(4400, f"send a message of {PROTOCOL}")

    async def _operate(self, name: str, payload: Any) -> None:
        try:
            async with aclosing(self._answers(payload)) as answers:
                async for answer in answers:
                    event = orjson.Fragment(answer)
                    await self._send({"id": name, "type": "next", "payload": event})
            end: dict[str, Any] = {"type": "complete"}
        except (_Closed, WebSocketDisconnect):
            raise
        except Exception as error:  # noqa: BLE001 - whatever failed, the socket goes on
            end = {"type": "error", "payload": shown_errors(error)}
        # The id is free once the client knows that its operation ended.
        self._running.pop(name, None)
        await self._send({"id": name} | end)

    def _answers(self, payload: Any) -> AsyncGenerator[bytes]:
        if len(self._running) > MAX_OPERATIONS:
            message = SOCKET_OPERATIONS.message(len(self._running))
            raise RateLimited(message, code=SOCKET_OPERATIONS.code)
        self._authenticator.count(self._admission.caller)
        question = read_question(payload, orjson.dumps(payload), self._endpoint.trusted)
        return self._endpoint.events(self._admission.again, question)

    async def _watch(self) -> None:
        """Say that the socket lives, and close it once its token holds no longer."""
        while True:
            await asyncio.sleep(PING_SECONDS)
            try:
                await self._admission.again()
            except HubError as error:
                raise _refused(error) from error
            await self._send({"type": "ping"})

    async def _receive(self) -> dict[str, Any]:
        try:
            text = await self._websocket.receive_text()
        except KeyError as error:
            raise _Closed(4400, "send text") from error
        if len(text) > BODY_BYTES.most:
            raise _Closed(4400, f"a message may have {BODY_BYTES.most} characters: ask in parts")
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise _Closed(4400, "send JSON") from error
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise _Closed(4400, "send an object with a type")
        return message

    async def _send(self, message: dict[str, Any]) -> None:
        text = orjson.dumps(message).decode()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._sending:
                await self._websocket.send_text(text)
        except TimeoutError as error:
            raise _Closed(4408, "too slow: go on from the last endCursor") from error
        except RuntimeError as error:
            raise WebSocketDisconnect from error
