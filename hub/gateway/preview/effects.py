"""What a draft of the policies would change on the live data, before anybody is bound by it.

`hub.policy.difference` says for whom and where two sets differ; here the rows are counted, by SQL
of the very conditions that would be in force. Counts and keys alone leave this module. Counts of
rows that a person can't see tell how much a member keeps from others: the secretariat, which sees
to all agreements, gets them, as it does for feeds; a member gets those of rows that it sees. Nor
does a member learn from a preview what others share with others.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.errors import QueryCanceled

from federation.records.declaration import FieldFacts, Group
from federation.records.registry import RECORD_TYPES, RecordType
from hub.errors import Forbidden, Timeout
from hub.gateway.planning.rounding import is_harmless, is_number
from hub.gateway.planning.statement import quoted
from hub.identity.types import Caller, Role
from hub.policy.audiences import Audience
from hub.policy.comparison import Comparison, News, beyond, compare
from hub.policy.difference import Change, Difference, differences
from hub.policy.engine import Decisions
from hub.policy.expression import FALSE, TRUE, Expression, all_of, one_of
from hub.policy.policy_set import PolicySet
from hub.policy.principals import Mode
from hub.policy.schema import ALLIANCE, ORIGIN, Level
from hub.policy.sql import emit

MOST_KEYS = 3
"""Most example keys of one gain or loss."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows that come or go, the values in them, and a few of their keys the previewer may see."""

    rows: int
    values: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """What happens to one field group at one level, which `change` names.

    `news` answers whether rows that were refused could be allowed, and `taken` whether rows that
    were allowed could be refused, with an example, whether or not there are such rows now.
    """

    change: Change
    gained: Tally
    lost: Tally
    news: Comparison
    taken: Comparison

    @property
    def is_any(self) -> bool:
        """Whether anything happens: two conditions may be written apart and say the same."""
        return bool(
            self.gained.rows
            or self.lost.rows
            or News.NOTHING_NEW is not self.news.news
            or News.NOTHING_NEW is not self.taken.news
        )


