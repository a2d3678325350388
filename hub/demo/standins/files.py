"""Native files as HTTP answers: whole downloads with validators, and files read for an endpoint.

Files are read anew when they change, so a changed file is a member's new publication. What a file
says is never checked here: a broken file is served broken, for the hub to find out.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from hub.errors import InvalidInput

UNDATED = date(2026, 1, 1)
"""Stands for the publication day of a file whose name states none."""

_DATE = re.compile(r"(?<!\d)(20\d\d)(-?)(\d\d)(?:\2(\d\d))?(?!\d)")
_CONDITIONS = StaticFiles()


@dataclass(frozen=True, slots=True)
class Download:
    """One whole file at one path of a member's site.

    `content_type` goes out as it stands: no charset is added. User agents without a match of
    `agents` are refused with 403.
    """

    path: str
    content_type: str
    attachment: str | None = None
    agents: str = ""

    def route(self, file: Path) -> Route:
        """Serve `file` at the path, with validators, ranges and conditional GET."""

        def answer(request: Request) -> Response:
            if not re.search(self.agents, request.headers.get("user-agent", "")):
                return PlainTextResponse("Forbidden", 403)
            headers = validators(file.read_bytes(), stated_date(file))
            headers["content-type"] = self.content_type
            return unless_unchanged(
                request, FileResponse(file, headers=headers, filename=self.attachment)
            )

        return Route(self.path, answer)


def validators(content: bytes, published_on: date | None) -> dict[str, str]:
    """Make a strong `ETag` of the content and a `Last-Modified` of the day.

    A file that changes and keeps its name keeps its day: only the `ETag` tells.
    """
    at = datetime.combine(published_on or UNDATED, time(), UTC)
    return {
        "etag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        "last-modified": format_datetime(at, usegmt=True),
    }


def unless_unchanged(request: Request, response: Response) -> Response:
    """Answer 304 in place of `response` when the caller already holds it."""
    if _CONDITIONS.is_not_modified(response.headers, request.headers):
        return NotModifiedResponse(response.headers)
    return response


def stated_date(file: Path) -> date | None:
    """Find the day, or the first day of the month, in a file's name: 20260313, 2019-07."""
    for year, _, month, day in _DATE.findall(file.name):
        try:
            return date(int(year), int(month), int(day or 1))
        except ValueError:
            continue
    return None


def read_json(file: Path) -> object:
    """Read a JSON file, once for each time it changes.

    Raises:
        InvalidInput: the file is not JSON.
    """
    return _read_json(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read_json(file: Path, _changed_ns: int) -> object:
    content = file.read_bytes()
    try:
        return orjson.loads(content.decode(json.detect_encoding(content)))
    except (UnicodeDecodeError, orjson.JSONDecodeError) as error:
        raise InvalidInput(f"`{file}` is not JSON, {error}: name another file") from error
