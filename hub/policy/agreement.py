"""Agreements as the secretariat writes them, read strictly.

This file says what an agreement can say and which words it may use; `folder.py` reads one from
YAML, `permits.py` says it in Cedar. Start reading at `Agreement`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from federation.records.declaration import Group, Origin
from hub.identity.types import Purpose, Role
from hub.policy.findings import Finding
from hub.policy.principals import MEMBERS, Mode
from hub.policy.schema import AGE_DAYS, ALLIANCE, ORIGIN, CedarType, Level, ResourceType

MAX_EMBARGO_DAYS = 3650
MAX_ANNEX_CHARACTERS = 32 * 1024

Line = Annotated[str, StringConstraints(pattern=r"^ *[^\s\pC][^\pC]*$", max_length=500)]
EmbargoDays = Annotated[int, Field(ge=0, le=MAX_EMBARGO_DAYS)]
Purposes = Annotated[tuple[Purpose, ...], Field(min_length=1)]
Modes = Annotated[tuple[Mode, ...], Field(min_length=1)]
Step = Annotated[int, Field(ge=2, le=10**12)]
CellSize = Annotated[int, Field(ge=2, le=1000)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Recipients(_Part):
    """Who gets it: callers of these members who hold one of these roles.

    No members means any, and no organisations any of a member's. Roles are those that work with
    supply, unless named.
    """

    members: tuple[Origin, ...] = ()
    organisations: tuple[Line, ...] = ()
    roles: Annotated[tuple[Role, ...], Field(min_length=1)] = (Role.REGULATOR, Role.AGENCY)


class Aggregates(_Part):
    """How small a group of holders an aggregate may be about."""

    smallest_cell: CellSize


class Share(_Part):
    """Field groups of record types, and the rows of them by their attributes' values.

    `rounded_to` opens the groups' numbers as multiples of it, and none of their words;
    `aggregates_only` opens no row, only counts and sums. A `reciprocal` share holds only while
    the recipient's member shares the same record type and group with the owner. `purposes`,
    `modes` and `embargo_days`, where given, stand in place of the agreement's own.
    """

    records: Annotated[tuple[str, ...], Field(min_length=1)]
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]
    where: Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]] = {}
    rounded_to: Step | None = None
    aggregates_only: Aggregates | None = None
    reciprocal: bool = False
    purposes: Purposes | None = None
    modes: Modes | None = None
    embargo_days: EmbargoDays | None = None

    @property
    def level(self) -> Level:
        """How much of its groups it opens."""
        if self.aggregates_only:
            return Level.COUNT
        return Level.ROUND if self.rounded_to else Level.READ


class Example(_Part):
    """A caller, a field group and a row: a question whose answer the owner is sure of.

    A row was recorded today and has blank attributes unless `row` says otherwise. `day` is that
    of the question, the agreement's first day if none is given.
    """

    member: Origin
    organisation: str = ""
    role: Role = Role.REGULATOR
    purpose: Purpose
    mode: Mode = Mode.ROUTINE
    record: str
    group: Group
    level: Level = Level.READ
    row: Mapping[str, str | int | tuple[str, ...]] = {}
    day: date | None = None


class Examples(_Part):
    """Questions that must be allowed and questions that must be refused."""

    allowed: tuple[Example, ...] = ()
    refused: tuple[Example, ...] = ()


class Agreement(_Part):
    """What one member shows of its own records, to whom, for what, and on what legal ground.

    `annex` is Cedar text for what shares can't say; it is confined to the owner's records too.
    No modes means any.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{2,63}$")]
    owner: Origin
    title: Line
    legal_basis: Line
    recipients: Recipients
    purposes: Purposes
    valid_from: date
    valid_until: date | None = None
    embargo_days: EmbargoDays = 0
    modes: Modes | None = None
    share: tuple[Share, ...] = ()
    annex: Annotated[str, Field(max_length=MAX_ANNEX_CHARACTERS)] = ""
    examples: Examples = Examples()

    @property
    def starts_at(self) -> datetime:
        """First instant in force: the start of `valid_from` in UTC."""
        return datetime.combine(self.valid_from, time(), UTC)

    @property
    def ends_at(self) -> datetime:
        """First instant no longer in force: the end of `valid_until`, which still counts."""
        last = self.valid_until or date.max - timedelta(days=1)
        return datetime.combine(last + timedelta(days=1), time(), UTC)


