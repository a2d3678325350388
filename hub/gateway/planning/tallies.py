"""How many rows an answer shows, and of when they are, counted by the statement that shows them.

Counts of several origins share one number, each in bits of its own, so that a row adds to all of
them at once: see `of_row`. A part of a statement hands its tallies up as it does its mask bits.
`read` says in the end what the numbers of an answer mean.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from itertools import product
from typing import TypeVar

from federation.records.declaration import Group
from hub.disclosure.shown import Shown, ShownRows, instant
from hub.gateway.planning.fields import group_column

_Item = TypeVar("_Item")

_BITS = 63
"""What a bigint holds but its sign."""


class Measure(Enum):
    """What a number counts."""

    ROWS = auto()
    OLDEST = auto()
    NEWEST = auto()


@dataclass(frozen=True)
class Tally:
    """What one number of an answer's tallies means.

    `ROWS` holds the count of each origin's rows that show the first of `groups`, then of those that
    show the second, and so on: `width` bits each, from the lowest. `OLDEST` and `NEWEST` of a
    record type are milliseconds since the epoch, 0 where no row is shown.
    """

    record_type: str
    measure: Measure
    groups: tuple[Group, ...] = ()
    origins: tuple[str, ...] = ()
    width: int = 0

    @cached_property
    def places(self) -> list[tuple[str, str, int]]:
        """Where its counts are: group, origin, and how many bits come before."""
        pairs = enumerate(product(self.groups, self.origins))
        return [(str(group), origin, place * self.width) for place, (group, origin) in pairs]


Tallies = Mapping[Tally, str]
"""SQL of the numbers of a part."""

_ROWS, _OLDEST, _NEWEST = Measure
_TYPE = {_ROWS: "bigint", _OLDEST: "timestamptz", _NEWEST: "timestamptz"}
_BOTH = {_ROWS: "({} + {})", _OLDEST: "least({}, {})", _NEWEST: "greatest({}, {})"}
_OVER = {_ROWS: "sum({})", _OLDEST: "min({})", _NEWEST: "max({})"}


def of_row(
    record_type: str, groups: Sequence[Group], row: str, origins: Sequence[str], most: int
) -> Tallies:
    """Count one row under each group that is used of it.

    Args:
        record_type: the row's.
        groups: those used.
        row: its alias.
        origins: those that the row can have.
        most: the highest count that can come together.
    """
    found = {}
    if origins:
        dates = (Tally(record_type, _OLDEST), Tally(record_type, _NEWEST))
        found = dict.fromkeys(dates, f"{row}.retrieved_at")
    width = most.bit_length()
    for some in _parts(origins, _BITS // width):
        for used in _parts(groups, _BITS // width // len(some)):
            found[Tally(record_type, _ROWS, used, some, width)] = _one(row, used, some, width)
    return found


def _parts(items: Sequence[_Item], size: int) -> Iterator[tuple[_Item, ...]]:
    return (tuple(items[start : start + size]) for start in range(0, len(items), size))


def _one(row: str, groups: Sequence[Group], origins: Sequence[str], width: int) -> str:
    """Write 1 in the place of the row's origin, for each group that the row shows."""
    # Their first letters tell origins apart, and compare faster than texts.
    places = enumerate(map(ord, (name[0] for name in origins)))
    origin = " ".join(f"WHEN {letter} THEN {1 << place * width}" for place, letter in places)
    shows = (_unit(row, group, place * len(origins) * width) for place, group in enumerate(groups))
    return f"CASE ascii({row}.origin) {origin} ELSE 0 END::bigint * ({' + '.join(shows)})"


def _unit(row: str, group: Group, shift: int) -> str:
    if group is Group.PUBLIC:
        return str(1 << shift)
    return f"CASE WHEN {row}.{group_column(group)} THEN {1 << shift} ELSE 0 END"


def together(parts: Iterable[Tallies]) -> Tallies:
    """Add up what stands side by side in one row."""
    found: dict[Tally, str] = {}
    for part in parts:
        for tally, sql in part.items():
            known = found.get(tally)
            found[tally] = _BOTH[tally.measure].format(known, sql) if known else sql
    return found


def over_rows(tallies: Tallies, of_which: str = "") -> Tallies:
    """Add up over all rows, or over those of a FILTER clause."""
    return {
        tally: f"({_OVER[tally.measure].format(sql)}{of_which})::{_TYPE[tally.measure]}"
        for tally, sql in tallies.items()
    }


def columns(tallies: Tallies) -> str:
    """Select them, under names by which `taken` finds them."""
    return "".join(f", {sql} AS t{place}" for place, sql in enumerate(_distinct(tallies)))


def _distinct(tallies: Tallies) -> Iterable[str]:
    """List their SQL; of one row, the oldest is the newest."""
    return dict.fromkeys(tallies.values())


def taken(tallies: Tallies, source: str) -> Tallies:
    """Take them from a source that selects `columns`; it may be joined, and have no row."""
    names = {sql: f"{source}.t{place}" for place, sql in enumerate(_distinct(tallies))}
    found = {tally: names[sql] for tally, sql in tallies.items()}
    return {
        tally: f"coalesce({sql}, 0)" if tally.measure is _ROWS else sql
        for tally, sql in found.items()
    }


def array(tallies: Tallies) -> str:
    """Write all numbers as an array that holds no null."""
    numbers = (
        sql
        if tally.measure is _ROWS
        else f"coalesce((date_part('epoch', {sql}) * 1000)::bigint, 0)"
        for tally, sql in tallies.items()
    )
    return f"ARRAY[{', '.join(numbers)}]::bigint[]"


def read(shows: Sequence[Tally], numbers: Sequence[int], shown: Shown) -> None:
    """Add to what is shown what the numbers of an answer say."""
    for tally, number in zip(shows, numbers, strict=True):
        if not number:
            continue
        rows = shown.setdefault(tally.record_type, ShownRows())
        if tally.measure is _ROWS:
            most = (1 << tally.width) - 1
            for group, origin, before in tally.places:
                if count := number >> before & most:
                    rows.add_rows(group, origin, count)
        else:
            rows.add_date(instant(number))
