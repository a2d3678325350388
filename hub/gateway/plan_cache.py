"""Plans of operations that are asked again.

A plan is made of the document, the operation, the variables and the caller's predicates, and of
nothing else. With these as the key, nothing has to be taken out because it went stale.
"""

from collections import OrderedDict
from collections.abc import Hashable

from hub.gateway.roots import RootPlans

MAX_KEPT = 500


class PlanCache:
    """Keeps the plans of the operations asked last. Not for threads: one event loop owns it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, RootPlans] = OrderedDict()

    def find(self, key: Hashable) -> RootPlans | None:
        """Find the plans of an operation."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: Hashable, plans: RootPlans) -> None:
        """Keep the plans of an operation, if all could be made."""
        if any(isinstance(plan, Exception) for plan in plans.values()):
            return
        self._kept[key] = plans
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
