"""What the hub says to a provider at which people sign in, as one of its clients.

Metadata, the pushed request and the exchange of the code. Every address is checked against the
hosts the provider was added with; nothing the provider says chooses an algorithm. What its ID token
must keep is in `id_tokens.py`. Start at `ProviderClient`.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oidc.discovery import get_well_known_url
from joserfc.jwk import ECKey

from hub.errors import HubError, MemberFault
from hub.identity.keys.jose import sign
from hub.identity.own_issuer.keys import ALGORITHM
from hub.identity.sign_in.providers import Provider
from hub.identity.strict_json import read_object
from hub.outbound import LOOPBACK_HOSTS, Limits, Outbound

ASSERTION_S = 60
"""How long a client assertion holds."""

METADATA_S = 600
"""How long a provider's metadata is kept."""

MAX_PUSHED_S = 600
"""A pushed request must live shorter than this (FAPI 2.0 Security Profile section 5.3.2.2)."""

_LIMITS = Limits(seconds=10.0, silence_seconds=5.0, body_bytes=64 * 1024)
"""A person is waiting, and no honest answer is longer."""

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider takes what; `pushed` is None where it takes no pushed requests."""

    authorization: str
    token: str
    pushed: str | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a code was exchanged for."""

    id_token: str = field(repr=False)
    access_token: str | None = field(repr=False)


class ProviderClient:
    """Speaks with providers, and proves by the hub's signing key that it is their client."""

    def __init__(
        self,
        outbound: Outbound,
        key: Callable[[], ECKey],
        clock: Callable[[], float] = time.time,
        *,
        allow_loopback: bool,
    ) -> None:
        self._outbound = outbound.for_trust(_LIMITS)
        self._key = key
        self._clock = clock
        self._allow_loopback = allow_loopback
        self._known: dict[Provider, tuple[float, Endpoints]] = {}

    async def authorization_url(self, provider: Provider, request: Mapping[str, str]) -> str:
        """Make the address to which the browser goes to sign in.

        Where the provider takes pushed requests, the address holds only the name of one.

        Raises:
            MemberFault: the provider does not answer, or not as it should.

        Source: RFC 6749 section 4.1.1, RFC 9126 section 4.
        """
        endpoints = await self._endpoints(provider)
        if endpoints.pushed is not None:
            request = {"request_uri": await self._push(provider, endpoints.pushed, request)}
        parameters = [("client_id", provider.client_id), *request.items()]
        return str(add_params_to_uri(endpoints.authorization, parameters))

    async def exchange(self, provider: Provider, request: Mapping[str, str]) -> Tokens:
        """Exchange a code for tokens, of which none is checked.

        Raises:
            MemberFault: the provider does not answer, or not as it should; it refuses the code.

        Source: RFC 6749 section 4.1.3, OpenID Connect Core section 3.1.3.
        """
        endpoints = await self._endpoints(provider)
        form = {"grant_type": "authorization_code", **request}
        found = await self._post(provider, endpoints.token, form, status=200)
        id_token, access_token = found.get("id_token"), found.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str | None):
            raise faulty("token response: no ID token")
        return Tokens(id_token, access_token)

    async def _push(self, provider: Provider, url: str, request: Mapping[str, str]) -> str:
        """Push a request, and give its name.

        Source: RFC 9126 section 2.
        """
        found = await self._post(provider, url, request, status=201)
        name, life = found.get("request_uri"), found.get("expires_in")
        if not isinstance(name, str) or not isinstance(life, int) or not 0 < life < MAX_PUSHED_S:
            raise faulty("pushed request: no `request_uri`, or `expires_in` out of bounds")
        return name

    async def _post(
        self, provider: Provider, url: str, form: Mapping[str, str], *, status: int
    ) -> dict[str, Any]:
        authenticated = {
            "client_id": provider.client_id,
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._assertion(provider),
            **form,
        }
        return await self._ask(url, urlencode(authenticated).encode(), status=status)

    def _assertion(self, provider: Provider) -> str:
        """Sign a client assertion for this provider alone, once.

        Source: RFC 7523 section 3; `aud` by draft-ietf-oauth-rfc7523bis.
        """
        key, now = self._key(), int(self._clock())
        claims = {
            "iss": provider.client_id,
            "sub": provider.client_id,
            "aud": provider.issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + ASSERTION_S,
        }
        return sign({"typ": "JWT", "alg": ALGORITHM, "kid": key.kid}, claims, key)

    async def _endpoints(self, provider: Provider) -> Endpoints:
        """Find a provider's endpoints in its metadata.

        Source: OpenID Connect Discovery section 4, RFC 8414 section 3.3.
        """
        until, endpoints = self._known.get(provider, (0.0, None))
        if endpoints is None or self._clock() >= until:
            issuer = self._address(provider, {"issuer": provider.issuer}, "issuer")
            url = get_well_known_url(issuer, external=True)
            endpoints = self._read_metadata(provider, await self._ask(url, None, status=200))
            self._known[provider] = self._clock() + METADATA_S, endpoints
        return endpoints

    def _read_metadata(self, provider: Provider, found: Mapping[str, Any]) -> Endpoints:
        if found.get("issuer") != provider.issuer:
            raise faulty("metadata: of another issuer")
        if "S256" not in _texts(found.get("code_challenge_methods_supported")):
            raise faulty("metadata: no PKCE by S256")
        if found.get("authorization_response_iss_parameter_supported") is not True:
            raise faulty("metadata: no `iss` in its answers (RFC 9207)")
        pushed = "pushed_authorization_request_endpoint"
        return Endpoints(
            self._address(provider, found, "authorization_endpoint"),
            self._address(provider, found, "token_endpoint"),
            self._address(provider, found, pushed) if pushed in found else None,
        )

    def _address(self, provider: Provider, found: Mapping[str, Any], name: str) -> str:
        """Read an address that is on the provider's hosts and cannot be listened in on."""
        url = found.get(name)
        parts = urlsplit(url if isinstance(url, str) else "")
        is_local = self._allow_loopback and parts.hostname in LOOPBACK_HOSTS
        if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
            raise faulty(f"metadata: `{name}` is no https address")
        if parts.netloc not in {urlsplit(provider.issuer).netloc, *provider.hosts}:
            raise faulty(f"metadata: `{name}` is on a host the provider was not added with")
        return parts.geturl()

    async def _ask(self, url: str, form: bytes | None, *, status: int) -> dict[str, Any]:
        """Carry one request out and read the JSON object that answers it."""
        headers = {"accept": "application/json"}
        try:
            if form is None:
                answer = await self._outbound.get(url, headers)
            else:
                headers["content-type"] = "application/x-www-form-urlencoded"
                answer = await self._outbound.post(url, headers, form)
            found = read_object(answer.content)
        except (HubError, ValueError) as error:
            raise faulty(f"no JSON object: {type(error).__name__}") from error
        if answer.status != status:
            raise faulty(f"status {answer.status}: {str(found.get('error'))[:60]!r}")
        return found


def faulty(cause: str) -> MemberFault:
    """Make the error for a provider that does not do its part; the cause is for operators."""
    return MemberFault(
        "the provider did not answer as it should: try again shortly, or tell its operator",
        code="PROVIDER_FAULT",
        detail=cause,
    )


def _texts(value: object) -> list[object]:
    return value if isinstance(value, list) else []
