"""The gate between mapping and publishing: a pull too unlike the last good one is held.

Each rule is a function of what two pulls looked like (`profile.py`) and of the feed's bounds
(`federation/gate.py`); those of its columns stand in `form.py`. So is one whose source changed
its form beyond reading; its reader says so, before there is anything to judge. What becomes of a
held pull is `held/pulls.py`'s matter.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from federation.gate import GateMode, GateRules
from hub.sync.gate.form import COLUMN_APPEARED, Breach, form_breaches
from hub.sync.gate.profile import PAST_FIELDS, Profile, days_between


@dataclass(frozen=True, slots=True)
class Held:
    """Why a pull is not published, with the figures: `code` is the first breach's."""

    code: str
    reason: str
    breaches: tuple[Breach, ...] = ()

    @classmethod
    def of(cls, breaches: tuple[Breach, ...]) -> "Held":
        """Sum breaches up; there is at least one."""
        return cls(breaches[0].code, "; ".join(each.reason for each in breaches), breaches)

    @property
    def figures(self) -> list[dict[str, object]]:
        """Each breach's `code`, `what`, and the figures `before`, `now` and `limit`, as JSON."""
        return [asdict(each) for each in self.breaches]


NO_ROWS = Held.of(
    (
        Breach(
            "NO_ROWS",
            "the source holds no row: ask the member whether its export ran",
            now=0,
            limit=1,
        ),
    )
)
"""No list of the members is ever empty; an empty one is an export that failed."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is judged: a pull, by the last good one and by a feed's bounds, at an instant.

    `before` is None where there is no pull to compare with. `known_columns` are those that the feed
    declares: they may come and go where a source states only what it fills.
    """

    now: Profile
    before: Profile | None
    rules: GateRules
    mode: GateMode
    is_full_list: bool
    at: datetime
    known_columns: frozenset[str] = frozenset()


Rule = Callable[[Question], Iterator[Breach]]


def judge(question: Question) -> Held | None:
    """Say whether to hold a pull; None lets it through."""
    breaches = tuple(breach for rule in RULES for breach in rule(question))
    return Held.of(breaches) if breaches else None


def frozen(question: Question) -> Iterator[Breach]:
    """Hold whatever comes while the feed is frozen."""
    if question.mode is GateMode.FREEZE:
        yield Breach(
            "FROZEN",
            "the feed is frozen: release the pull, or set the feed's gate to another mode",
        )


def form_changed(question: Question) -> Iterator[Breach]:
    """Hold a list whose columns are others."""
    if question.before:
        known = question.known_columns
        for breach in form_breaches(question.before, question.now, question.rules, known):
            if question.mode is not GateMode.EVOLVE or breach.code != COLUMN_APPEARED:
                yield breach


def rows_lost(question: Question) -> Iterator[Breach]:
    """Hold a full list that is much shorter."""
    before, now, rules = question.before, question.now.rows, question.rules
    if before and question.is_full_list and now < before.rows * (1 - rules.max_loss):
        yield Breach(
            "ROWS_LOST",
            f"{now} rows where the last good pull had {before.rows}: ask the member whether the "
            "list was cut",
            before=before.rows,
            now=now,
            limit=round(before.rows * (1 - rules.max_loss)),
        )


def rows_jumped(question: Question) -> Iterator[Breach]:
    """Hold a full list that is much longer."""
    before, now, rules = question.before, question.now.rows, question.rules
    if before is None or not question.is_full_list:
        return
    limit = before.rows + max(before.rows * rules.max_growth, rules.least_growth)
    if now > limit:
        yield Breach(
            "ROWS_JUMPED",
            f"{now} rows where the last good pull had {before.rows}: ask the member whether the "
            "list holds what it should, once each",
            before=before.rows,
            now=now,
            limit=round(limit),
        )


def mostly_unusable(question: Question) -> Iterator[Breach]:
    """Hold a list of which too much went to quarantine."""
    now, limit = question.now, question.rules.max_unusable
    if now.quarantined > now.rows * limit:
        yield Breach(
            "MOSTLY_UNUSABLE",
            f"{now.quarantined} of {now.rows} rows could not become records: look at the "
            "quarantine, then mend the mapping or ask the member",
            now=_share(now.quarantined, now.rows),
            limit=limit,
        )


def unusable_jumped(question: Question) -> Iterator[Breach]:
    """Hold a list of which much more went to quarantine than before."""
    before, now, rules = question.before, question.now, question.rules
    if before is None:
        return
    rise = _Rise.of(
        (before.quarantined, before.rows), (now.quarantined, now.rows), rules.max_unusable_rise
    )
    if rise.is_over(rules):
        yield Breach(
            "QUARANTINE_JUMPED",
            f"{now.quarantined} of {now.rows} rows could not become records, {before.quarantined} "
            f"of {before.rows} in the last good pull: look at what is new in the quarantine, then "
            "mend the mapping or ask the member",
            **rise.figures,
        )


def terms_unmapped(question: Question) -> Iterator[Breach]:
    """Hold a list of which a field has many more terms that the vocabulary does not know."""
    before, rules = question.before, question.rules
    for name, now in question.now.terms.items():
        known = before.terms.get(name) if before else None
        if known is None:
            continue
        rise = _Rise.of(
            (known.unmapped, known.rows), (now.unmapped, now.rows), rules.max_unmapped_rise
        )
        if rise.is_over(rules):
            yield Breach(
                "UNMAPPED_JUMPED",
                f"`{name}` has no common term in {now.unmapped} of {now.rows} records, in "
                f"{known.unmapped} of {known.rows} before: map the new terms, or ask the member "
                "what they mean",
                what=name,
                **rise.figures,
            )


