"""Where curators' texts are explained and their decisions kept, one transaction each.

What curators may decide is `hub/curation/decisions.py`.
"""

import asyncio

from federation.substances.candidates import Explainer, Explanation
from hub.curation import decisions
from hub.curation.queue import Queued
from hub.curation.types import Decision, Ruling
from hub.gateway.reading import reading
from hub.identity.types import Caller
from hub.store.database import Pool
from hub.sync.current_register import CurrentRegister


class ReviewDesk:
    """Explains by the register in use, and writes through a pool that may."""

    def __init__(self, writing: Pool, register: CurrentRegister) -> None:
        self._writing = writing
        self._register = register
        self._made: tuple[str, Explainer] | None = None

    async def explain(self, queued: Queued) -> Explanation:
        """Say what a text may mean, and why the resolver would not say so.

        Raises:
            NotFound: the landing has lost a document of the register.
            Unavailable: the database or the landing does not answer.
        """
        explainer = await self._explainer()
        return await asyncio.to_thread(
            explainer.explain, queued.text, queued.origin, tuple(queued.unii), tuple(queued.atc)
        )

    async def decide(self, caller: Caller, ruling: Ruling) -> Decision:
        """Decide; `Raises:` as `decisions.decide`."""
        explainer = await self._explainer()
        async with reading(self._writing) as connection:
            return await decisions.decide(connection, caller, ruling, explainer)

    async def undo(self, caller: Caller, decision_id: int, reason: str) -> Decision:
        """Undo; `Raises:` as `decisions.undo`."""
        async with reading(self._writing) as connection:
            return await decisions.undo(connection, caller, decision_id, reason)

    async def _explainer(self) -> Explainer:
        register = await self._register.in_use()
        if self._made is None or self._made[0] != register.digest:
            self._made = register.digest, Explainer(register.resolver)
        return self._made[1]
