"""A feed's standing in tables and words, with what to do where it is not as it should be.

What a feed's standing is stands in `status.py`. Nothing here asks the database.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from rich.table import Table
from rich.text import Text

from federation.feed import Feed
from federation.harmonize.run import FieldQuality
from hub.cli.members import MEMBER_NAMES
from hub.cli.printing import table, whole
from hub.sync.freshness import Freshness
from hub.sync.held.pulls import HeldPull
from hub.sync.history import FeedStatus
from hub.sync.scheduling.standing import Standing
from hub.sync.types import Outcome

_BALANCE = ("rows", "records", "quarantined", "merged", "defects", "unmapped", "findings")

_NAMED = 3
"""How many feeds are named of those that share a remark."""


@dataclass(frozen=True, slots=True)
class KnownFeed:
    """All that is known of a feed at an instant.

    `status` is None of one never pulled or filed, `standing` of one that has no schedule: agencies
    file it.
    """

    feed: Feed
    now: datetime
    status: FeedStatus | None
    standing: Standing | None
    fresh: Freshness
    qualities: list[FieldQuality]
    held: HeldPull | None


def overview(found: Sequence[KnownFeed]) -> Table:
    """Lay out the feeds by member, one a line, in 80 columns."""
    shown = table(
        *map(whole, ("feed", "last pull, ago", "data of")),
        figures=("rows", "refused"),
        gap=1,
    )
    shown.add_column("next in", no_wrap=True)
    for member, name in MEMBER_NAMES.items():
        shown.add_row(Text(name, style="bold"))
        for each in found:
            if each.feed.member is member:
                shown.add_row(*_cells(each))
    return shown


def _cells(each: KnownFeed) -> Iterator[str | Text]:
    last = each.status
    yield each.feed.id
    if last is None:
        yield from (Text("never", style="dim"), "", "", "")
    else:
        is_bad = last.outcome in {Outcome.FAILED, Outcome.HELD}
        ended = f"{last.outcome.lower():9} {span(each.now - last.last_pull_at)}"
        yield Text(ended, style="red" if is_bad else "")
        stated = last.stated_at or last.good_pull_at
        yield f"{stated:%Y-%m-%d}" if stated else ""
        yield _count(last.rows)
        yield _count(last.quarantined)
    yield _next(each)


def _next(each: KnownFeed) -> Text:
    """Say when it is pulled next, or in a word why not."""
    standing = each.standing
    if standing is None:
        return Text("filed", style="dim")
    run, due = standing.waiting, standing.next_run_at
    words = (
        ("pulling", "", run and run.is_pulling),
        ("paused", "yellow", standing.paused_at),
        ("held back", "red", standing.held_back),
        ("retrying", "yellow", run and run.attempts),
        ("waiting", "", run),
        ("stale", "yellow", each.fresh.stale_since),
        (span(due - each.now) if due else "", "", True),
    )
    return next(Text(word, style=style) for word, style, holds in words if holds)


def legend() -> str:
    """Explain the overview."""
    return (
        "data of: the source's own date. refused: rows in quarantine, which `hub quarantine` "
        "shows. Times are UTC."
    )


def all_remarks(found: Sequence[KnownFeed]) -> Iterator[str]:
    """Tell in sentences what keeps feeds from being fresh, and what to do."""
    for each in found:
        for remark in _remarks(each):
            yield f"{each.feed.id}: {remark}"
    if waiting := [each for each in found if each.status is None and each.standing]:
        yield (
            f"{_named(waiting)} never pulled: `hub pull` pulls all, `hub pull {_one(waiting)}` one"
        )
    planned = [each.standing for each in found if each.standing]
    if planned and not any(standing.next_run_at for standing in planned):
        yield "no pull is planned: `hub serve` or `hub worker` pulls feeds on their schedules"
    if unfiled := [each for each in found if each.status is None and not each.standing]:
        yield (
            f"{_named(unfiled)} never filed: `hub template {_one(unfiled)}` writes the form, "
            "`hub submit` files it"
        )


def _named(feeds: Sequence[KnownFeed]) -> str:
    if len(feeds) == 1:
        return f"{feeds[0].feed.id} was"
    names = ", ".join(each.feed.id for each in feeds[:_NAMED])
    more = f" and {len(feeds) - _NAMED} more" if len(feeds) > _NAMED else ""
    return f"{names}{more} were"


def _one(feeds: Sequence[KnownFeed]) -> str:
    return feeds[0].feed.id if len(feeds) == 1 else "FEED"


def _remarks(each: KnownFeed) -> Iterator[str]:
    last, feed = each.status, each.feed.id
    if last and last.outcome in {Outcome.FAILED, Outcome.HELD}:
        yield f"{last.outcome.lower()}: {last.reason}"
    if held := each.held:
        served = last and last.served_since
        age = "is nothing yet"
        if served:
            age = f"is of {served:%Y-%m-%d %H:%M}, {_days(each.now - served)} old"
        yield (
            f"pull {held.pull_id} is held since {held.since:%Y-%m-%d %H:%M}, see `hub held show "
            f"{held.pull_id}`; what is served {age}"
        )
    if each.standing:
        yield from _schedule_remarks(each.standing)
    if each.fresh.stale_since:
        due = each.standing and each.standing.next_run_at
        wait = f", or wait for its run of {due:%m-%d %H:%M}" if due else ""
        yield f"stale since {each.fresh.stale_since:%Y-%m-%d %H:%M}: `hub pull {feed}`{wait}"


def _schedule_remarks(standing: Standing) -> Iterator[str]:
    if standing.paused_at:
        since = f"{standing.paused_at:%Y-%m-%d %H:%M}"
        yield (
            f"paused by {standing.paused_by} since {since}: {standing.pause_reason}; "
            f"`hub schedule resume {standing.feed}` has it pulled again"
        )
    for whose, breaker in (("its own", standing.breaker), ("its host's", standing.host)):
        if breaker and (until := breaker.open_until):
            state = breaker.state_at(standing.now).lower().replace("_", " ")
            yield (
                f"{whose} breaker is {state} after {breaker.failures} failures in a row: "
                f"one pull may try from {until:%Y-%m-%d %H:%M} on"
            )
    run = standing.waiting
    if run and run.attempts and not run.is_pulling:
        again = f"{run.next_try_at:%Y-%m-%d %H:%M}"
        yield f"its run of {_minute(run.made_at)} failed {run.attempts} times: again {again}"


def figures(each: KnownFeed) -> Table:
    """Lay out what is known of one feed."""
    standing, last = each.standing, each.status
    shown = Table(
        show_header=False,
        box=None,
        padding=(0, 2, 0, 0),
        title_style="bold",
        title=f"{each.feed.id}: {each.feed.title}",
        title_justify="left",
    )
    if standing:
        shown.add_row("pulled at", f"{standing.cron} ({standing.time_zone}), a cron line")
        due = standing.next_run_at
        shown.add_row("next pull", f"{_minute(due)} UTC" if due else "once a worker runs")
    else:
        shown.add_row("pulled at", "never: its agency files it, see `hub submit --help`")
    if last:
        shown.add_row("last pull", f"{_minute(last.last_pull_at)} UTC, {last.outcome.lower()}")
        for name in _BALANCE:
            shown.add_row(name, _count(getattr(last, name)))
    return shown


def fields(qualities: Sequence[FieldQuality]) -> Table:
    """Lay out where each field comes from and how it fared, in percent of the records."""
    shown = table(
        whole("field"),
        "native columns",
        figures=("coverage", "defects", "unmapped"),
        title="Its fields, in percent of the records",
    )
    for record_type, group in groupby(qualities, lambda one: one.record_type):
        shown.add_row(Text(record_type, style="bold"))
        for one in group:
            shares = (one.filled, one.defects, one.unmapped)
            shown.add_row(
                one.field,
                ", ".join(one.native_columns),
                *(f"{one.percent(count):g}" for count in shares),
            )
    return shown


def span(time: timedelta) -> str:
    """Say roughly how long a time is: `4 min`, `23 h`, `12 d`."""
    minutes = max(0, round(time.total_seconds() / 60))
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24} d"


def _minute(at: datetime | None) -> str:
    return f"{at:%m-%d %H:%M}" if at else ""


def _days(time: timedelta) -> str:
    return "1 day" if time.days == 1 else f"{time.days} days"


def _count(figure: int | None) -> str:
    return "" if figure is None else f"{figure:,}"
