"""A feed: how to fetch one member's list, how to read it and how to map it.

Each feed is declared in `federation/members/<member>/`; `federation/members/registry.py` lists
them all.
"""

from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from datetime import timedelta

from federation.cadence import cadence_of
from federation.errors import DeclarationFault
from federation.gate import GateRules
from federation.harmonize.mapping import Mapping
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.records.declaration import Origin
from federation.sources.exchange import Source
from federation.watermark import Watermark

TIME_ZONES = {
    Origin.KR: "Asia/Seoul",
    Origin.US: "America/New_York",
    Origin.JP: "Asia/Tokyo",
    Origin.IN: "Asia/Kolkata",
    Origin.EU: "Europe/Brussels",
    Origin.ALLIANCE: "UTC",
}
"""The time zone of each member's feeds: its agency's own."""


@dataclass(frozen=True)
class Feed:
    """One member's list.

    Attributes:
        id: stable identifier, such as `kr.mfds_permits`.
        member: who owns the records.
        title: what the list is, for people.
        source: how to fetch it; its `base_url` is the member's real address.
        read: bodies to native rows.
        primary: the record type each native row is about; the pull's balance counts it.
        others: records that come along: parts, holders, packages, prices.
        is_full_list: the source serves all it has, so absence means something.
        cron: when it is pulled, in `time_zone`.
        stated_cadence: how old the served data may become, by the source's own rhythm, where its
            cron line does not tell; see `cadence`.
        contact_columns: native columns of personal contact data, dropped before anything else.
        code_columns: native columns of codes and batches, where no digits are a telephone number.
        layouts: what the source's tables look like; `read` reads by them.
        lossy: native column → why the records do not wholly give it back; `harmonize.round_trip`
            tells which columns those are.
        gate: by what bounds a pull is held instead of published.
        watermark: how a pull reads the newest part of the list alone; None: always the whole.
    """

    id: str
    member: Origin
    title: str
    source: Source
    read: Callable[[Sequence[Document]], NativeTable]
    primary: Mapping
    others: tuple[Mapping, ...] = ()
    is_full_list: bool = True
    cron: str = "0 5 * * *"
    contact_columns: tuple[str, ...] = ()
    code_columns: tuple[str, ...] = ()
    layouts: tuple[Layout, ...] = ()
    lossy: MappingType[str, str] = field(default_factory=dict)
    stated_cadence: timedelta | None = None
    gate: GateRules = field(default_factory=GateRules)
    watermark: Watermark | None = None

    def __post_init__(self) -> None:
        """Refuse a primary mapping that leaves rows out: each native row must be accounted for.

        Raises:
            DeclarationFault: it has a `where` or an `explode`, or two mappings contradict.
        """
        if self.primary.where is not None or self.primary.explode:
            raise DeclarationFault(f"the primary mapping of {self.id} must take every native row")
        kinds = {
            (m.record_type.name, m.scheme, m.is_mention, m.resolved_fields) for m in self.mappings
        }
        if len(kinds) > len({name for name, *_ in kinds}):
            raise DeclarationFault(
                f"mappings of {self.id} to one record type must share scheme and `is_mention`, and "
                "all or none have a `substance`"
            )

    @property
    def mappings(self) -> tuple[Mapping, ...]:
        """The primary mapping, then the others."""
        return (self.primary, *self.others)

    @property
    def time_zone(self) -> str:
        """Where its cron line's clock hangs: with who owns it."""
        return TIME_ZONES[self.member]

    @property
    def cadence(self) -> timedelta:
        """How old the served data may become before they are stale: as stated, or by its cron."""
        return self.stated_cadence or cadence_of(self.cron)
