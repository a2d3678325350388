"""What the hub publishes about itself: its issuer, its keys, its protected resource.

Anyone may read these three documents; they hold no record. Metadata says only what works: no token
endpoint is named until there is one.
"""

from typing import Any
from urllib.parse import urljoin, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.errors import InvalidInput
from hub.identity.issuer import EmbeddedIssuer
from hub.identity.keys import SigningKeys

JWKS_PATH = "/.well-known/jwks.json"
MAX_AGE_S = 600
"""How long others may keep a document: as long as we keep theirs."""


def identity_routes(issuer: EmbeddedIssuer, keys: SigningKeys) -> list[Route]:
    """Make the routes of the metadata documents, one each.

    Where the issuer or the audience has a path, its document's well-known path ends with it.

    Raises:
        InvalidInput: the issuer or the audience is not an http(s) address.

    Source: RFC 8414 section 3, RFC 9728 section 3, RFC 7517 section 5.
    """
    # RFC 8414 requires the response types and gives the grants an untrue default: both say none.
    server = {
        "issuer": issuer.issuer,
        "jwks_uri": urljoin(issuer.issuer, JWKS_PATH),
        "response_types_supported": [],
        "grant_types_supported": [],
    }
    resource = {
        "resource": issuer.audience,
        "authorization_servers": [issuer.issuer],
        "bearer_methods_supported": ["header"],
    }
    return [
        _document(_well_known("oauth-authorization-server", issuer.issuer), server),
        _document(_well_known("oauth-protected-resource", issuer.audience), resource),
        _document(JWKS_PATH, keys.jwks()),
    ]


def _well_known(name: str, identifier: str) -> str:
    address = urlsplit(identifier)
    if address.scheme not in {"http", "https"} or address.query or address.fragment:
        raise InvalidInput(f"`{identifier}` is no plain http(s) address: set one in the settings")
    return f"/.well-known/{name}{address.path.rstrip('/')}"


def _document(path: str, content: dict[str, Any]) -> Route:
    async def respond(_request: Request) -> Response:
        return JSONResponse(content, headers={"Cache-Control": f"public, max-age={MAX_AGE_S}"})

    return Route(path, respond, methods=["GET"])
