"""Whom a running gateway trusts: the issuers in force, the embedded one, less what was withdrawn.

It listens for changes, and looks once a second in case a notice is lost. What it can't look up for
`PATIENCE_S` it no longer vouches for: every caller is refused until the database is back. Start
reading at `FollowedTrust`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from hub.errors import Unavailable
from hub.identity.keys.jwks import VerificationKey
from hub.identity.keys.jwks_cache import JWKSCache, KeySource
from hub.identity.own_issuer.issuer import EmbeddedIssuer
from hub.identity.trust import distrust, issuers
from hub.identity.trust.log import CHANNEL, Subject
from hub.identity.trust.registration import Registration
from hub.identity.trust.trusted import TrustedIssuer

POLL_S = 1.0
"""How often to look where nothing was heard."""

PATIENCE_S = 4.0
"""How old what is known may grow before nobody is let in."""

WAIT_S = 2.0
"""How long a request waits for the next look, where the last is too old."""

_READ_S = 3.0
_RETRY_S = 0.2

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Known:
    """What one look at the database found."""

    last_event: int | None = None
    registered: Mapping[str, Registration] = field(default_factory=dict)
    distrusted: frozenset[Subject] = frozenset()
    revoked: frozenset[tuple[str, str]] = frozenset()
    disabled: frozenset[str] = frozenset()

    def has_less_than(self, earlier: "_Known") -> bool:
        """Tell whether it trusts anything less than an earlier one did."""
        return not (
            earlier.registered.items() <= self.registered.items()
            and self.distrusted <= earlier.distrusted
            and self.revoked <= earlier.revoked
            and self.disabled <= earlier.disabled
        )


class FollowedTrust:
    """The trust of one gateway process, for as long as it is `following`."""

    def __init__(
        self,
        url: str,
        key_sets: JWKSCache,
        own: EmbeddedIssuer | None,
        *,
        allow_loopback: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep what to follow.

        Args:
            url: the database.
            key_sets: where the keys of registered issuers are.
            own: the embedded issuer; None where it is switched off.
            allow_loopback: trust issuers on this machine.
            clock: in seconds, never stepping back.
        """
        self._conninfo = make_conninfo(url, application_name="hub-trust", connect_timeout=2)
        self._key_sets = key_sets
        self._own = own
        self._own_trusted = {own.issuer: own.as_trusted()[0]} if own else {}
        self._allow_loopback = allow_loopback
        self._clock = clock
        self._known = _Known()
        self._issuers: Mapping[str, TrustedIssuer] = self._own_trusted
        self._sources: Mapping[str, KeySource] = {}
        self._lessened = 0
        self._good_until = float("-inf")
        self._looked = asyncio.Event()

    @property
    def generation(self) -> int:
        """Grows when anything is trusted less; what was verified before must be verified anew."""
        own = self._own.keys.removals if self._own else 0
        return self._lessened + self._key_sets.generation + own

    async def current(self) -> None:
        """Wait a moment for the next look, where the last is too old.

        A process that was busy for seconds is late with its look, and not cut off.

        Raises:
            Unavailable: there was no look in that time.
        """
        if self._clock() <= self._good_until:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_S):
                while self._clock() > self._good_until:
                    await self._looked.wait()
        self._check_fresh()

    def find(self, name: object) -> TrustedIssuer | None:
        """Find an issuer by the `iss` of a token, whatever its type.

        Raises:
            Unavailable: whom to trust could not be looked up lately.
        """
        self._check_fresh()
        return self._issuers.get(name) if isinstance(name, str) else None

    async def key(self, issuer: TrustedIssuer, kid: str) -> VerificationKey | None:
        """Find one of an issuer's own keys, fetching its key set where that is due."""
        key = None
        if self._own and issuer.issuer == self._own.issuer:
            key = self._own.keys.find(kid)
        elif source := self._sources.get(issuer.issuer):
            key = await self._key_sets.key(source, kid)
        return None if key is None or self._is_distrusted(issuer.issuer, key) else key

    def is_revoked(self, issuer: str, client: str, token_id: str) -> bool:
        """Tell whether a token, or the client it was given to, was revoked.

        Raises:
            Unavailable: it could not be looked up lately.
        """
        self._check_fresh()
        is_own = self._own is not None and issuer == self._own.issuer
        return (issuer, token_id) in self._known.revoked or (
            is_own and client in self._known.disabled
        )

    @asynccontextmanager
    async def following(self) -> AsyncIterator[Self]:
        """Follow the database, from the first moment on; itself, for the length of the block.

        Raises:
            Unavailable: it does not answer.
        """
        try:
            async with self._listening() as connection:
                await self._look(connection)
        except (psycopg.OperationalError, TimeoutError) as error:
            raise Unavailable(
                "whom the hub trusts can't be read: check the database", detail=str(error)
            ) from error
        following = asyncio.create_task(self._follow(), name="trust-watch")
        try:
            yield self
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await self._key_sets.close()

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[AsyncConnection]:
        async with asyncio.timeout(_READ_S):
            connection = await AsyncConnection.connect(self._conninfo, autocommit=True)
        async with connection:
            async with asyncio.timeout(_READ_S):
                await connection.execute(SQL("LISTEN {}").format(Identifier(CHANNEL)))
            yield connection

    async def _follow(self) -> None:
        """Follow until cancelled, whatever becomes of the database."""
        while True:
            try:
                async with self._listening() as connection:
                    while True:
                        async with asyncio.timeout(_READ_S):
                            await self._look(connection)
                        async for _ in connection.notifies(timeout=POLL_S, stop_after=1):
                            pass
            except Exception as error:  # noqa: BLE001 - a watch that dies would never see a distrust
                _log.warning("trust_not_read", error=str(error))
                await asyncio.sleep(_RETRY_S)

    async def _look(self, connection: AsyncConnection) -> None:
        """Look once at what is in force, and trust by it."""
        looked_at = self._clock()
        found = await _read(connection, self._known)
        if found != self._known:
            self._trust_by(found)
        if self._own:
            _ = self._own.keys.all  # has it look at its folder, so that a key's removal is seen
        self._key_sets.follow(self._sources.values())
        self._good_until = looked_at + PATIENCE_S
        self._looked.set()
        self._looked = asyncio.Event()

    def _trust_by(self, found: _Known) -> None:
        registered = {
            name: each
            for name, each in found.registered.items()
            if self._allow_loopback or not each.needs_loopback
        }
        # INVARIANT: nobody registers an issuer of the embedded one's name over it.
        known = {name: each.trusted() for name, each in registered.items()} | self._own_trusted
        self._issuers = {
            name: each for name, each in known.items() if Subject(name) not in found.distrusted
        }
        self._sources = {
            name: KeySource(name, registered[name].jwks_uri)
            for name in self._issuers.keys() - self._own_trusted.keys()
        }
        self._lessened += found.has_less_than(self._known)
        self._known = found
        _log.info("trust_changed", issuers=sorted(self._issuers), distrusted=len(found.distrusted))

    def _is_distrusted(self, issuer: str, key: VerificationKey) -> bool:
        return not self._known.distrusted.isdisjoint(
            {
                Subject(issuer, kid=key.kid),
                Subject(issuer, thumbprint=key.thumbprint),
                Subject(None, thumbprint=key.thumbprint),
            }
        )

    def _check_fresh(self) -> None:
        if self._clock() > self._good_until:
            raise Unavailable(
                "nobody can be let in now, for whom to trust can't be read: ask again shortly",
                code="TRUST_UNREADABLE",
            )


async def _read(connection: AsyncConnection, earlier: _Known) -> _Known:
    """Read what is in force; registrations and distrusts only where something was done to them."""
    cursor = await connection.execute(_WITHDRAWN)
    [(last_event, revoked, disabled)] = await cursor.fetchall()
    registered, distrusted = earlier.registered, earlier.distrusted
    if last_event != earlier.last_event:
        found = map(issuers.in_force, (await issuers.read_all(connection)).values())
        registered = {each.issuer: each.registration for each in found if each}
        distrusted = frozenset(await distrust.standing(connection))
    return _Known(
        last_event=last_event,
        registered=registered,
        distrusted=distrusted,
        revoked=frozenset((issuer, token_id) for issuer, token_id in revoked),
        disabled=frozenset(disabled),
    )


# A minute more than their life: a gateway's clock may be behind the database's.
_WITHDRAWN = """
    SELECT
        (SELECT max(id) FROM trust_event),
        ARRAY(
            SELECT ARRAY[issuer, token_id] FROM revoked_token
            WHERE expires_at > now() - interval '1 minute'
        ),
        ARRAY(SELECT client_id FROM oauth_client WHERE disabled_at IS NOT NULL)
"""
