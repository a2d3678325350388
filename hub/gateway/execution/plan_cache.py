"""Plans of operations that are asked again.

A plan is made of the document, the operation, the variables and the caller's predicates, and of
nothing else. With these as the key, nothing has to be taken out because it went stale.
"""

from collections.abc import Hashable

from hub.gateway.execution.roots import RootPlans
from hub.gateway.recent import Recent
from hub.gateway.subgraph.entities import EntitiesPlan

MAX_KEPT = 500


class PlanCache:
    """Keeps the plans of the operations asked last. Not for threads: one event loop owns it."""

    def __init__(self) -> None:
        self._kept = Recent[Hashable, RootPlans](MAX_KEPT)

    def find(self, key: Hashable) -> RootPlans | None:
        """Find the plans of an operation."""
        return self._kept.find(key)

    def keep(self, key: Hashable, plans: RootPlans) -> None:
        """Keep the plans of an operation, if all could be made and are likely asked again.

        The entities that a router asks for are hardly ever the same ones.
        """
        if not any(isinstance(plan, Exception | EntitiesPlan) for plan in plans.values()):
            self._kept.keep(key, plans)
