"""GraphiQL, served from the package's own files: no script of the page comes from elsewhere.

`static/` holds GraphiQL 3.9.0, React and React DOM 18.3.1 (MIT, licences beside them) as their
authors built them, and our page. The page is open to all; what it asks needs a token.
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from hub.errors import InvalidInput
from hub.gateway.endpoint import refusal

_STATIC = Path(__file__).parent / "static"

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
}


def routes() -> list[BaseRoute]:
    """Make the routes of the page (`GET /graphql`) and of its files."""
    return [
        Route("/graphql", _page, methods=["GET"]),
        Mount("/graphiql", StaticFiles(directory=_STATIC)),
    ]


async def _page(http: Request) -> Response:
    if "text/html" in http.headers.get("accept", ""):
        return FileResponse(_STATIC / "index.html", headers=_HEADERS)
    # Some clients send questions by GET unless told otherwise: a page would be no answer to them.
    told = refusal(InvalidInput("send the question by POST: GET only opens the page in a browser"))
    told.status_code, told.headers["Allow"] = 405, "POST"
    return told
