"""What the hub's issuer and its protected resource are to the web: documents and endpoints.

Anyone may read the documents; they hold no record, and say only what works. What the endpoints
answer is decided in `token_endpoint.py` and `revocation.py`.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import psycopg
import structlog
from psycopg_pool import PoolTimeout
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.errors import HubError, InvalidInput, TooLarge, Unavailable
from hub.identity.challenges import NONCE_HEADER
from hub.identity.errors import NonceNeeded
from hub.identity.keys.jwks import ALGORITHMS
from hub.identity.own_issuer.assertions import METHOD, ClientAuthentication
from hub.identity.own_issuer.exchange import Exchange
from hub.identity.own_issuer.forms import FORM_TYPE, MAX_FORM_BYTES, Form, read_form
from hub.identity.own_issuer.issuer import EmbeddedIssuer
from hub.identity.own_issuer.keys import MAX_AGE_S, SigningKeys
from hub.identity.own_issuer.revocation import Introspection, IssuedTokens, Revocation
from hub.identity.own_issuer.token_endpoint import GRANT_TYPES, TokenEndpoint
from hub.identity.proofs.dpop import ProofChecker
from hub.identity.tokens.verifying import TokenVerifier
from hub.identity.trust.trusted import Trust
from hub.identity.types import Purpose
from hub.store.database import Pool

JWKS_PATH = "/.well-known/jwks.json"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
REVOCATION_PATH = "/oauth/revoke"
INTROSPECTION_PATH = "/oauth/introspect"
ENDPOINTS = {
    "token": TOKEN_PATH,
    "revocation": REVOCATION_PATH,
    "introspection": INTROSPECTION_PATH,
}

_CODES = {401: "invalid_client", 403: "unauthorized_client", 503: "temporarily_unavailable"}
"""OAuth's codes by status, for errors that do not bring one."""

_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}  # RFC 6749 section 5.1

_NO_DESCRIPTION = re.compile(r"[^ !#-\[\]-~]")
"""What RFC 6749 section 5.2 leaves out of descriptions."""

Answer = Callable[[Form, Sequence[str]], Awaitable[Mapping[str, Any]]]

_log = structlog.get_logger()


def resource_documents(
    address: str, authorization_servers: Sequence[str], keys: SigningKeys
) -> list[Route]:
    """Make the routes of the resource's metadata and of the keys that the hub signs with.

    Raises:
        InvalidInput: the resource is not an http(s) address.

    Source: RFC 9728 sections 2 and 3, RFC 7517 section 5.
    """
    document = {
        "resource": address,
        "resource_name": "Alliance data-exchange hub",
        "authorization_servers": authorization_servers,
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": sorted(ALGORITHMS),
        "tls_client_certificate_bound_access_tokens": True,
        "purposes_supported": sorted(Purpose),
    }
    return [
        _document(_well_known("oauth-protected-resource", address), lambda: document),
        _document(JWKS_PATH, keys.jwks),
    ]


def issuer_routes(
    issuer: EmbeddedIssuer,
    clients: ClientAuthentication,
    *,
    verifier: TokenVerifier,
    proofs: ProofChecker,
    trust: Trust,
    pool: Pool,
) -> list[Route]:
    """Make the routes of the issuer: its metadata, its tokens, and what becomes of them.

    Raises:
        InvalidInput: the issuer is not an http(s) address.

    Source: RFC 6749 section 3.2, RFC 7009, RFC 7662.
    """
    issued = IssuedTokens(issuer.issuer, trust)
    url = _place(issuer.issuer, TOKEN_PATH)
    tokens = TokenEndpoint(url, issuer, clients, proofs, Exchange(verifier))
    revocation = Revocation(clients, issued, pool)
    introspection = Introspection(clients, issued)
    return [
        _document(
            _well_known("oauth-authorization-server", issuer.issuer), partial(_metadata, issuer)
        ),
        _endpoint(TOKEN_PATH, tokens.answer),
        _endpoint(REVOCATION_PATH, lambda form, _: revocation.answer(form)),
        _endpoint(INTROSPECTION_PATH, lambda form, _: introspection.answer(form)),
    ]


