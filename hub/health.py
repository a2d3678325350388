"""Whether this gateway lives, at `/healthz`, and whether it can answer, at `/readyz`.

A gateway that lives and is not ready is left out of the balance and not restarted. Nothing here
asks for a token, so nothing but the state of the gateway itself is told.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import cached_property

import psycopg
from psycopg_pool import PoolTimeout
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.errors import HubError
from hub.identity.trust.trusted import Trust
from hub.store.database import Pool, revisions

READY_SECONDS = 2.0
"""How long a check waits for the database."""

KEPT_SECONDS = 0.5
"""How long what the database said holds: anybody may ask, and as often as they like."""

_OK = "ok"
_SILENT = "the database does not answer"

Fault = Callable[[], str | None]
"""Says what is wrong with a part; None where it works."""


class Health:
    """The state of one gateway process."""

    def __init__(self, pool: Pool, faults: Mapping[str, Fault]) -> None:
        """Keep what to look at.

        Args:
            pool: whose connections answers are read with.
            faults: of the parts that know themselves how they are, by their names.
        """
        self.is_stopping = False
        self._pool = pool
        self._faults = faults
        self._looking = asyncio.Lock()
        self._looked_at = float("-inf")
        self._stored: dict[str, str | None] = {}

    def routes(self) -> list[Route]:
        """Give the routes of both questions."""
        return [Route("/healthz", self.alive), Route("/readyz", self.ready)]

    async def alive(self, _: Request) -> Response:
        """Answer, and show by that that the event loop runs."""
        return JSONResponse({"status": "alive"})

    async def ready(self, _: Request) -> Response:
        """Say of each part whether it works, in words for the operator; 503 where one doesn't."""
        faults = await self.faults()
        is_ready = not any(faults.values())
        shown = {
            "status": "ready" if is_ready else "not ready",
            "checks": {name: fault or _OK for name, fault in faults.items()},
        }
        return JSONResponse(shown, 200 if is_ready else 503, {"cache-control": "no-store"})

    async def faults(self) -> dict[str, str | None]:
        """Look what is wrong with each part, by its name; None where it works."""
        stopping = "the hub is stopping" if self.is_stopping else None
        stored = await self._look_at_the_store()
        known = {name: fault() for name, fault in self._faults.items()}
        return {"serving": stopping, **stored, **known}

    async def _look_at_the_store(self) -> dict[str, str | None]:
        clock = asyncio.get_running_loop().time
        async with self._looking:
            if clock() - self._looked_at > KEPT_SECONDS:
                self._stored = await self._store()
                self._looked_at = clock()
        return self._stored

    async def _store(self) -> dict[str, str | None]:
        try:
            async with (
                asyncio.timeout(READY_SECONDS),
                self._pool.connection(READY_SECONDS) as connection,
            ):
                cursor = await connection.execute("SELECT version_num FROM alembic_version")
                found = await cursor.fetchone()
        except psycopg.errors.UndefinedTable:
            return {"database": None, "migrations": "none was run: restart the hub"}
        except (psycopg.Error, PoolTimeout, TimeoutError):
            return {"database": _SILENT, "migrations": _SILENT}
        revision = found[0] if found else None
        # One that isn't known here is of a newer release, which this one can work beside.
        is_behind = revision is None or revision in self._older
        fault = f"at `{revision}`, which is not the newest: restart the hub" if is_behind else None
        return {"database": None, "migrations": fault}

    @cached_property
    def _older(self) -> frozenset[str]:
        return frozenset(revisions()[:-1])


def trust_fault(trust: Trust) -> Fault:
    """Have a gateway's trust say whether it is followed."""

    def fault() -> str | None:
        try:
            trust.find(None)
        except HubError as error:
            return error.message
        return None

    return fault
