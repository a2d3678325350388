"""The HTTP edge of exports: ask for one, see where it stands, fetch its file, delete it.

`POST /exports` takes an operation and a format from whoever may ask `/graphql`. To anybody but its
caller an export does not exist. A file is fetched by a link, which needs no token unless the caller
is bound to a key; it is served while the decisions that opened it are those in force, no longer.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Send

from hub.errors import Gone, HubError, InvalidInput
from hub.exports import jobs
from hub.exports.files import ExportFiles
from hub.exports.formats import FORMATS, Format
from hub.exports.links import Links
from hub.exports.manifest import Manifest, Sign
from hub.exports.ranges import Part, asked_part
from hub.exports.types import Asked, Export, State, class_digest, instant_text
from hub.exports.work import ExportWork, name_of
from hub.gateway.edge.endpoint import refusal, shown_errors
from hub.gateway.export.walk import moved
from hub.gateway.questions.parsed import Refused
from hub.gateway.questions.question import Question, question_of
from hub.gateway.questions.trusted import TrustedDocuments
from hub.identity.authentication import Authenticator

PATIENCE_SECONDS = 30.0
"""How long a client may take for a chunk; then it is cut off, and can go on from there."""

LONGEST_WAIT_SECONDS = 5.0
"""How long an answer is put off until an export has ended, for a caller that prefers to wait."""

LOOK_SECONDS = 0.5
"""How often to look meanwhile at a job that another process may have taken up."""

_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,6})(?![\d.])", re.IGNORECASE)
_JSON, _JWS = "application/json", "application/jose"
_FAILED = "the hub failed inside: ask again, and tell its operator when"
_NO_STORE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
_log = structlog.get_logger()

Answer = Callable[[HttpRequest], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class ExportDesk:
    """Answers `/exports`. `hours` is how long exports are kept, `public_url` where callers ask."""

    work: ExportWork
    authenticator: Authenticator
    links: Links
    sign: Sign
    public_url: str
    hours: int
    trusted: TrustedDocuments

    def routes(self) -> list[Route]:
        """List the routes."""
        one = "/exports/{id}"
        return [
            Route("/exports", self._edge(self.ask), methods=["POST"]),
            Route(one, self._edge(self.show), methods=["GET"]),
            Route(one, self._edge(self.delete), methods=["DELETE"]),
            Route(f"{one}/manifest", self._edge(self.manifest), methods=["GET"]),
            Route(f"{one}/file", self._edge(self.file), methods=["GET"]),
        ]

    def _edge(self, answer: Answer) -> Answer:
        async def answered(http: HttpRequest) -> Response:
            try:
                return await answer(http)
            except Refused as refused:
                return JSONResponse({"errors": shown_errors(refused)}, 400)
            except HubError as error:
                return refusal(error, self.authenticator.headers(error))
            except Exception:  # noqa: BLE001 - whatever failed, the caller gets one safe message
                _log.exception("failed")
                return refusal(HubError(_FAILED))

        return answered

    async def ask(self, http: HttpRequest) -> Response:
        """Queue an export, once it is clear that it can be made."""
        caller = (await self.authenticator.admit(http)).caller
        question = await question_of(http, self.trusted)
        self.trusted.check(caller, question.document, question.trusted)
        asked = _asked(question)
        tools = self.work.tools
        read = tools.reader.read(question.document, question.variables, question.operation)
        read.page(await tools.decide(caller), datetime.now(UTC))
        async with tools.writing.connection() as connection:
            export = await jobs.ask(connection, caller, asked, self.hours)
        self.work.ring()
        shown = self._shown(export)
        return JSONResponse(shown, 202, {"Location": shown["address"], **_NO_STORE})

    async def show(self, http: HttpRequest) -> Response:
        """Say where an export stands, and where its file is; once it has ended, if preferred."""
        export = await self._awaited(await self._own(http), _preferred_wait(http))
        if export.state is State.READY:
            await self._check(export)
        return JSONResponse(self._shown(export), headers=_NO_STORE)

    async def manifest(self, http: HttpRequest) -> Response:
        """Give a file's manifest: as JSON, or signed."""
        export = await self._own(http)
        manifest = await self._check(export)
        if _JWS in http.headers.get("accept", ""):
            return Response(self.sign(manifest), 200, _NO_STORE, _JWS)
        return JSONResponse(manifest, headers=_NO_STORE)

    async def delete(self, http: HttpRequest) -> Response:
        """Forget an export and drop its file; one that runs ends."""
        export = await self._own(http)
        async with self.work.tools.writing.connection() as connection:
            await jobs.drop(connection, export.id)
        if export.state is State.READY:
            await self.work.tools.files.drop(name_of(export))
        return Response(status_code=204)

    async def file(self, http: HttpRequest) -> Response:
        """Give a file, or the part of it that is asked for."""
        export = await self._found(http)
        given = http.query_params
        self.links.check(export, given.get("expires", ""), given.get("signature", ""))
        # A link must not do for those who are to prove a key; and nobody fetches another's.
        if export.caller.sender_constrained or "authorization" in http.headers:
            await self._require(http, export)
        manifest = await self._check(export)
        etag = f'"{manifest["sha256"]}"'
        headers = self._headers(FORMATS[export.asked.format], manifest, etag)
        if http.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        part = asked_part(http.headers, manifest["bytes"], etag)
        if part is None:
            return Response(
                status_code=416, headers={"Content-Range": f"bytes */{manifest['bytes']}"}
            )
        headers |= {"Content-Length": str(part.end - part.start)}
        if not part.is_whole:
            headers |= {"Content-Range": part.header}
        status = 200 if part.is_whole else 206
        if http.method == "HEAD":
            return Response(status_code=status, headers=headers)
        return _FileResponse(self._chunks(export, part), status, headers)

    async def _chunks(self, export: Export, part: Part) -> AsyncGenerator[bytes]:
        files: ExportFiles = self.work.tools.files
        async for chunk in files.read(name_of(export), part.start, part.end):
            await self._check(export)
            yield chunk

    def _headers(self, form: Format, manifest: Manifest, etag: str) -> dict[str, str]:
        name = f"{manifest['list']}-{manifest['id']}.{form.suffix}"
        return {
            "Content-Type": form.media_type,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Accept-Ranges": "bytes",
            "ETag": etag,
            **_NO_STORE,
        }

    async def _found(self, http: HttpRequest) -> Export:
        async with self.work.tools.writing.connection() as connection:
            return await jobs.find(connection, http.path_params["id"])

    async def _awaited(self, export: Export, wait_s: float) -> Export:
        """Wait for an export's end, at most so long."""
        until = time.monotonic() + wait_s
        while export.is_open and (left := until - time.monotonic()) > 0:
            ended = self.work.ended
            async with self.work.tools.writing.connection() as connection:
                export = await jobs.find(connection, export.id)
            if export.is_open:
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), min(left, LOOK_SECONDS))
        return export

    async def _own(self, http: HttpRequest) -> Export:
        caller = (await self.authenticator.admit(http)).caller
        export = await self._found(http)
        if not export.is_of(caller):
            raise jobs.not_found()
        return export

    async def _require(self, http: HttpRequest, export: Export) -> None:
        caller = (await self.authenticator.admit(http)).caller
        if not export.is_of(caller):
            raise jobs.not_found()

    async def _check(self, export: Export) -> Manifest:
        """Read the manifest of an export whose file may be fetched now.

        Raises:
            Conflict: there is no file, or not yet.
            Gone: the decisions that opened it are no longer in force.
        """
        if export.manifest is None:
            raise jobs.not_ready(export)
        manifest: Manifest = json.loads(export.manifest)
        now = await self.work.tools.decide(export.caller)
        if (now.digest, class_digest(now)) != (manifest["policyDigest"], export.class_digest):
            raise Gone(moved().message, code=moved().public_code)
        return manifest

    def _shown(self, export: Export) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": export.id,
            "address": f"{self.public_url}/exports/{export.id}",
            "state": export.state,
            "format": export.asked.format,
            "askedAt": instant_text(export.asked_at),
            "keptUntil": instant_text(export.kept_until),
            "rows": export.rows,
        }
        if export.code:
            shown["error"] = {"message": export.message, "code": export.code}
        if export.manifest:
            link = self.links.link(export)
            expires = datetime.fromtimestamp(link.expires, UTC)
            shown["file"] = {
                "address": self.public_url + link.path,
                "expiresAt": instant_text(expires),
            }
            shown["manifest"] = json.loads(export.manifest)
        return shown


