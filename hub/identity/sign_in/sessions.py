"""Sessions of people who signed in: a cookie in the browser, a row in PostgreSQL.

A session speaks only for what the hub's own page sends, and ends when it was idle, when it is old,
at sign-out, and as soon as the issuer or the key that vouched for it is trusted no longer. How one
begins is in `flow.py`.
"""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from psycopg.rows import dict_row
from starlette.requests import HTTPConnection

from hub.errors import Forbidden, Unauthenticated
from hub.identity.purposes import stated_purpose
from hub.identity.sign_in.browser_secret import derive, digest, is_same, new_secret
from hub.identity.sign_in.id_tokens import IdToken
from hub.identity.trust.trusted import Trust
from hub.identity.types import Caller, Purpose, Role
from hub.store.database import Pool

COOKIE = "__Host-hub-session"
CSRF_HEADER = "Hub-CSRF"

IDLE = timedelta(minutes=30)
"""How long a session holds that nothing is asked in."""

LIFETIME = timedelta(hours=8)
"""How long any session holds: a day's work."""

_NOTICE = timedelta(minutes=1)
"""How exactly the last use is kept: not every request writes."""

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in, as the issuer vouched for it by its key `kid`, and what they may state.

    `session` names the session in records, and opens nothing.
    """

    session: str
    issuer: str
    kid: str
    subject: str
    client: str
    member: str
    organisation: str
    roles: frozenset[Role]
    purposes: frozenset[Purpose]

    def stating(self, purpose: str | None) -> Caller:
        """Make the caller who asks for a purpose.

        Raises:
            Forbidden: none is stated where one must be, or one that the person may not state.
        """
        return Caller(
            issuer=self.issuer,
            subject=self.subject,
            client=self.client,
            member=self.member,
            organisation=self.organisation,
            roles=self.roles,
            purpose=stated_purpose(self.purposes, purpose),
            sender_constrained=False,
            token_id=self.session,
        )


class PersonSessions:
    """Starts, finds and ends sessions."""

    def __init__(
        self,
        pool: Pool,
        trust: Trust,
        public_url: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        address = urlsplit(public_url)
        self._origin = f"{address.scheme}://{address.netloc}"
        self._pool = pool
        self._trust = trust
        self._clock = clock

    async def start(self, signed_in: IdToken) -> str:
        """Start the session of a person whose ID token holds; give the secret for the cookie.

        Raises:
            Unauthenticated: the issuer may not vouch for what its ID token says.
        """
        secret, said = new_secret(), signed_in.claims
        person = Person(
            session=_name(digest(secret)),
            kid=signed_in.kid,
            issuer=said.issuer,
            subject=said.subject,
            client=said.client,
            member=said.member,
            organisation=said.organisation,
            roles=said.roles,
            purposes=said.purposes,
        )
        if not await self._is_vouched_for(person):
            raise Unauthenticated(
                "your provider signed you in, but may not vouch here for what it says of you: "
                "ask your organisation's administrator",
                detail="session: beyond what the issuer may vouch for",
            )
        await self._keep(digest(secret), person)
        return secret

    async def person(self, secret: str) -> Person:
        """Find who is signed in, and note that the session is in use.

        Raises:
            Unauthenticated: the session is over, or was never one.
        """
        now = self._now()
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(_FIND, {"digest": digest(secret), **_instants(now)})
            row = await cursor.fetchone()
        if row is None:
            raise _over("session: unknown, idle or old")
        person = _person(digest(secret), row)
        if not await self._is_vouched_for(person):
            await self.end(secret)
            raise _over("session: trusted no longer")
        return person

    async def end(self, secret: str) -> None:
        """End a session at once, everywhere."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "DELETE FROM person_session WHERE digest = %s", [digest(secret)]
            )

    async def caller(self, request: HTTPConnection, purpose: str | None) -> Caller | None:
        """Find the caller of a request's session; None where it has none.

        Raises:
            Unauthenticated: its session is over, or was never one.
            Forbidden: another site may have made the browser send it, or its purpose is refused.
        """
        secret = request.cookies.get(COOKIE)
        if secret is None:
            return None
        if request.scope["type"] == "websocket":
            self._require_own_page(request)
        else:
            _require_json(request)
            self.require_intent(request, secret)
        await self._trust.current()
        return (await self.person(secret)).stating(purpose)

    def require_intent(self, request: HTTPConnection, secret: str) -> None:
        """Check that the hub's own page sent a request, and knows the session's CSRF token.

        Raises:
            Forbidden: another site may have made the browser send it.
        """
        self._require_own_page(request)
        if not is_same(request.headers.get(CSRF_HEADER, ""), csrf_token(secret)):
            raise _cross_site(f"csrf: no `{CSRF_HEADER}` of this session")

    def _require_own_page(self, request: HTTPConnection) -> None:
        # Browsers state the origin with every POST and every socket, and no page can forge it.
        if request.headers.getlist("origin") != [self._origin]:
            raise _cross_site("csrf: `Origin` is not the hub's")

    async def _is_vouched_for(self, person: Person) -> bool:
        """Tell whether the issuer may say now what it said of a person, by a key it still has."""
        issuer = self._trust.find(person.issuer)
        return (
            issuer is not None
            # A member that takes no token without a proof of possession takes no cookie either.
            and not issuer.requires_sender_constraint
            and person.member in issuer.members
            and person.roles <= issuer.roles
            and person.purposes <= issuer.purposes
            and not self._trust.is_revoked(person.issuer, person.client, person.session)
            and await self._trust.key(issuer, person.kid) is not None
            # A key set may take seconds to fetch, in which the issuer may have been distrusted.
            and self._trust.find(person.issuer) == issuer
        )

    async def _keep(self, key: bytes, person: Person) -> None:
        now = self._now()
        async with self._pool.connection() as connection:
            await connection.execute(_FORGET, _instants(now))
            await connection.execute(
                _KEEP,
                {
                    "digest": key,
                    "issuer": person.issuer,
                    "kid": person.kid,
                    "subject": person.subject,
                    "client": person.client,
                    "member": person.member,
                    "organisation": person.organisation,
                    "roles": sorted(person.roles),
                    "purposes": sorted(person.purposes),
                    "now": now,
                    "expires_at": now + LIFETIME,
                },
            )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