def faults(agreement: Agreement) -> Iterator[Finding]:
    """Find the words in an agreement that mean nothing to the alliance's records."""
    place = f"agreement `{agreement.id}`"
    if agreement.owner not in MEMBERS:
        yield _choose(f"{place}: owner", agreement.owner, MEMBERS)
    if agreement.valid_until and agreement.valid_until < agreement.valid_from:
        yield Finding(f"{place}: valid_until", "ends before it starts", "set a later day")
    if not (agreement.share or agreement.annex.strip()):
        yield Finding(f"{place}: share", "shares nothing", "add a share, or an annex")
    recipients = agreement.recipients
    if not (recipients.members or recipients.organisations) and (
        "roles" not in recipients.model_fields_set
    ):
        yield Finding(f"{place}: recipients", "names nobody", "name members or roles, or write all")
    for number, share in enumerate(agreement.share, 1):
        yield from _share_faults(f"{place}: share {number}", share)
    for kind, examples in agreement.examples:
        for number, example in enumerate(examples, 1):
            yield from _example_faults(f"{place}: examples.{kind} {number}", example)


def _share_faults(place: str, share: Share) -> Iterator[Finding]:
    if share.rounded_to and share.aggregates_only:
        mend = "keep one of them, or write two shares"
        yield Finding(place, "says both rounded_to and aggregates_only", mend)
    for group in {Group.PUBLIC, Group.NATIVE} & set(share.groups) if share.rounded_to else ():
        mend = "open it in a share without rounded_to"
        yield Finding(f"{place}: rounded_to", f"can't round the group {group}", mend)
    for record in share.records:
        resource = ALLIANCE.resources.get(record)
        if resource is None:
            yield _choose(f"{place}: records", record, ALLIANCE.resources)
            continue
        for group in share.groups:
            if group not in resource.groups:
                yield _choose(f"{place}: groups of {record}", group, resource.groups)
        for name, values in share.where.items():
            key = f"{place}: where.{name} of {record}"
            if name in _FIXED:
                yield Finding(key, "can't be set here", _FIXED[name])
            else:
                yield from _attribute_faults(key, resource, name, values)


_FIXED = {
    ORIGIN: "leave it out: an agreement shares its owner's records alone",
    AGE_DAYS.name: "use embargo_days",
}


def _example_faults(place: str, example: Example) -> Iterator[Finding]:
    resource = ALLIANCE.resources.get(example.record)
    if resource is None:
        yield _choose(f"{place}: record", example.record, ALLIANCE.resources)
        return
    if example.group not in resource.groups:
        yield _choose(f"{place}: group of {example.record}", example.group, resource.groups)
    for name, value in example.row.items():
        yield from _attribute_faults(f"{place}: row.{name}", resource, name, (value,))


def _attribute_faults(
    place: str, resource: ResourceType, name: str, values: Iterable[str | int | tuple[str, ...]]
) -> Iterator[Finding]:
    attribute = resource.attributes.get(name)
    if attribute is None:
        yield _choose(place, name, resource.attributes)
        return
    for value in values:
        if isinstance(value, tuple):
            if attribute.cedar_type is not CedarType.STRINGS:
                yield Finding(place, "is a list", f"write one {attribute.cedar_type}")
        elif isinstance(value, int) is not (attribute.cedar_type is CedarType.LONG):
            yield Finding(place, f"`{value}` is of another type", f"write a {attribute.cedar_type}")
        elif attribute.terms and value not in attribute.terms:
            yield _choose(place, str(value), attribute.terms)


def _choose(place: str, word: str, words: Iterable[str]) -> Finding:
    return Finding(place, f"`{word}` is unknown", f"use one of {', '.join(words)}")
