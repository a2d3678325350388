"""What one pull looked like: the figures that the gate compares with those of the last good one.

They are kept in the pull log, as JSON, in the transaction that ends the pull.
"""

from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Self

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Mapping
from federation.harmonize.run import Harmonized
from federation.reading.native import ROW, NativeTable
from federation.records.declaration import Json, PartialDate
from federation.sources.exchange import Extent

PAST_FIELDS = frozenset(
    {
        "as_of",
        "authorised_on",
        "initiated_on",
        "marketing_declared_on",
        "ordered_on",
        "posted_on",
        "reported_on",
        "updated_on",
    }
)
"""Date fields that say what has happened: none of them can lie in the future."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A field of coded terms: how many records it is of, and how many have no common term."""

    rows: int
    unmapped: int


@dataclass(frozen=True, slots=True)
class Dates:
    """A date field: how many dates, their median, and the newest that is not too far ahead.

    Days are ISO texts. `ahead` counts the dates that lie too far in the future.
    """

    count: int
    median: str | None
    newest: str | None
    ahead: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What a pull looked like.

    `columns`: native column → rows that fill it, in the source's order; none where not known.
    `keyed` rows have a key, `shared` of them one that an earlier row has too. `terms` and `dates`
    are by `RecordType.field`. `listed_at` is the source's own date of the list, `taken_at` the
    instant of this look at it; both are ISO texts.
    """

    rows: int
    quarantined: int
    columns: dict[str, int] = field(default_factory=dict)
    keyed: int = 0
    shared: int = 0
    terms: dict[str, Terms] = field(default_factory=dict)
    dates: dict[str, Dates] = field(default_factory=dict)
    listed_at: str | None = None
    taken_at: str | None = None

    @classmethod
    def of(
        cls, feed: Feed, native: NativeTable, harmonized: Harmonized, listed_at: datetime | None
    ) -> Self:
        """Look at what a pull brought and what became of it."""
        now = datetime.now(UTC)
        keyed, shared = _keys(feed.primary, native)
        return cls(
            rows=harmonized.rows,
            quarantined=harmonized.quarantined.height,
            columns=columns_of(native),
            keyed=keyed,
            shared=shared,
            terms=_terms(harmonized),
            dates=_dates(feed, harmonized, now.date() + feed.gate.max_ahead),
            listed_at=listed_at.isoformat() if listed_at else None,
            taken_at=now.isoformat(),
        )

    @classmethod
    def of_form(cls, native: NativeTable) -> Self:
        """Look at the form alone of rows that can't be mapped."""
        return cls(native.count, 0, columns_of(native))

    @classmethod
    def read(cls, kept: dict[str, Json]) -> Self:
        """Read a profile back from the pull log."""
        return cls(
            **kept
            | {
                "columns": dict(kept["columns"]),
                "terms": {name: Terms(**each) for name, each in kept["terms"].items()},
                "dates": {name: Dates(**each) for name, each in kept["dates"].items()},
            }
        )

    def kept_after(self, before: "Profile | None", extent: Extent) -> "Profile":
        """Give what later pulls are compared with: of a mere part of the list, the list before."""
        if extent is Extent.WHOLE or before is None:
            return self
        return replace(before, columns=self.columns | before.columns, listed_at=self.listed_at)

    @property
    def as_json(self) -> dict[str, object]:
        """The profile as the pull log keeps it, where objects lose their order."""
        return asdict(self) | {"columns": list(map(list, self.columns.items()))}


def columns_of(native: NativeTable) -> dict[str, int]:
    """Count the rows that fill each native column, in the source's order."""
    rows = native.rows.drop(ROW)
    counts = rows.select(pl.all().count()) if rows.width else rows
    return {name: int(counts[name][0]) for name in rows.columns}


def _keys(mapping: Mapping, native: NativeTable) -> tuple[int, int]:
    keys = native.rows.select(mapping.national_id.cast(pl.String).alias("key"))["key"].drop_nulls()
    return keys.len(), keys.len() - keys.n_unique()


def _terms(harmonized: Harmonized) -> dict[str, Terms]:
    return {
        f"{one.record_type}.{one.field}": Terms(one.rows, one.unmapped)
        for one in harmonized.quality
        if one.rows
    }


def _dates(feed: Feed, harmonized: Harmonized, latest: date) -> dict[str, Dates]:
    """Look at the date fields of the primary records; `latest` is the last day not too far off."""
    frame = harmonized.batches[0].frame
    record_type = feed.primary.record_type
    found = {}
    for facts in record_type.content_fields:
        if facts.python_type is not PartialDate or facts.name not in feed.primary.values:
            continue
        days = frame[facts.name].struct.field("earliest").drop_nulls()
        if days.len():
            found[f"{record_type.name}.{facts.name}"] = _dates_of(days, latest)
    return found


def _dates_of(days: pl.Series, latest: date) -> Dates:
    past = days.filter(days <= latest)
    return Dates(
        count=days.len(),
        median=str(days.sort()[days.len() // 2]),
        newest=str(past.max()) if past.len() else None,
        ahead=days.len() - past.len(),
    )


def days_between(before: str, now: str) -> timedelta:
    """Count the days from one ISO day to another."""
    return date.fromisoformat(now) - date.fromisoformat(before)
