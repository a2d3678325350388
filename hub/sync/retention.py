"""What of the landing is needed, and the rest: set aside when it is old, dropped two days later.

Kept are the documents of the pulls being served, of held pulls that nobody has decided on, of open
quarantine cases, of submissions, and of every pull that a record version names: what was disclosed
rests on those. Others are kept for a number of days from their pull on.
"""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import structlog
from psycopg.sql import SQL, Composed, Identifier, Literal

from federation.records.registry import RECORD_TYPES
from hub.store.landing import Damage, Landed
from hub.sync.pull import PullTools

_log = structlog.get_logger()

KEPT_ASIDE = timedelta(days=2)
"""How long a document that was set aside is still found before it is dropped.

INVARIANT: longer than any pull, which may have seen its bytes in the landing and not yet logged so.
"""


class Need(StrEnum):
    """Why a document is kept; the first that holds."""

    SERVED = "SERVED"  # its records are being served, or it is of the register in use
    HELD = "HELD"  # of a held pull that is to be decided on
    QUARANTINED = "QUARANTINED"  # it holds rows of open cases
    EVIDENCE = "EVIDENCE"  # record versions came of it, and may have been disclosed
    FILED = "FILED"  # an agency filed it
    RECENT = "RECENT"  # its pull is younger than the days to keep, or still runs


@dataclass(frozen=True, slots=True)
class Weight:
    """Documents and their compressed bytes."""

    documents: int = 0
    size: int = 0

    def plus(self, landed: Landed) -> "Weight":
        """Add a document."""
        return Weight(self.documents + 1, self.size + landed.size)


@dataclass(frozen=True, slots=True)
class Survey:
    """What is in the landing: what is kept and why, what may go, and what is set aside."""

    kept: dict[Need, Weight]
    may_go: Weight
    aside: Weight


@dataclass(slots=True)
class Pruned:
    """What a pruning did. `brought_back` had been set aside, and is needed again."""

    set_aside: Weight = field(default_factory=Weight)
    dropped: Weight = field(default_factory=Weight)
    brought_back: Weight = field(default_factory=Weight)


@dataclass(frozen=True, slots=True)
class Fault:
    """A needed document that is lost or damaged, and the feeds whose pulls brought it."""

    digest: str
    damage: Damage
    need: Need
    feeds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Needed:
    need: Need
    feeds: frozenset[str]


async def survey(tools: PullTools) -> Survey:
    """Weigh what is in the landing.

    Raises:
        Unavailable: the landing does not answer.
    """
    needed, due = await _needed(tools), _due(tools)
    kept: dict[Need, Weight] = defaultdict(Weight)
    may_go = aside = Weight()
    async for landed in tools.landing.documents():
        if one := needed.get(landed.digest):
            kept[one.need] = kept[one.need].plus(landed)
        elif landed.modified_at < due:
            may_go = may_go.plus(landed)
        else:
            kept[Need.RECENT] = kept[Need.RECENT].plus(landed)
    async for landed in tools.landing.documents(aside=True):
        aside = aside.plus(landed)
    return Survey({need: kept[need] for need in Need if need in kept}, may_go, aside)


async def prune(tools: PullTools) -> Pruned:
    """Set aside what nothing needs any more; drop what has lain aside for two days.

    Safe beside pulls: one that was told that its bytes are in the landing finds them aside, and
    once it is logged that it needs them, they are brought back.

    Raises:
        Unavailable: the landing does not answer.
    """
    landing, due = tools.landing, _due(tools)
    long_aside = datetime.now(UTC) - KEPT_ASIDE
    needed = await _needed(tools)
    done = Pruned()
    async for landed in landing.documents(aside=True):
        if landed.digest in needed:
            await landing.bring_back(landed.digest)
            done.brought_back = done.brought_back.plus(landed)
        elif landed.modified_at < long_aside:
            await landing.drop_aside(landed.digest)
            done.dropped = done.dropped.plus(landed)
    async for landed in landing.documents():
        if landed.digest not in needed and landed.modified_at < due:
            await landing.set_aside(landed.digest)
            done.set_aside = done.set_aside.plus(landed)
    _log.info("landing pruned", **asdict(done))
    return done


async def faults(tools: PullTools) -> AsyncIterator[Fault]:
    """Check every needed document against its digest, and give those that are lost or damaged.

    Raises:
        Unavailable: the landing does not answer.
    """
    for digest, one in sorted((await _needed(tools)).items()):
        if damage := await tools.landing.damage(digest):
            yield Fault(digest, damage, one.need, tuple(sorted(one.feeds)))


def _due(tools: PullTools) -> datetime:
    """Give the instant before which a document was landed that may go."""
    return datetime.now(UTC) - timedelta(days=tools.landing_days)


async def _needed(tools: PullTools) -> dict[str, _Needed]:
    """Tell by digest why a document is needed; whatever is not in here may go once it is old."""
    found: dict[str, _Needed] = {}
    async with tools.pool.connection() as connection:
        for need, query in _queries(tools.landing_days).items():
            cursor = await connection.execute(query)
            async for digest, feeds in cursor:
                before = found.get(digest)
                known = before.feeds if before else frozenset()
                found[digest] = _Needed(before.need if before else need, known.union(feeds))
    return found


def _queries(days: int) -> dict[Need, Composed]:
    versions = SQL(" UNION ").join(
        SQL("SELECT pull_id FROM {}").format(Identifier(record_type.table))
        for record_type in RECORD_TYPES.values()
    )
    pulls = {
        Need.SERVED: SQL("p.id IN (SELECT good_pull_id FROM feed_state)"),
        Need.HELD: SQL("p.id IN (SELECT pull_id FROM held_pull WHERE state = 'OPEN')"),
        Need.QUARANTINED: SQL(
            "p.id IN (SELECT unnest(ARRAY[first_pull_id, last_pull_id]) FROM quarantine_case "
            "WHERE closed_at IS NULL)"
        ),
        Need.EVIDENCE: SQL("p.id IN ({})").format(versions),
        Need.RECENT: SQL(
            "p.outcome = 'RUNNING' OR p.started_at > now() - make_interval(days => {})"
        ).format(Literal(days)),
    }
    queries = {
        need: SQL(
            "SELECT digest, array_agg(DISTINCT p.feed) FROM pull p, unnest(p.documents) AS digest "
            "WHERE {} GROUP BY digest"
        ).format(test)
        for need, test in pulls.items()
    }
    filed = "SELECT document, array_agg(DISTINCT feed) FROM submission GROUP BY document"
    queries[Need.FILED] = SQL(filed).format()
    return {need: queries[need] for need in Need}