_KEEP = """
    INSERT INTO person_session
        (digest, issuer, kid, subject, client, member, organisation, roles, purposes,
         used_at, expires_at)
    VALUES
        (%(digest)s, %(issuer)s, %(kid)s, %(subject)s, %(client)s, %(member)s, %(organisation)s,
         %(roles)s, %(purposes)s, %(now)s, %(expires_at)s)
"""

_FORGET = "DELETE FROM person_session WHERE expires_at <= %(now)s OR used_at <= %(idle_since)s"

_FIND = """
    WITH noticed AS (
        UPDATE person_session SET used_at = %(now)s
        WHERE digest = %(digest)s AND expires_at > %(now)s
          AND used_at > %(idle_since)s AND used_at < %(noticed_until)s
    )
    SELECT issuer, kid, subject, client, member, organisation, roles, purposes
    FROM person_session
    WHERE digest = %(digest)s AND expires_at > %(now)s AND used_at > %(idle_since)s
"""


def csrf_token(secret: str) -> str:
    """Give what a page must know to ask in a session."""
    return derive(secret, "csrf")


def _instants(now: datetime) -> dict[str, datetime]:
    return {"now": now, "idle_since": now - IDLE, "noticed_until": now - _NOTICE}


def _name(key: bytes) -> str:
    return urlsafe_b64encode(key).rstrip(b"=").decode()


def _person(key: bytes, row: dict[str, Any]) -> Person:
    codes = {
        "roles": frozenset(map(Role, row["roles"])),
        "purposes": frozenset(map(Purpose, row["purposes"])),
    }
    return Person(session=_name(key), **row | codes)


def _require_json(request: HTTPConnection) -> None:
    # Forms can't have it, so that a page elsewhere must ask first, by a preflight the hub denies.
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise _cross_site(f"csrf: not `{_JSON}`")


def _cross_site(cause: str) -> Forbidden:
    return Forbidden(
        "another site may have sent this: ask from the hub's own page, or with an access token",
        code="CROSS_SITE",
        detail=cause,
    )


def _over(cause: str) -> Unauthenticated:
    return Unauthenticated("your session is over: sign in again at `/sign-in`", detail=cause)
