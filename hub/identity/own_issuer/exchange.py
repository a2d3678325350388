"""Acting for another: an agency's service gets a token for an officer, and both stay known.

The new token says no more than the officer's: its member, organisation, purpose and end are the
officer's, its roles those that both have, its audience the hub alone. Whoever asks was found by
`assertions.py`; how the token is told apart is in `tokens/claims.py`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from hub.errors import Forbidden, InvalidInput, Unauthenticated
from hub.identity.keys.jose import take_apart
from hub.identity.own_issuer.clients import RegisteredClient
from hub.identity.own_issuer.forms import Form
from hub.identity.own_issuer.issuer import TOKEN_LIFETIME_S, Grant
from hub.identity.tokens.claims import MAX_ACTORS, VOUCHED_BY
from hub.identity.tokens.verifying import TokenVerifier
from hub.identity.types import Caller, Presented, UnverifiedToken

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a grant's name
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a type's name
TOKEN_TYPES = frozenset({ACCESS_TOKEN, "urn:ietf:params:oauth:token-type:jwt"})


_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Exchange:
    """Decides who may act for whom."""

    verifier: TokenVerifier
    clock: Callable[[], float] = time.time

    async def grant(
        self, form: Form, client: RegisteredClient, key: str | None
    ) -> tuple[Grant, int]:
        """Grant a client to act for the subject of the token it shows; give the seconds it may.

        A subject's token that is bound to a key is refused: nobody else can prove that key.

        Raises:
            InvalidInput: it may not, or asks for more than the subject has.
            Unavailable: the keys of the subject's issuer can't be asked for.

        Source: RFC 8693 sections 2.1, 2.2.2 and 4.1.
        """
        if not client.may_act:
            raise InvalidInput(
                "this client acts for nobody: have it registered with `--may-act`",
                code="unauthorized_client",
            )
        form.refuse("actor_token", "the client is the actor", "invalid_request")
        if form.find("requested_token_type") not in {None, *TOKEN_TYPES}:
            raise InvalidInput("`requested_token_type` is no access token's: leave it out")
        if form.take("subject_token_type") not in TOKEN_TYPES:
            raise InvalidInput(f"`subject_token_type` is no access token's: send `{ACCESS_TOKEN}`")
        text = form.take("subject_token")
        subject = await self._subject(text, form.find("purpose"))
        # The token was verified a moment ago, so its claims are of their types.
        claims = take_apart(text).claims
        vouched_by = claims.get(VOUCHED_BY, claims["iss"])
        grant = replace(_granted(client, subject, key), vouched_by=vouched_by)
        _log.info(
            "token_exchanged",
            client=grant.client,
            subject=subject.subject,
            issuer=subject.issuer,
            token=subject.token_id,
        )
        return grant, min(TOKEN_LIFETIME_S, int(claims["exp"] - self.clock()))

    async def _subject(self, text: str, purpose: str | None) -> Caller:
        try:
            return await self.verifier.verify(Presented(UnverifiedToken(text), purpose=purpose))
        except Unauthenticated as error:
            raise InvalidInput(
                "`subject_token` is no bearer token that holds here: get a new one",
                detail=error.detail,
            ) from None
        except Forbidden as error:
            raise InvalidInput(f"of `subject_token`: {error.message}") from None


def _granted(client: RegisteredClient, subject: Caller, key: str | None) -> Grant:
    actor = client.client
    if actor.member != subject.member:
        raise InvalidInput("`subject_token` is of another member: act for your own officers")
    if subject.purpose not in actor.purposes:
        raise InvalidInput(
            "this client may not state the purpose of `subject_token`: have it registered for that"
        )
    if not subject.roles & actor.roles:
        raise InvalidInput(
            "this client has none of the roles of `subject_token`: have it registered with one"
        )
    actors = (actor.client_id, *subject.actors)
    if len(actors) > MAX_ACTORS:
        raise InvalidInput(f"`subject_token` has {MAX_ACTORS} actors: exchange an earlier one")
    return Grant(
        subject=subject.subject,
        client=actor.client_id,
        member=subject.member,
        organisation=subject.organisation,
        roles=subject.roles & actor.roles,
        purposes=frozenset({subject.purpose}),
        key=key,
        actors=actors,
    )