class _FileResponse(StreamingResponse):
    """A file that ends early where it may no longer be shown, or its client takes none of it."""

    async def stream_response(self, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await send(message)

        try:
            await super().stream_response(send_in_time)
        except (TimeoutError, HubError, FileNotFoundError) as error:
            # Shorter than its `Content-Length` says: the client can tell that it is not whole.
            _log.info("download_cut_off", reason=repr(error))


def _preferred_wait(http: HttpRequest) -> float:
    """Read how many seconds the caller prefers to wait.

    Source: RFC 7240 section 4.3.
    """
    found = _WAIT.search(http.headers.get("prefer", ""))
    return min(float(found[1]), LONGEST_WAIT_SECONDS) if found else 0.0


def _asked(question: Question) -> Asked:
    """Read what is to be exported out of a request.

    Raises:
        InvalidInput: no format, or none that is known; or what PostgreSQL can't hold.
    """
    form = orjson.loads(question.body).get("format")
    if not isinstance(form, str) or form not in FORMATS:
        raise InvalidInput(f"send `format` as one of {', '.join(FORMATS)}")
    if "\0" in question.document or "\0" in (question.operation or ""):
        raise InvalidInput("the document holds a NUL: leave it out")
    variables = orjson.dumps(question.variables or {}).decode()
    return Asked(question.document, variables, question.operation, form)
