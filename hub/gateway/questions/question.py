"""What a request asks: read from the body of a POST, or from the address of a GET.

The document is sent as a text, or a trusted one is named: by `documentId`, or by its digest as the
persisted-query protocol has it. Who may ask it is `trusted.py`'s to say. Start at `question_of`.

Source: GraphQL over HTTP, "Request" and the appendix "Persisted Documents".
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.datastructures import Headers, QueryParams
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest

from hub.errors import Forbidden, InvalidInput, TooLarge, UnsupportedMedia
from hub.gateway.limits import BODY_BYTES
from hub.gateway.questions.media_types import MediaType
from hub.gateway.questions.parsed import Refused
from hub.gateway.questions.trusted import TrustedDocument, TrustedDocuments, digest_of
from hub.gateway.questions.variables import check_variables

PREFLIGHT_HEADERS = ("GraphQL-Preflight", "Apollo-Require-Preflight", "X-Apollo-Operation-Name")
"""Headers that a page elsewhere can't make a browser send without asking the hub first."""

_KINDS = {"documentId": str, "operationName": str, "variables": dict, "extensions": dict}
"""What a question may have beside its `query`."""

_KINDS_OR_NONE = {name: (kind, type(None)) for name, kind in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; `body` tells it from all others.

    `trusted` is there where it was asked as a trusted document. One that `only_reads` came by a
    method that may do no more.
    """

    body: bytes
    document: str
    variables: dict[str, Any] | None
    operation: str | None
    trusted: TrustedDocument | None = None
    only_reads: bool = False


async def question_of(http: HttpRequest, trusted: TrustedDocuments) -> Question:
    """Read the question of a request.

    Raises:
        InvalidInput: there is none in it.
        UnsupportedMedia: it is not written in JSON, in UTF-8.
        TooLarge: it is over `BODY_BYTES`.
        Forbidden: a page elsewhere may have made a browser send it.
        NotFound: it names a document that is not there.
        Refused: the client is to send the text of its document too.
    """
    if http.method != "POST":
        _check_intent(http.headers)
        return _in_address(http, trusted)
    _check_content_type(http.headers.get("content-type", ""))
    body = await _body(http)
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("the body is not JSON: send one JSON object") from error
    return read_question(found, body, trusted)


def read_question(found: object, body: bytes, trusted: TrustedDocuments) -> Question:
    """Read a question out of its JSON.

    Raises:
        InvalidInput: it is none.
        NotFound: it names a document that is not there.
        Refused: the client is to send the text of its document too.
    """
    if isinstance(found, list):
        raise InvalidInput(
            f"a batch is not taken, and this is one of {len(found)}: send one JSON object a "
            "request, with all root fields you need in its document",
            code="BATCH",
        )
    if not isinstance(found, dict):
        raise InvalidInput("send one JSON object with the document as the text `query`")
    for name, kinds in _KINDS_OR_NONE.items():
        if not isinstance(found.get(name), kinds):
            wanted = "a text" if str in kinds else "an object"
            raise InvalidInput(f"send `{name}` as {wanted}, or leave it out")
    check_variables(found.get("variables"))
    document, asked = _document(found, trusted)
    return Question(body, document, found.get("variables"), found.get("operationName"), asked)


def _document(
    found: dict[str, Any], trusted: TrustedDocuments
) -> tuple[str, TrustedDocument | None]:
    text, name = found.get("query"), found.get("documentId")
    digest = _persisted_digest(found.get("extensions") or {})
    if name is not None:
        if text is not None or digest is not None:
            raise InvalidInput("send `documentId` alone, without a `query` or a persisted one")
        asked = trusted.by_id(name)
        return asked.text, asked
    if text is None and digest is not None:
        return _persisted(digest, trusted)
    if not isinstance(text, str):
        raise InvalidInput("send one JSON object with the document as the text `query`")
    if digest is None:
        return text, None
    if digest_of(text) != digest:
        raise InvalidInput(
            f"`sha256Hash` is not the digest of `query`, which is {digest_of(text)}: send both of "
            "one document",
            code="PERSISTED_QUERY_MISMATCH",
        )
    return text, trusted.by_digest(digest)


def _persisted(digest: str, trusted: TrustedDocuments) -> tuple[str, TrustedDocument]:
    asked = trusted.by_digest(digest)
    if asked is None:
        # Clients know this message, and send the text beside the digest when they read it.
        code = "PERSISTED_QUERY_NOT_FOUND"
        raise Refused([GraphQLError("PersistedQueryNotFound", extensions={"code": code})])
    return asked.text, asked


def _persisted_digest(extensions: dict[str, Any]) -> str | None:
    match extensions.get("persistedQuery"):
        case None:
            return None
        case {"version": 1, "sha256Hash": str(digest)}:
            return digest
    raise InvalidInput("send `persistedQuery` as `version` 1 and the text `sha256Hash`")


def _check_intent(headers: Headers) -> None:
    """Check that no page elsewhere can have made a browser send a request without a body.

    What a browser says of how a request came about, no page can make it say; and no page adds a
    header without asking first. All callers are held to it, whatever they are known by.
    """
    mode, site = headers.get("sec-fetch-mode"), headers.get("sec-fetch-site", "none")
    is_own = mode in {"cors", "same-origin"} and site in {"none", "same-origin"}
    if not is_own and not any(name in headers for name in PREFLIGHT_HEADERS):
        raise Forbidden(
            "another site may have sent this: ask by POST, or add the header "
            f"`{PREFLIGHT_HEADERS[0]}: 1`",
            code="CROSS_SITE",
            detail="csrf: a question by GET that any page can have sent",
        )


def _in_address(http: HttpRequest, trusted: TrustedDocuments) -> Question:
    body = http.scope["query_string"]
    _check_size(len(body))
    found = dict(_parameters(http.query_params))
    return replace(read_question(found, body, trusted), only_reads=True)


def _parameters(given: QueryParams) -> Iterator[tuple[str, Any]]:
    """Read the parameters of an address; one that is empty stands for none."""
    for name in ("query", *_KINDS):
        values = given.getlist(name)
        if len(values) > 1:
            raise InvalidInput(f"`{name}` is there {len(values)} times: send it once")
        for value in filter(None, values):
            yield name, _from_json(name, value) if _KINDS.get(name) is dict else value


def _from_json(name: str, value: str) -> Any:
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"`{name}` is not JSON: send it as one JSON object") from error


def _check_content_type(header: str) -> None:
    kind, *parameters = (part.strip().lower() for part in header.split(";"))
    if kind != MediaType.JSON:
        raise UnsupportedMedia(f"send the question as `Content-Type: {MediaType.JSON}`")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in {"utf-8", "utf8"}:
            raise UnsupportedMedia(f"the charset `{value}` is not read: send UTF-8")


async def _body(http: HttpRequest) -> bytes:
    stated = http.headers.get("content-length", "")
    if stated.isdecimal():
        _check_size(int(stated))
    body = bytearray()
    try:
        async for part in http.stream():
            body += part
            _check_size(len(body))
    except ClientDisconnect as error:
        raise InvalidInput("the question broke off: send it again") from error
    return bytes(body)


def _check_size(size: int) -> None:
    if size > BODY_BYTES.most:
        raise TooLarge(BODY_BYTES.message(size))
