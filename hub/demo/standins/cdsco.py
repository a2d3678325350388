"""CDSCO's portal of drugs not of standard quality: DataTables JSON to browsers with a session.

The answer is JSON in UTF-8 that calls itself plain text in ISO-8859-1. How the portal hands out its
session is not on record: here, the first answer sets the cookie and sends the caller back.

Source: the data folder's `in/SOURCE.md`, quirk 3.
"""

import codecs
import csv
import io
import secrets
from collections.abc import Mapping
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

FEED = "in.cdsco_nsq"

_PATH = "/CDSCO/nsqdrugs"
_COOKIE = "JSESSIONID"
_LABORATORIES = {"All": "", "State": "state", "CDL": "cdsco"}


def routes(file: Path) -> list[Route]:
    """Serve the alerts of one month, or of all months when none is named."""

    def answer(request: Request) -> Response:
        if "Mozilla/" not in request.headers.get("user-agent", ""):
            return PlainTextResponse("Forbidden", 403)
        if not request.cookies.get(_COOKIE):
            return _open_session(request)
        content = file.read_bytes()
        if not content.lstrip().startswith(b"{"):
            content = _data_tables(content, request.query_params)
        return Response(content, headers={"content-type": "text/plain;charset=ISO-8859-1"})

    return [Route(_PATH, answer)]


def _open_session(request: Request) -> Response:
    response = RedirectResponse(str(request.url), 302)
    path = request.scope["root_path"] + "/CDSCO"
    response.set_cookie(_COOKIE, secrets.token_hex(16).upper(), path=path, httponly=True)
    return response


def _data_tables(table: bytes, query: Mapping[str, str]) -> bytes:
    """Wrap the rows of a CSV file again the way the portal answered them."""
    is_wide = table.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = table.decode("utf-16" if is_wide else "utf-8-sig", errors="replace")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    month = query.get("month", "").upper()
    laboratory = _LABORATORIES.get(query.get("source", "All"), "")
    alerts = [
        alert
        for alert in (dict(zip(header, row, strict=False)) for row in rows)
        if month in {"", alert.get("dt_reporting_month_year", "").upper()}
        and alert.get("str_reporting_source", "").lower().startswith(laboratory)
    ]
    return orjson.dumps(
        {"iTotalDisplayRecords": len(alerts), "iTotalRecords": len(alerts), "aaData": alerts}
    )
