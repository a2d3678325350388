"""GraphiQL, served from the package's own files: no script of the page comes from elsewhere.

`static/` holds GraphiQL 3.9.0, React and React DOM 18.3.1 (MIT, licences beside them) as their
authors built them, and our page. The page is open to all; what it asks needs a token.
"""

from pathlib import Path

from starlette.responses import FileResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

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


def page() -> Response:
    """Give the page."""
    return FileResponse(_STATIC / "index.html", headers=_HEADERS)


def files() -> Mount:
    """Make the route of the page's files."""
    return Mount("/graphiql", StaticFiles(directory=_STATIC))
