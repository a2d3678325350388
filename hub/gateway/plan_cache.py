"""Plans of operations that are asked again.

A plan is made of the document, the operation, the variables and the caller's predicates, and of
nothing else; so these are the key, and nothing ever has to be taken out because it went stale.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping

from hub.gateway.plan import Plan

MAX_KEPT = 500

Plans = Mapping[str, Plan | None]
"""What answers each record field at the root, by response name; None for one that is null."""


class PlanCache:
    """Keeps the plans of the operations asked last. Not for threads: one event loop owns it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Plans] = OrderedDict()

    def find(self, key: Hashable) -> Plans | None:
        """Find the plans of an operation."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: Hashable, plans: Plans) -> None:
        """Keep the plans of an operation."""
        self._kept[key] = plans
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
