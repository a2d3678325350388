"""A pull before its feed's gate: what it is compared with, and by which mode and bounds.

The rules are `gate/`; what becomes of a pull that is held is `held/`'s matter.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl

from federation.errors import SourceChanged
from federation.feed import Feed
from federation.harmonize.run import Harmonized
from hub.store.database import Pool
from hub.sync.gate.form import COLUMN_APPEARED, appeared
from hub.sync.gate.profile import Profile
from hub.sync.gate.rules import Held, Question, judge
from hub.sync.held.pulls import mode_in_force, rejection_of
from hub.sync.history import LastGood


class FormChanged(SourceChanged):
    """A column that a mapping needs is gone; the gate says how the columns differ."""

    def __init__(self, held: Held) -> None:
        """Keep why the pull is held."""
        super().__init__(held.reason)
        self.held = held


def held_for(error: SourceChanged) -> Held:
    """Say why a pull is held whose rows can't be read or mapped."""
    return error.held if isinstance(error, FormChanged) else Held("SOURCE_CHANGED", str(error))


async def rejected_before(pool: Pool, pull_id: int) -> Held | None:
    """Say why a pull is held whose very bytes two people rejected before; None for any other."""
    async with pool.connection() as connection:
        return await rejection_of(connection, pull_id)


async def judge_pull(pool: Pool, feed: Feed, good: LastGood | None, now: Profile) -> Held | None:
    """Say whether to hold a pull, by the mode of its feed's gate now; None lets it through."""
    async with pool.connection() as connection:
        mode = (await mode_in_force(connection, feed)).mode
    question = Question(
        now=now,
        before=profile_of(good),
        rules=feed.gate,
        mode=mode,
        is_full_list=feed.is_full_list,
        at=datetime.now(UTC),
        known_columns=_known_columns(feed),
    )
    return judge(question)


def profile_of(good: LastGood | None) -> Profile | None:
    """Give what the last good pull looked like; of one of an older release only its counts."""
    if good is None:
        return None
    if good.profile is None:
        return Profile(good.rows, good.quarantined or 0)
    return Profile.read(good.profile)


def with_new_columns(
    harmonized: Harmonized, feed: Feed, good: LastGood | None, now: Profile
) -> Harmonized:
    """Tell of native columns that are new, as a finding on the whole list: its row is 0."""
    before = profile_of(good)
    new = list(appeared(before, now, _known_columns(feed))) if before else []
    if not new:
        return harmonized
    told = json.dumps({"columns": new}, ensure_ascii=False)
    found = pl.DataFrame(
        [(0, feed.primary.record_type.name, COLUMN_APPEARED, told)],
        schema=harmonized.findings.schema,
        orient="row",
    )
    return replace(harmonized, findings=pl.concat([found, harmonized.findings]))


def _known_columns(feed: Feed) -> frozenset[str]:
    declared = {name for layout in feed.layouts for name in layout.columns}
    read = {name for mapping in feed.mappings for name in mapping.native_columns}
    return frozenset(declared | read)
