"""Where a gateway's engine gets its policies from, and keeps getting them.

`DatabasePolicies` follows the set and the mode in force: it listens for changes, and looks once a
second in case a notice is lost. What it can't look up for `PATIENCE_SECONDS` counts as ended.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from hub.agreements.applying import stand_on
from hub.agreements.in_force import id_in_force, load
from hub.agreements.modes import CHANNEL, expire, mode_in_force
from hub.errors import HubError, Unavailable
from hub.policy.engine import PolicyEngine
from hub.policy.policy_set import PolicySet
from hub.policy.principals import Mode

POLL_SECONDS = 1.0
"""How often to look where nothing was heard."""

PATIENCE_SECONDS = 4.0
"""How old what is known may grow: an agreement that was ended must not open anything after 5 s."""

SETTLING_SECONDS = 2.0
"""How long a question waits for a look: a machine that slept knows nothing when it wakes."""

UNREAD = "the policies in force can't be read: check the database"

_READ_SECONDS = 3.0
_RETRY_SECONDS = 0.2

NOTHING = PolicySet((), ())
"""The set that opens nothing."""

_log = structlog.get_logger()


class PolicySource(Protocol):
    """What tells an engine by which policies to decide."""

    @property
    def fault(self) -> str | None:
        """Why nothing is shown to anybody; None where all is well."""

    async def settled(self) -> str | None:
        """Give the fault, after a moment for it to pass where a look may end it."""

    def feeding(self, engine: PolicyEngine) -> AbstractAsyncContextManager[None]:
        """Have an engine decide by the policies in force, for the length of the block."""


class FixedPolicies:
    """One admitted set for good: for tests and measurements."""

    fault: str | None = None

    def __init__(self, policy_set: PolicySet, mode: Mode = Mode.ROUTINE) -> None:
        self._policy_set = policy_set
        self._mode = mode

    async def settled(self) -> str | None:
        """Give the fault."""
        return self.fault

    @asynccontextmanager
    async def feeding(self, engine: PolicyEngine) -> AsyncIterator[None]:
        """Have an engine decide by the set."""
        engine.replace(self._policy_set, self._mode)
        yield


class DatabasePolicies:
    """The set and the mode that the database says are in force, on the operator's baseline."""

    def __init__(self, url: str, baseline: str) -> None:
        self._fault: str | None = None
        self._known_until = math.inf
        self._looked = asyncio.Event()
        self._baseline = baseline
        self._conninfo = make_conninfo(url, application_name="hub-policies", connect_timeout=2)

    @property
    def fault(self) -> str | None:
        """Why nothing is shown to anybody; None where all is well."""
        # A loop that stood still runs what it received meanwhile before its overdue timers.
        if self._fault is None and time.monotonic() > self._known_until:
            self.fail(UNREAD)
        return self._fault

    async def settled(self) -> str | None:
        """Give the fault, after a moment for it to pass where a look may end it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLING_SECONDS):
                # The look under way may have failed by standing still: the one after it tells.
                for _ in range(2):
                    if self.fault == UNREAD:
                        await self._looked.wait()
        return self.fault

    def looked(self) -> None:
        """Tell those who wait that a look has ended, whatever came of it."""
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()

    def fail(self, fault: str, detail: str | None = None) -> None:
        """Have nothing shown, for this reason."""
        if self._fault != fault:
            _log.error("nothing_is_shown", reason=fault, detail=detail)
        self._fault = fault

    def hold_until(self, known_until: float) -> None:
        """Count what is known as known until then, on the monotonic clock."""
        self._known_until = known_until

    def recover(self) -> None:
        """Have everything shown again that the engine allows."""
        self._fault = None

    @asynccontextmanager
    async def feeding(self, engine: PolicyEngine) -> AsyncIterator[None]:
        """Have an engine decide by what is in force, from the first moment on.

        Raises:
            PolicyFault: the baseline, or an agreement in force, is refused.
            Unavailable: the database does not answer.
        """
        try:
            async with await AsyncConnection.connect(self._conninfo) as connection:
                await stand_on(connection, self._baseline)
            follower = _Follower(self, engine)
            async with self.listening() as connection:
                await follower.look(connection)
        except (psycopg.OperationalError, TimeoutError) as error:
            raise Unavailable(
                "the policies can't be read: check the database", detail=str(error)
            ) from error
        following = asyncio.create_task(follower.follow(), name="policies-watch")
        try:
            yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            follower.stop()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection that hears of changes."""
        async with asyncio.timeout(_READ_SECONDS):
            connection = await AsyncConnection.connect(self._conninfo, autocommit=True)
        async with connection:
            async with asyncio.timeout(_READ_SECONDS):
                await connection.execute(SQL("LISTEN {}").format(Identifier(CHANNEL)))
            yield connection


class _Follower:
    """Keeps one engine at what is in force."""

    def __init__(self, source: DatabasePolicies, engine: PolicyEngine) -> None:
        self._source = source
        self._engine = engine
        self._known: tuple[int | None, Mode] | None = None
        self._deadline: asyncio.TimerHandle | None = None

    async def follow(self) -> None:
        """Follow until cancelled, whatever becomes of the database."""
        while True:
            try:
                async with self._source.listening() as connection:
                    while True:
                        async with asyncio.timeout(_READ_SECONDS):
                            await self.look(connection)
                        self._source.looked()
                        async for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                            pass
            except Exception as error:  # noqa: BLE001 - a watch that dies would never see an end
                _log.warning("policies_not_read", error=str(error))
                self._source.looked()
                await asyncio.sleep(_RETRY_SECONDS)

    async def look(self, connection: AsyncConnection) -> None:
        """Look once at what is in force, and have the engine decide by it."""
        looked_at = time.monotonic()
        found = await id_in_force(connection), (await mode_in_force(connection)).mode
        if found != self._known or self._source.fault:
            await self._follow(connection, *found)
        self._renew(looked_at + PATIENCE_SECONDS)

    async def _follow(self, connection: AsyncConnection, set_id: int | None, mode: Mode) -> None:
        async with connection.transaction():
            await expire(connection)
        try:
            if set_id is None:
                raise Unavailable("no policies are in force: restart the hub, which admits them")
            admitted = await load(connection, set_id)
        except HubError as error:
            self._show_nothing(error.message, error.detail)
            return
        self._engine.replace(admitted.policy_set, mode)
        self._known = set_id, mode
        self._source.recover()
        _log.info("policies_in_force", policy_set=set_id, mode=mode)

    def _renew(self, deadline: float) -> None:
        # INVARIANT: the clock of the event loop ends what is known, whatever the database does.
        self.stop()
        self._source.hold_until(deadline)
        self._deadline = asyncio.get_running_loop().call_at(deadline, self._show_nothing, UNREAD)

    def stop(self) -> None:
        """Let what is known hold on."""
        if self._deadline:
            self._deadline.cancel()

    def _show_nothing(self, reason: str, detail: str | None = None) -> None:
        self._source.fail(reason, detail)
        self._known = None
        self._engine.replace(NOTHING)
