"""Signing in by OpenID Connect: an authorization code with PKCE, asked for and taken once.

`SignIn.begin` sends a browser to its provider, `SignIn.finish` takes it back. What binds the two is
one secret in the browser: `state`, `nonce` and the code verifier are derived from it, so an answer
that another browser asked for fits nothing here. The routes are in `routes.py`.

Source: OpenID Connect Core section 3.1, RFC 7636, RFC 9126, RFC 9207, RFC 9700 section 2.1.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from hub.errors import Unauthenticated, Unavailable
from hub.identity.sign_in.browser_secret import derive, digest, is_same, new_secret
from hub.identity.sign_in.id_tokens import Expected, IdToken, check_id_token
from hub.identity.sign_in.provider_client import ProviderClient
from hub.identity.sign_in.providers import Provider, every, find
from hub.identity.trust.trusted import Trust, TrustedIssuer
from hub.store.database import Pool

CALLBACK = "/sign-in/callback"

PATIENCE = timedelta(minutes=10)
"""How long a person may take at the provider."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and the secret for its cookie."""

    url: str = field(repr=False)
    secret: str = field(repr=False)


class SignIn:
    """Takes people to their providers and back."""

    def __init__(
        self,
        pool: Pool,
        trust: Trust,
        client: ProviderClient,
        public_url: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._pool = pool
        self._trust = trust
        self._client = client
        self._redirect_uri = public_url.rstrip("/") + CALLBACK
        self._clock = clock

    async def providers(self) -> tuple[Provider, ...]:
        """List where people may sign in."""
        async with self._pool.connection() as connection:
            return await every(connection)

    async def begin(self, name: str) -> Begun:
        """Begin a sign-in at a provider.

        Raises:
            NotFound: there is no such provider.
            Unavailable: its issuer is not trusted now.
            MemberFault: it does not answer, or not as it should.
        """
        async with self._pool.connection() as connection:
            provider = await find(connection, name)
        self._issuer(provider)
        secret = new_secret()
        request = {
            "response_type": "code",
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(provider.scopes),
            "state": derive(secret, "state"),
            "nonce": derive(secret, "nonce"),
            "code_challenge": create_s256_code_challenge(derive(secret, "verifier")),
            "code_challenge_method": "S256",
        }
        url = await self._client.authorization_url(provider, request)
        await self._keep(request["state"], provider)
        return Begun(url, secret)

    async def finish(self, answer: Mapping[str, str], secret: str | None) -> IdToken:
        """Finish a sign-in by what the provider's answer says, once.

        Args:
            answer: the parameters with which the browser came back.
            secret: from the cookie of the browser that came back.

        Raises:
            Unauthenticated: the answer is not to this browser's sign-in, or does not hold.
            Unavailable: the issuer is not trusted now.
            MemberFault: the provider does not answer, or not as it should.
        """
        if secret is None:
            raise failed("browser: it began no sign-in")
        provider = await self._take(answer.get("state", ""), secret)
        # RFC 9207 section 2.4: a code of another provider would go to this one's token endpoint.
        if answer.get("iss") != provider.issuer:
            raise failed("iss: another issuer answers, or one that does not say who it is")
        if "code" not in answer:
            raise failed(f"answer: {answer.get('error', '')[:60]!r} in place of a code")
        tokens = await self._client.exchange(
            provider,
            {
                "code": answer["code"],
                "redirect_uri": self._redirect_uri,
                "code_verifier": derive(secret, "verifier"),
            },
        )
        expected = Expected(
            client_id=provider.client_id,
            nonce=derive(secret, "nonce"),
            access_token=tokens.access_token,
            now=self._clock(),
        )
        try:
            return await check_id_token(
                tokens.id_token, self._trust, self._issuer(provider), expected
            )
        except Unauthenticated as error:
            raise failed(f"ID token: {error.detail}") from None

    def _issuer(self, provider: Provider) -> TrustedIssuer:
        issuer = self._trust.find(provider.issuer)
        if issuer is None:
            raise Unavailable(
                "nobody can sign in at this provider now: ask the alliance's secretariat why",
                detail=f"sign-in: the issuer of `{provider.name}` is not trusted",
            )
        return issuer

    async def _keep(self, state: str, provider: Provider) -> None:
        now = self._now()
        async with self._pool.connection() as connection:
            await connection.execute("DELETE FROM sign_in_attempt WHERE expires_at <= %s", [now])
            await connection.execute(
                "INSERT INTO sign_in_attempt (state_digest, provider, expires_at)"
                " VALUES (%s, %s, %s)",
                [digest(state), provider.name, now + PATIENCE],
            )

    async def _take(self, state: str, secret: str) -> Provider:
        """Take a sign-in under way, so that nobody can take it again."""
        if not is_same(state, derive(secret, "state")):
            raise failed("state: not of this browser's sign-in")
        async with self._pool.connection() as connection:
            taken = await connection.execute(
                "DELETE FROM sign_in_attempt WHERE state_digest = %s AND expires_at > %s"
                " RETURNING provider",
                [digest(state), self._now()],
            )
            row = await taken.fetchone()
            if row is None:
                raise failed("state: taken before, or too old")
            return await find(connection, row[0])

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def failed(cause: str) -> Unauthenticated:
    """Make the error for a sign-in that does not hold; the cause is for operators."""
    return Unauthenticated("signing in did not work: start again at `/sign-in`", detail=cause)
