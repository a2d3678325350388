"""Views of earlier policies that this process has not seen in force, made anew from the kept sets.

After a restart, or on another process, a cursor may name a view that nobody here remembers. The
sets that were in force are kept, so the view is one of few: try them.
"""

from datetime import datetime

from psycopg import AsyncConnection

from hub.agreements.in_force import load
from hub.gateway.changes.views import View
from hub.identity.types import Caller
from hub.policy.engine import PolicyEngine
from hub.policy.policy_set import PolicySet
from hub.policy.principals import Mode

MAX_SETS = 5
"""Newest sets that are tried. Each takes up to a second in each mode, in a thread."""

MAX_MISSED = 1_000


class KeptViews:
    """Looks views up in the database. Not for threads: one event loop owns it."""

    def __init__(self) -> None:
        self._missed: set[bytes] = set()

    async def find(
        self, connection: AsyncConnection, view_id: bytes, caller: Caller
    ) -> View | None:
        """Find the view that a caller had under one of the newest sets; None if it is none."""
        if view_id in self._missed:
            return None
        for policy_set, began_at in await _newest(connection):
            for mode in Mode:
                view = await _view(policy_set, began_at, mode, caller)
                if view.id == view_id:
                    return view
        if len(self._missed) < MAX_MISSED:
            self._missed.add(view_id)
        return None


async def _newest(connection: AsyncConnection) -> list[tuple[PolicySet, datetime]]:
    cursor = await connection.execute(
        "SELECT id, in_force_from FROM policy_set WHERE in_force_from <= clock_timestamp() "
        "ORDER BY in_force_from DESC LIMIT $1::int",
        [MAX_SETS],
    )
    return [
        ((await load(connection, set_id)).policy_set, began_at)
        for set_id, began_at in await cursor.fetchall()
    ]


async def _view(policy_set: PolicySet, at: datetime, mode: Mode, caller: Caller) -> View:
    engine = PolicyEngine(policy_set, clock=lambda: at, mode=mode)
    await engine.ready(caller)
    return View.of(engine.decide(caller))
