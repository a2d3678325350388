"""Decisions for callers by the policies in force, and none while those can't be read.

Which policies are in force is `watch.py`'s matter, what they open to whom the engine's.
"""

from dataclasses import dataclass

from hub.agreements.watch import PolicySource
from hub.errors import Unavailable
from hub.identity.errors import refused
from hub.identity.trust.trusted import Trust
from hub.identity.types import Caller
from hub.policy.engine import Decisions, PolicyEngine


@dataclass(frozen=True, slots=True)
class PoliciesInForce:
    """What a hub decides by: the source that feeds the engine, and the engine."""

    source: PolicySource
    engine: PolicyEngine

    async def ready(self, caller: Caller) -> None:
        """See to it that the engine can decide for a caller at once.

        Raises:
            Unavailable: the policies in force can't be read.
        """
        if fault := await self.source.settled():
            raise Unavailable(
                "nothing can be shown now, for the policies in force can't be read: "
                "ask again shortly",
                code="POLICIES_UNREADABLE",
                detail=fault,
            )
        await self.engine.ready(caller)

    async def decided(self, caller: Caller) -> Decisions:
        """Decide for a caller; `Raises:` as `ready`."""
        await self.ready(caller)
        return self.engine.decide(caller)

    async def decided_anew(self, trust: Trust, caller: Caller) -> Decisions:
        """Decide for a caller who asked some time ago, and may have lost its leave since.

        Raises:
            Unauthenticated: it is trusted no more.
            Unavailable: the policies in force can't be read.
        """
        await trust.current()
        is_revoked = trust.is_revoked(caller.issuer, caller.client, caller.token_id)
        if is_revoked or trust.find(caller.issuer) is None:
            raise refused("trust: withdrawn since it asked")
        return await self.decided(caller)

    def standing(self) -> object | None:
        """Give what decisions rest on now, another object after any change; None: on nothing."""
        return None if self.source.fault else self.engine.standing
