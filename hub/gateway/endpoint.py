"""The HTTP edge of GraphQL: a token, one operation, one JSON answer.

POST with a JSON body only: no batches, no GET, no forms, so that no browser can be made to ask in
somebody's name. Without a token that holds nothing is parsed.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import strawberry
import structlog
from graphql import GraphQLError
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from hub.errors import HubError, InvalidInput, TooLarge
from hub.gateway.executor import Request
from hub.gateway.plan import Decisions
from hub.identity.tokens import TokenVerifier, bearer_token
from hub.identity.types import Caller
from hub.store.database import Pool

MAX_BODY_BYTES = 100 * 1024
"""Largest question taken."""

MAX_ERRORS = 20
"""Most errors one answer lists."""

_JSON = "application/json"
_log = structlog.get_logger()


Disclose = Callable[[Caller, str, Request], Awaitable[None]]
"""Makes durable what was asked, by whom, and what opened and masked it, before the answer goes."""


class GraphQLEndpoint:
    """Answers `POST /graphql`."""

    def __init__(
        self,
        schema: strawberry.Schema,
        verifier: TokenVerifier,
        decide: Callable[[Caller], Decisions],
        pool: Pool,
        disclose: Disclose,
    ) -> None:
        self._schema = schema
        self._verifier = verifier
        self._decide = decide
        self._pool = pool
        self._disclose = disclose

    async def answer(self, http: HttpRequest) -> Response:
        """Answer one request. Errors of the question come inside GraphQL's own envelope."""
        try:
            caller = await self._verifier.verify(
                bearer_token(http.headers.getlist("authorization"))
            )
            question = await _question(http)
            answer = await self._answer(caller, question)
        except HubError as error:
            return refusal(error)
        return Response(answer, media_type=_JSON)

    async def _answer(self, caller: Caller, question: dict[str, Any]) -> bytes:
        request = Request(caller, self._decide(caller), self._pool)
        try:
            result = await self._schema.execute(
                question["query"],
                variable_values=question.get("variables"),
                operation_name=question.get("operationName"),
                context_value=request,
            )
        except (CannotGetOperationTypeError, InvalidOperationTypeError) as error:
            raise InvalidInput(
                "the document holds no such operation: check `operationName`"
            ) from error
        envelope: dict[str, Any] = {}
        if result.errors:
            envelope["errors"] = [error.formatted for error in result.errors[:MAX_ERRORS]]
        envelope["data"] = result.data
        envelope["extensions"] = result.extensions
        answer = orjson.dumps(envelope)
        await self._disclose(caller, question["query"], request)
        return answer


async def _question(http: HttpRequest) -> dict[str, Any]:
    if http.headers.get("content-type", "").partition(";")[0].strip() != _JSON:
        raise InvalidInput(f"send the question as `Content-Type: {_JSON}`")
    body = bytearray()
    async for part in http.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(f"the question is over {MAX_BODY_BYTES} bytes: ask in parts")
    try:
        question = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("the body is not JSON") from error
    if not isinstance(question, dict) or not isinstance(question.get("query"), str):
        raise InvalidInput("send one JSON object with the document as the text `query`")
    if not isinstance(question.get("variables"), dict | None):
        raise InvalidInput("`variables` must be an object")
    if not isinstance(question.get("operationName"), str | None):
        raise InvalidInput("`operationName` must be a text")
    return question


def refusal(error: HubError) -> Response:
    """Render a refusal of the whole request; the operator's detail goes to the log only."""
    _log.info("refused", code=error.public_code, detail=error.detail)
    shown = GraphQLError(error.message, extensions=error.extensions)
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    body = orjson.dumps({"errors": [shown.formatted]})
    return Response(body, error.status, headers, _JSON)
