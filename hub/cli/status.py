"""`hub status`: how fresh and how well each feed is, when it runs next, and what holds it back."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Column, Table

from federation.harmonize.run import FieldQuality
from federation.members.registry import FEEDS
from hub.app import open_database
from hub.cli.options import State, settings_for
from hub.cli.pulls import known_feeds
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.sync.breaker import Breaker
from hub.sync.freshness import Freshness, all_freshness, look
from hub.sync.held.pulls import HeldPull, open_cases
from hub.sync.history import FeedStatus, field_qualities, statuses
from hub.sync.models import Outcome
from hub.sync.scheduling.standing import Standing, standings

WIDTH = 100
"""Columns of a table that goes to no terminal."""

_BALANCE = ("rows", "records", "quarantined", "merged", "defects", "unmapped", "findings")


@dataclass(frozen=True, slots=True)
class _Feed:
    """All that is known of a feed; it was never pulled where there is no status."""

    status: FeedStatus | None
    standing: Standing
    fresh: Freshness
    qualities: list[FieldQuality]
    held: HeldPull | None


def status(
    feed: Annotated[
        str | None, typer.Argument(help="A feed id, for all of it and each of its fields.")
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a feed.")] = False,
    state: State = None,
) -> None:
    """Show each feed's freshness, quality and next run, or one feed in full."""
    feeds = known_feeds([feed] if feed else None)
    found = asyncio.run(_read(settings_for(state)))
    if json:
        for each in feeds:
            print(orjson.dumps(_document(found[each.id])).decode())
        return
    if feed:
        _print(_figures(found[feed]))
        _print(_fields(found[feed].qualities))
    else:
        _print(_overview(found))
        print("Times are UTC.")
    for each in feeds:
        for remark in _remarks(found[each.id]):
            print(f"{each.id}: {remark}")


async def _read(settings: Settings) -> dict[str, _Feed]:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        pool.connection() as connection,
    ):
        known = {one.feed: one for one in await statuses(connection)}
        standing = await standings(connection)
        fresh = all_freshness(await look(connection))
        qualities = await field_qualities(connection)
        held = await open_cases(connection)
    return {
        name: _Feed(
            known.get(name), standing[name], fresh[name], qualities.get(name, []), held.get(name)
        )
        for name in FEEDS
    }


def _overview(found: dict[str, _Feed]) -> Table:
    table = Table(
        *(Column(name, no_wrap=True) for name in ("feed", "last pull", "outcome", "data of")),
        *(Column(name, no_wrap=True, justify="right") for name in ("rows", "quarantined")),
        *(Column(name, no_wrap=True) for name in ("next run", "now")),
        box=None,
        pad_edge=False,
    )
    for name, each in found.items():
        last = each.status
        stated = last and (last.stated_at or last.good_pull_at)
        table.add_row(
            name,
            _minute(last.last_pull_at) if last else "never",
            last.outcome.lower() if last else "",
            f"{stated:%Y-%m-%d}" if stated else "",
            _count(last.rows) if last else "",
            _count(last.quarantined) if last else "",
            _minute(each.standing.next_run_at),
            _word(each),
        )
    return table


def _word(each: _Feed) -> str:
    """Say in a word what a person should know of a feed."""
    standing, run = each.standing, each.standing.waiting
    if run and run.is_pulling:
        return "pulling"
    if standing.paused_at:
        return "paused"
    if standing.held_back:
        return "held back"
    if run:
        return "retrying" if run.attempts else "waiting"
    return "stale" if each.fresh.stale_since else ""


def _remarks(each: _Feed) -> Iterator[str]:
    """Tell in sentences what keeps a feed from being fresh."""
    standing, last = each.standing, each.status
    if last and last.outcome in {Outcome.FAILED, Outcome.HELD}:
        yield f"{last.outcome.lower()}: {last.reason}"
    if held := each.held:
        served = last and last.served_since
        age = f"is of {served:%Y-%m-%d %H:%M}, {_days(served)} old" if served else "is nothing yet"
        yield (
            f"pull {held.pull_id} is held since {held.since:%Y-%m-%d %H:%M}, see `hub held show "
            f"{held.pull_id}`; what is served {age}"
        )
    if standing.paused_at:
        since = f"{standing.paused_at:%Y-%m-%d %H:%M}"
        yield f"paused by {standing.paused_by} since {since}: {standing.pause_reason}"
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
    if each.fresh.stale_since:
        yield f"stale since {each.fresh.stale_since:%Y-%m-%d %H:%M}"


def _figures(each: _Feed) -> Table:
    standing, last = each.standing, each.status
    table = Table(show_header=False, title=f"{standing.feed}: {FEEDS[standing.feed].title}")
    table.add_row("cron", f"{standing.cron} ({standing.time_zone})")
    table.add_row("next run", _minute(standing.next_run_at))
    if last:
        table.add_row("last pull", f"{_minute(last.last_pull_at)} {last.outcome.lower()}")
        for name in _BALANCE:
            table.add_row(name, _count(getattr(last, name)))
    return table


def _fields(qualities: list[FieldQuality]) -> Table:
    """Lay out where each field comes from and how it fared, in percent of the records."""
    table = Table("record", "field", "native columns", "coverage %", "defects %", "unmapped %")
    for one in qualities:
        shares = (one.filled, one.defects, one.unmapped)
        table.add_row(
            one.record_type,
            one.field,
            ", ".join(one.native_columns),
            *(f"{one.percent(count):g}" for count in shares),
        )
    return table


def _document(each: _Feed) -> dict[str, Any]:
    standing = each.standing
    shown = asdict(each.status) if each.status else {}
    schedule = ("cron", "time_zone", "is_own_line", "next_run_at", "paused_at", "paused_by")
    return shown | {
        "feed": standing.feed,
        "stale_since": each.fresh.stale_since,
        "held_pull": each.held and asdict(each.held),
        "schedule": {
            **{name: getattr(standing, name) for name in (*schedule, "pause_reason")},
            "run": standing.waiting and asdict(standing.waiting),
        },
        "breaker": _breaker(standing.breaker, standing.now),
        "host": _breaker(standing.host, standing.now) if standing.host else None,
    }


def _breaker(breaker: Breaker, now: datetime) -> dict[str, Any]:
    return asdict(breaker) | {"state": breaker.state_at(now), "open_until": breaker.open_until}


def _minute(at: datetime | None) -> str:
    return f"{at:%m-%d %H:%M}" if at else ""


def _days(since: datetime) -> str:
    days = (datetime.now(UTC) - since).days
    return "1 day" if days == 1 else f"{days} days"


def _count(figure: int | None) -> str:
    return "" if figure is None else f"{figure:,}"


def _print(table: Table) -> None:
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table)