def keys_collide(question: Question) -> Iterator[Breach]:
    """Hold a list of which many more rows share their key with another row."""
    before, now, rules = question.before, question.now, question.rules
    if before is None or not before.keyed:
        return
    rise = _Rise.of(
        (before.shared, before.keyed), (now.shared, now.keyed), rules.max_shared_keys_rise
    )
    if rise.is_over(rules):
        yield Breach(
            "KEYS_COLLIDE",
            f"{now.shared} of {now.keyed} rows have the key of an earlier row, {before.shared} of "
            f"{before.keyed} in the last good pull: ask the member whether its identifiers "
            "changed, or mend the key's mapping",
            **rise.figures,
        )


def list_dated_back(question: Question) -> Iterator[Breach]:
    """Hold a list that says it is older than what is served."""
    before, now = question.before, question.now.listed_at
    if not (before and before.listed_at and now):
        return
    limit = datetime.fromisoformat(before.listed_at) - question.rules.max_back
    if datetime.fromisoformat(now) < limit:
        yield Breach(
            "LIST_DATED_BACK",
            f"the list is of {now[:16]}, and what is served of {before.listed_at[:16]}: ask the "
            "member why it sends an older one",
            before=before.listed_at,
            now=now,
            limit=limit.isoformat(),
        )


def list_dated_ahead(question: Question) -> Iterator[Breach]:
    """Hold a list that says it is of a day to come."""
    now, limit = question.now.listed_at, question.at + question.rules.max_ahead
    if now and datetime.fromisoformat(now) > limit:
        yield Breach(
            "LIST_DATED_AHEAD",
            f"the list is of {now[:16]}, which is in the future: ask the member what date it "
            "means, and look whether day and month changed places",
            before=question.before.listed_at if question.before else None,
            now=now,
            limit=limit.isoformat(),
        )


def dates_ahead(question: Question) -> Iterator[Breach]:
    """Hold a list of which more rows say that something happened in the future."""
    rules = question.rules
    for name, now in question.now.dates.items():
        if name.partition(".")[2] not in PAST_FIELDS:
            continue
        known = question.before.dates.get(name) if question.before else None
        earlier = (known.ahead, known.count) if known else (0, 1)
        rise = _Rise.of(earlier, (now.ahead, now.count), rules.max_ahead_rise)
        if rise.is_over(rules):
            yield Breach(
                "DATES_AHEAD",
                f"`{name}` lies in the future in {now.ahead} of {now.count} records: look whether "
                "the source changed how it writes dates",
                what=name,
                **rise.figures,
            )


def dates_went_back(question: Question) -> Iterator[Breach]:
    """Hold a full list whose newest entries are gone."""
    if question.before is None or not question.is_full_list:
        return
    for name, now in question.now.dates.items():
        known = question.before.dates.get(name)
        if name.partition(".")[2] not in PAST_FIELDS or not (known and known.newest and now.newest):
            continue
        back = days_between(now.newest, known.newest)
        if back > question.rules.max_newest_back:
            yield Breach(
                "DATES_WENT_BACK",
                f"the newest `{name}` is {now.newest}, and was {known.newest}: ask the member "
                "whether it sent an old list",
                what=name,
                before=known.newest,
                now=now.newest,
                limit=question.rules.max_newest_back.days,
            )


def dates_shifted(question: Question) -> Iterator[Breach]:
    """Hold a full list whose dates as a whole moved further than the time gone by."""
    before, now, rules = question.before, question.now, question.rules
    if not (before and question.is_full_list and before.taken_at and now.taken_at):
        return
    gone_by = datetime.fromisoformat(now.taken_at) - datetime.fromisoformat(before.taken_at)
    limit = rules.max_median_shift + max(gone_by, timedelta())
    for name, dates in now.dates.items():
        known = before.dates.get(name)
        if known is None or min(known.count, dates.count) < rules.least_dates:
            continue
        if known.median and dates.median and abs(days_between(known.median, dates.median)) > limit:
            yield Breach(
                "DATES_SHIFTED",
                f"half of all `{name}` lie before {dates.median}, and before {known.median} in the "
                "last good pull: look whether the source changed how it writes dates",
                what=name,
                before=known.median,
                now=dates.median,
                limit=limit.days,
            )


RULES: tuple[Rule, ...] = (
    frozen,
    form_changed,
    rows_lost,
    rows_jumped,
    mostly_unusable,
    unusable_jumped,
    terms_unmapped,
    keys_collide,
    list_dated_back,
    list_dated_ahead,
    dates_ahead,
    dates_went_back,
    dates_shifted,
)
"""All rules, the one that tells most of the cause first."""


@dataclass(frozen=True, slots=True)
class _Rise:
    """A share, before and now, and by how much it may rise; `count` is the rows it is now."""

    before: float
    now: float
    count: int
    limit: float

    @classmethod
    def of(cls, before: tuple[int, int], now: tuple[int, int], most: float) -> "_Rise":
        earlier = _share(*before)
        return cls(earlier, _share(*now), now[0], round(earlier + most, 4))

    def is_over(self, rules: GateRules) -> bool:
        return self.now > self.limit and self.count >= rules.least_rows

    @property
    def figures(self) -> dict[str, Any]:
        return {"before": self.before, "now": self.now, "limit": self.limit}


def _share(count: int, rows: int) -> float:
    return round(count / rows, 4) if rows else 0.0