@dataclass(frozen=True, slots=True)
class Effect:
    """What happens to one origin's records of a type, for callers who are affected alike."""

    record_type: str
    origin: str
    audiences: tuple[Audience, ...]
    groups: tuple[GroupEffect, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """The whole effect of a draft in one mode at one time, against the set in force.

    Nothing changes for anybody in this mode where `effects` is empty; in `other_modes` something
    does. `news` is that of all effects together. Counts cover all rows where `is_whole`, otherwise
    those that the previewer may see.
    """

    current_digest: str
    draft_digest: str
    mode: Mode
    at: datetime
    is_whole: bool
    effects: tuple[Effect, ...]
    news: Comparison
    other_modes: tuple[Mode, ...]


def check_may_preview(caller: Caller, owner: str) -> None:
    """Check that a caller may preview a draft of this owner.

    Raises:
        Forbidden: it is neither the secretariat nor a regulator or agency of the owner, code
            `NOT_YOURS`.
    """
    is_owner = caller.member == owner and caller.roles & {Role.REGULATOR, Role.AGENCY}
    if not (is_owner or Role.SECRETARIAT in caller.roles):
        raise Forbidden(
            f"a draft of {owner} is previewed by {owner}'s own regulator or agency, or by the "
            "secretariat: ask with a client of theirs",
            code="NOT_YOURS",
        )


async def preview(
    connection: AsyncConnection,
    current: PolicySet,
    draft: PolicySet,
    previewer: Decisions,
    *,
    mode: Mode,
    at: datetime,
) -> Preview:
    """Say what a draft gives and takes on the live data, for every class of callers.

    Who may preview is `check_may_preview`'s to say. Takes seconds.

    Args:
        connection: of a reading pool, for its time limit.
        current: the set in force.
        draft: an admitted set.
        previewer: decisions for the previewing person, by the set in force.
        mode: the alliance's state to preview for.
        at: which agreements are in force; an embargo is counted to today whatever it is.

    Raises:
        Timeout: counting takes too long, code `PREVIEW_TIMEOUT`.
        Undecided: Cedar's answer can't be relied on.
    """
    drawn = await asyncio.to_thread(_Drawn.make, current, draft, at, mode, previewer)
    effects: list[Effect] = []
    for record_type in RECORD_TYPES.values():
        found = [each for each in drawn.differences if each.record_type == record_type.name]
        if found:
            counting = _Counting(record_type, found, drawn.tests, previewer)
            tallies = await counting.tallies(connection)
            effects += [drawn.effect(each, tallies) for each in found]
    effects = [each for each in effects if each.groups]
    return Preview(
        current_digest=current.digest,
        draft_digest=draft.digest,
        mode=mode,
        at=at,
        is_whole=_gets_all_counts(previewer),
        effects=tuple(effects),
        news=drawn.news(effects),
        other_modes=drawn.other_modes,
    )


_MODE = '"mode"'
_NOTHING_NEW = Comparison(News.NOTHING_NEW)

Pair = tuple[Expression, Expression]
Tallies = tuple[Tally, Tally]
"""What is gained and what is lost."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What the two sets tell without the data."""

    differences: Sequence[Difference]
    is_whole: bool
    comparisons: Mapping[Pair, Comparison]
    tests: Mapping[Pair, Expression]
    other_modes: tuple[Mode, ...]

    @classmethod
    def make(
        cls, current: PolicySet, draft: PolicySet, at: datetime, mode: Mode, previewer: Decisions
    ) -> "_Drawn":
        whole = differences(current, draft, at=at, mode=mode)
        found = [*_known(whole.found, previewer)]
        changes = [change for each in found for change in each.changes]
        pairs = {pair for each in changes for pair in ((each.old, each.new), (each.new, each.old))}
        is_asked = any(_MODE in each.est for each in (*current.policies, *draft.policies))
        others = [each for each in Mode if each is not mode] if is_asked else []
        return cls(
            found,
            whole.is_whole,
            {pair: compare(*pair) for pair in pairs},
            {pair: beyond(*pair) for pair in pairs},
            tuple(each for each in others if differences(current, draft, at=at, mode=each).found),
        )

    def effect(self, difference: Difference, tallies: Mapping[Change, Tallies]) -> Effect:
        groups = (self._group(change, *tallies[change]) for change in difference.changes)
        return Effect(
            difference.record_type,
            difference.origin,
            difference.audiences,
            tuple(each for each in groups if each.is_any),
        )

    def _group(self, change: Change, gained: Tally, lost: Tally) -> GroupEffect:
        news = self.comparisons[change.old, change.new]
        taken = self.comparisons[change.new, change.old]
        return GroupEffect(change, gained, lost, _seen(news, gained), _seen(taken, lost))

    def news(self, effects: Iterable[Effect]) -> Comparison:
        found = [group.news for effect in effects for group in effect.groups]
        if not self.is_whole:
            found.append(Comparison(News.UNKNOWN))
        order = (News.NEW, News.UNKNOWN, News.NOTHING_NEW)
        return min(found, key=lambda each: order.index(each.news), default=_NOTHING_NEW)


def _known(found: Iterable[Difference], previewer: Decisions) -> Iterator[Difference]:
    """Leave to a member what its own records show to others, and others' to itself."""
    for each in found:
        if _gets_all_counts(previewer) or each.origin == previewer.class_key.member:
            yield each
            continue
        own = tuple(one for one in each.audiences if one.member == previewer.class_key.member)
        if own:
            yield replace(each, audiences=own)


def _seen(comparison: Comparison, tally: Tally) -> Comparison:
    """Answer by the live data what the conditions alone did not."""
    is_found = tally.rows and comparison.news is News.UNKNOWN
    return Comparison(News.NEW) if is_found else comparison


def _gets_all_counts(previewer: Decisions) -> bool:
    return Role.SECRETARIAT in previewer.class_key.roles


class _Counting:
    """The statements that count what changes of one record type."""

    def __init__(
        self,
        record_type: RecordType,
        found: Sequence[Difference],
        tests: Mapping[Pair, Expression],
        previewer: Decisions,
    ) -> None:
        self._type = record_type
        origin = ALLIANCE.resources[record_type.name].attributes[ORIGIN]
        self._affected = one_of(origin, {str(each.origin) for each in found})
        self._changes = [*dict.fromkeys(change for each in found for change in each.changes)]
        self._seen = previewer.predicate(record_type.name, Group.PUBLIC).condition
        self._counted = TRUE if _gets_all_counts(previewer) else self._seen
        # What each change gains, then what it loses.
        self._tests = [
            (each, tests[pair])
            for each in self._changes
            for pair in ((each.old, each.new), (each.new, each.old))
        ]

    async def tallies(self, connection: AsyncConnection) -> dict[Change, Tallies]:
        """Count each change.

        Raises:
            Timeout: it takes too long.
        """
        try:
            cursor = await connection.execute(self._sizes())
            sizes = await cursor.fetchone() or ()
            keys: dict[int, list[str]] = {}
            statement = self._keys(sizes[::2])
            if statement:
                cursor = await connection.execute(statement)
                for place, key in await cursor.fetchall():
                    keys.setdefault(place, []).append(key)
        except QueryCanceled as error:
            raise Timeout(
                f"counting the {self._type.name} records that change takes too long: preview "
                "fewer changes at once, or when the hub is less busy",
                code="PREVIEW_TIMEOUT",
            ) from error
        found = [
            Tally(int(rows), int(values), tuple(keys.get(place, ())))
            for place, (rows, values) in enumerate(zip(sizes[::2], sizes[1::2], strict=True))
        ]
        return dict(zip(self._changes, zip(found[::2], found[1::2], strict=True), strict=True))

    def _sizes(self) -> str:
        """Count the rows and the values of each gain and each loss."""
        inside, outside = [], []
        for place, (change, test) in enumerate(self._tests):
            values = _values(self._type, change)
            inside.append(f"CASE WHEN {emit(test, 'b')} THEN {values} END AS v{place}")
            outside.append(f"count(r.v{place}), coalesce(sum(r.v{place}), 0)")
        rows = self._rows(", ".join(inside), all_of((self._affected, self._counted)))
        # `OFFSET 0` keeps PostgreSQL from testing each row twice.
        return f"SELECT {', '.join(outside)} FROM ({rows} OFFSET 0) r"

    def _keys(self, sizes: Sequence[int]) -> str:
        """Find a few keys of each gain and loss that has rows, those the previewer sees."""
        parts = (
            f"(SELECT {place}, b.key FROM ({self._rows('b.key', all_of((test, self._seen)))}) b "
            f"ORDER BY b.key LIMIT {MOST_KEYS})"
            for place, (_, test) in enumerate(self._tests)
            if sizes[place] and all_of((test, self._seen)) != FALSE
        )
        return " UNION ALL ".join(parts)

    def _rows(self, columns: str, test: Expression) -> str:
        return (
            f"SELECT {columns} FROM {quoted(self._type.table)} b "
            f"WHERE b.superseded_at IS NULL AND {emit(test, 'b')}"
        )


def _values(record_type: RecordType, change: Change) -> str:
    """Count the values of a row that the change is about; a list that is empty is none."""
    if change.level is Level.COUNT:
        return "0"
    columns = ", ".join(
        f"nullif(b.{quoted(name)}, '{{}}')" if facts.is_list else f"b.{quoted(name)}"
        for name, facts in record_type.fields.items()
        if facts.group is change.group and (change.level is Level.READ or _is_rounded(facts))
    )
    return f"num_nonnulls({columns})" if columns else "0"


def _is_rounded(facts: FieldFacts) -> bool:
    return is_number(facts) or is_harmless(facts)
