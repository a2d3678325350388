"""openFDA's `drug/shortages` and `drug/enforcement`: search, limit, skip, `Link`, error bodies.

Parameters, limits and messages follow the service's own code. Of its query language only
`field:term`, `field.exact:"phrase"` and `field:[day TO day]` clauses joined by AND are understood;
`sort` and `count` are not. What is not understood is refused with 400, as the service refuses what
it can't parse. A stored conversion of the recalls into CSV is served as the file it is.

Source: open.fda.gov/apis/paging, open.fda.gov/apis/query-parameters; FDA/openfda api/faers.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from hub.demo.standins.files import Download, read_json
from hub.errors import InvalidInput

SHORTAGES = "us.openfda_shortages"
ENFORCEMENT = "us.fda_enforcement"
MAX_LIMIT = 1000
MAX_SKIP = 25_000

_PARAMETERS = {"search", "limit", "skip", "search_after", "api_key"}
_CLAUSE = re.compile(r'(?P<field>[\w.]+?)(?P<exact>\.exact)?:(?P<term>"[^"]+"|[^\s":()\[\]]+)')
_RANGE = re.compile(r"(?P<field>[\w.]+):\[(?P<first>\d{8}) TO (?P<last>\d{8})\]")
_CURSOR = re.compile(r"0=(\d+)")

Query = dict[str, str]
Row = Mapping[str, Any]


class _BadRequest(Exception):
    """What the caller asked can't be answered; the text is the service's own message."""


def shortages(file: Path) -> list[Route]:
    """Serve a bulk download of the shortages page by page."""
    return _routes(file, "/drug/shortages.json")


def enforcement(file: Path) -> list[Route]:
    """Serve a bulk download of the recalls page by page, or their stored conversion."""
    path = "/drug/enforcement.json"
    return (
        _routes(file, path) if file.suffix == ".json" else [Download(path, "text/csv").route(file)]
    )


def over_quota() -> Response:
    """Answer as the service does when an address or a key has asked too often."""
    message = "You have exceeded your rate limit. Try again later or contact us."
    return _error(429, "OVER_RATE_LIMIT", message)


def _routes(file: Path, path: str) -> list[Route]:
    async def answer(request: Request) -> Response:
        query = dict(request.query_params)
        try:
            return _answer(file, str(request.url.replace(query="")), query)
        except _BadRequest as error:
            return _error(400, "BAD_REQUEST", str(error))
        except InvalidInput:  # no download of this service: the hub has to say so, not we
            return FileResponse(file, media_type="application/json")

    return [Route(path, answer)]


def _answer(file: Path, address: str, query: Query) -> Response:
    for name in query.keys() - _PARAMETERS:
        raise _BadRequest(f"Invalid parameter: {name}")
    limit, skip = _limit(query), _skip(query)
    start = _resume(query) or skip
    meta, results = _publication(file)
    rows = _matches(results, query.get("search", ""))
    if start >= len(rows):
        return _error(404, "NOT_FOUND", "No matches found!")
    end = start + limit
    counts = {"skip": skip, "limit": limit, "total": len(rows)}
    document = {"meta": {**meta, "results": counts}, "results": rows[start:end]}
    link = {"link": _next(address, query, limit, skip, end)} if end < len(rows) and limit else {}
    return _json(200, document, link)


def _limit(query: Query) -> int:
    limit = _number(query, "limit", default=1)
    if limit > MAX_LIMIT:
        raise _BadRequest(
            f"Limit cannot exceed {MAX_LIMIT} results for search requests. "
            "Use the skip or search_after param to get additional results."
        )
    return limit


def _skip(query: Query) -> int:
    skip = _number(query, "skip", default=0)
    if skip > MAX_SKIP:
        raise _BadRequest(f"Skip value must {MAX_SKIP} or less.")
    if skip and "search_after" in query:
        raise _BadRequest("The skip parameter is not supported when using search_after.")
    return skip


def _number(query: Query, name: str, default: int) -> int:
    text = query.get(name, "").strip() or str(default)
    if not re.fullmatch("[0-9]+", text):
        raise _BadRequest(f"Invalid {name} parameter value.")
    return int(text)


def _resume(query: Query) -> int | None:
    if "search_after" not in query:
        return None
    cursor = _CURSOR.fullmatch(query["search_after"])
    if cursor is None:
        raise _BadRequest("Invalid search_after parameter value.")
    return int(cursor[1])


def _next(address: str, query: Query, limit: int, skip: int, end: int) -> str:
    """Link the next page: by skip for those who skip, by cursor beside `skip=0` for all others."""
    following = {"search": query["search"]} if "search" in query else {}
    following |= {"limit": str(limit)}
    following |= {"skip": str(end)} if skip else {"skip": "0", "search_after": f"0={end}"}
    return f'<{address}?{urlencode(following)}>; rel="next"'


def _publication(file: Path) -> tuple[Row, list[Row]]:
    match read_json(file):
        case {"meta": dict() as meta, "results": list() as results}:
            return meta, results
    raise InvalidInput(f"`{file}` lacks `meta` or `results`: name an openFDA download")


def _matches(rows: list[Row], search: str) -> list[Row]:
    for clause in re.split(r"\s+AND\s+", search.strip()) if search.strip() else []:
        if bounds := _RANGE.fullmatch(clause):
            path = bounds["field"].split(".")
            rows = [row for row in rows if _is_between(_texts(row, path), bounds)]
            continue
        parsed = _CLAUSE.fullmatch(clause)
        if parsed is None:
            raise _BadRequest(f"Search not supported: {clause}")
        term = re.escape(parsed["term"].strip('"'))
        pattern = re.compile(rf"^{term}$" if parsed["exact"] else rf"(?i)\b{term}\b")
        path = parsed["field"].split(".")
        rows = [row for row in rows if any(map(pattern.search, _texts(row, path)))]
    return rows


def _is_between(days: Iterator[str], bounds: re.Match[str]) -> bool:
    plain = (day.replace("-", "")[:8] for day in days)
    return any(bounds["first"] <= day <= bounds["last"] for day in plain)


def _texts(value: Any, path: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _texts(item, path)
    elif path and isinstance(value, dict):
        yield from _texts(value.get(path[0]), path[1:])
    elif not path and value is not None:
        yield str(value)


def _error(status: int, code: str, message: str) -> Response:
    return _json(status, {"error": {"code": code, "message": message}})


def _json(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Response:
    body = orjson.dumps(document, option=orjson.OPT_INDENT_2)
    return Response(body, status, headers, "application/json; charset=utf-8")