def _metadata(issuer: EmbeddedIssuer) -> dict[str, Any]:
    """Describe the issuer.

    Source: RFC 8414 section 2, RFC 9449 section 5.1.
    """
    signed = sorted(ALGORITHMS)
    document: dict[str, Any] = {
        "issuer": issuer.issuer,
        "jwks_uri": _place(issuer.issuer, JWKS_PATH),
        # RFC 8414 requires the response types: there is no authorization endpoint.
        "response_types_supported": [],
        "grant_types_supported": GRANT_TYPES,
        "dpop_signing_alg_values_supported": signed,
    }
    for name, path in ENDPOINTS.items():
        document[f"{name}_endpoint"] = _place(issuer.issuer, path)
        document[f"{name}_endpoint_auth_methods_supported"] = [METHOD]
        document[f"{name}_endpoint_auth_signing_alg_values_supported"] = signed
    return document


def _place(address: str, path: str) -> str:
    """Say what callers call a path of the hub."""
    return f"{address.rstrip('/')}{path}"


def _well_known(name: str, identifier: str) -> str:
    """Find the path of a document: where its subject has a path, the document's ends with it."""
    address = urlsplit(identifier)
    if address.scheme not in {"http", "https"} or address.query or address.fragment:
        raise InvalidInput(f"`{identifier}` is no plain http(s) address: set one in the settings")
    return f"/.well-known/{name}{address.path.rstrip('/')}"


def _document(path: str, content: Callable[[], Mapping[str, Any]]) -> Route:
    async def respond(_request: Request) -> Response:
        return JSONResponse(content(), headers={"Cache-Control": f"public, max-age={MAX_AGE_S}"})

    return Route(path, respond, methods=["GET"])


def _endpoint(path: str, answer: Answer) -> Route:
    async def respond(request: Request) -> Response:
        try:
            form = await _form(request)
            content = await answer(form, request.headers.getlist("dpop"))
        except HubError as error:
            return _refusal(path, error)
        except (psycopg.Error, PoolTimeout) as error:
            detail = type(error).__name__
            message = "the issuer can't reach its database: ask again shortly"
            return _refusal(path, Unavailable(message, detail=detail))
        except Exception as error:  # noqa: BLE001 - what breaks a library is a bad request
            # The text may hold what was sent.
            detail = f"unexpected: {type(error).__name__}"
            return _refusal(
                path, InvalidInput("the request can't be read: make it anew", detail=detail)
            )
        return JSONResponse(content, headers=_NOT_KEPT)

    return Route(path, respond, methods=["POST"])


async def _form(request: Request) -> Form:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise InvalidInput(f"the body is no form: send `Content-Type: {FORM_TYPE}`")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise TooLarge(f"the body is over {MAX_FORM_BYTES} bytes: send a smaller one")
    return read_form(bytes(body))


def _refusal(path: str, error: HubError) -> Response:
    """Answer an error the way OAuth's clients read it.

    Source: RFC 6749 section 5.2, RFC 9449 sections 5 and 8.
    """
    status, headers = error.status, dict(_NOT_KEPT)
    is_oauth = error.public_code.islower()
    code = error.public_code if is_oauth else _CODES.get(status, "invalid_request")
    text = _NO_DESCRIPTION.sub("?", error.message)
    if isinstance(error, NonceNeeded):
        status, code = 400, "use_dpop_nonce"
        text = f"make a new proof with the nonce in the header `{NONCE_HEADER}`"
        headers[NONCE_HEADER] = error.nonce
    _log.info("oauth_refused", path=path, code=code, detail=error.detail)
    return JSONResponse({"error": code, "error_description": text}, status, headers)
