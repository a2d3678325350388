"""Where clients get access tokens: each for itself, or to act for an officer of its member.

`TokenEndpoint.answer` takes a form and gives the JSON of an answer; the web around it is in
`routes.py`. How a client proves who it is, is in `assertions.py`; acting for another, in
`exchange.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from hub.errors import InvalidInput, Unauthenticated
from hub.identity.errors import NonceNeeded
from hub.identity.own_issuer.assertions import ClientAuthentication
from hub.identity.own_issuer.clients import RegisteredClient
from hub.identity.own_issuer.exchange import ACCESS_TOKEN, TOKEN_EXCHANGE, Exchange
from hub.identity.own_issuer.forms import Form
from hub.identity.own_issuer.issuer import TOKEN_LIFETIME_S, EmbeddedIssuer, Grant, grant_to
from hub.identity.proofs.dpop import ProofChecker
from hub.identity.types import Client, Purpose, Scheme

CLIENT_CREDENTIALS = "client_credentials"
GRANT_TYPES = (CLIENT_CREDENTIALS, TOKEN_EXCHANGE)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Gives tokens of one issuer to its clients. `url` is what callers call it."""

    url: str
    issuer: EmbeddedIssuer
    clients: ClientAuthentication
    proofs: ProofChecker
    exchange: Exchange

    async def answer(self, form: Form, proofs: Sequence[str]) -> Mapping[str, object]:
        """Give a token.

        Args:
            form: what is asked.
            proofs: all `DPoP` headers of the request; a token is bound to the key they prove.

        Raises:
            Unauthenticated: the client is not known, code `invalid_client`; or `NonceNeeded`.
            InvalidInput: what it asks is wrong; the code is one of OAuth's.
            Unavailable: what must be asked does not answer.

        Source: RFC 6749 section 4.4, RFC 8693 section 2, RFC 8707 section 2, RFC 9449 section 5.
        """
        client = await self.clients.client(form)
        key = await self._key(client, proofs)
        form.refuse("scope", "state a `purpose`", "invalid_scope")
        for name in ("resource", "audience"):
            if form.find(name) not in {None, self.issuer.audience}:
                raise InvalidInput(
                    f"tokens are for `{self.issuer.audience}` alone: ask for none other",
                    code="invalid_target",
                )
        grant_type = form.take("grant_type")
        if grant_type == CLIENT_CREDENTIALS:
            grant = grant_to(client.client, _purposes(client.client, form), key)
            return self._token(grant, TOKEN_LIFETIME_S)
        if grant_type == TOKEN_EXCHANGE:
            grant, lifetime_s = await self.exchange.grant(form, client, key)
            return {**self._token(grant, lifetime_s), "issued_token_type": ACCESS_TOKEN}
        raise InvalidInput(
            f"send `grant_type` as one of {', '.join(GRANT_TYPES)}", code="unsupported_grant_type"
        )

    async def _key(self, client: RegisteredClient, proofs: Sequence[str]) -> str | None:
        if not proofs:
            if client.requires_sender_constraint:
                raise InvalidInput(
                    "this client's tokens are bound to a key: prove one in the header `DPoP`",
                    code="invalid_dpop_proof",
                )
            return None
        try:
            return await self.proofs.check(proofs, method="POST", url=self.url, access_token=None)
        except NonceNeeded:
            raise
        except Unauthenticated as error:
            raise InvalidInput(
                "the proof in the header `DPoP` does not hold: make a new one for this address",
                code="invalid_dpop_proof",
                detail=error.detail,
            ) from None

    def _token(self, grant: Grant, lifetime_s: int) -> Mapping[str, object]:
        issued = self.issuer.issue(grant, lifetime_s)
        _log.info(
            "token_issued",
            token=issued.id,
            client=grant.client,
            subject=grant.subject,
            actors=grant.actors,
            purposes=[each.value for each in grant.purposes],
            key=grant.key,
        )
        return {
            "access_token": issued.text,
            "token_type": Scheme.DPOP if grant.key else Scheme.BEARER,
            "expires_in": issued.lifetime_s,
        }


def _purposes(client: Client, form: Form) -> frozenset[Purpose]:
    """Find what a token lets its bearer state: what the form says, or all that the client may."""
    stated = form.find("purpose")
    if stated is None:
        return client.purposes
    found = frozenset(each for each in client.purposes if each == stated)
    if not found:
        allowed = ", ".join(sorted(client.purposes))
        raise InvalidInput(f"this client may not state this purpose: state one of {allowed}")
    return found
