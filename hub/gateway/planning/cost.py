"""What a question may bring at most, told from its page sizes before any of it runs.

After it ran, what it brought is compared with that: both are figures at `/metrics`, and an estimate
that was too low is logged, since then a field brings more than its page size says.
"""

import structlog
from prometheus_client import Histogram

from hub.disclosure.shown import Shown, ShownRows
from hub.gateway.limits import COST
from hub.gateway.planning.selection import Selected

MAX_COST = COST.most
"""Most objects all root fields of one question may bring together."""

_objects = Histogram(
    "hub_question_objects",
    "Objects of a question, estimated by its page sizes, and the records it showed.",
    ["kind"],
    buckets=(1, 10, 50, 100, 500, 1_000, 5_000, 10_000, MAX_COST),
)
_estimated, _actual = _objects.labels("estimated"), _objects.labels("actual")
_log = structlog.get_logger()


def cost(selected: Selected) -> int:
    """Count the objects a field may bring: itself and those below it, times its page size."""
    below = sum(cost(child) for child in selected.children if child.children)
    return int(selected.arguments.get("first", 1)) * (1 + below)


def check_cost(found: int) -> None:
    """Check the cost of all root fields together.

    Raises:
        InvalidInput: it is over `COST`.
    """
    COST.check(found)


def compare_cost(estimated: int, shown: Shown) -> None:
    """Keep what a question was estimated to bring and what it brought.

    Args:
        estimated: the cost of its plans.
        shown: the rows of its answer.
    """
    actual = sum(map(_rows, shown.values()))
    _estimated.observe(estimated)
    _actual.observe(actual)
    if actual > estimated:
        _log.warning("cost_underestimated", estimated=estimated, actual=actual)


def _rows(found: ShownRows) -> int:
    """Count the rows of a type; one that shows several groups is counted under each."""
    return max((sum(by_origin.values()) for by_origin in found.rows.values()), default=0)
