"""Agreements as the secretariat writes them, read strictly.

This file says what an agreement can say and which words it may use; `agreement_file.py` reads one
from YAML, `permits.py` says it in Cedar. Start reading at `Agreement`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from federation.records.declaration import Group, Origin
from hub.identity.types import Purpose, Role
from hub.policy.findings import Finding
from hub.policy.principals import MEMBERS
from hub.policy.schema import AGE_DAYS, ALLIANCE, ORIGIN, CedarType, ResourceType

MAX_EMBARGO_DAYS = 3650

Line = Annotated[str, StringConstraints(pattern=r"^ *[^\s\pC][^\pC]*$", max_length=500)]
EmbargoDays = Annotated[int, Field(ge=0, le=MAX_EMBARGO_DAYS)]
Purposes = Annotated[tuple[Purpose, ...], Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Recipients(_Part):
    """Who gets it: callers of these members who hold one of these roles.

    No members means any. Roles are those that work with supply, unless named.
    """

    members: tuple[Origin, ...] = ()
    roles: Annotated[tuple[Role, ...], Field(min_length=1)] = (Role.REGULATOR, Role.AGENCY)


class Share(_Part):
    """Field groups of record types, and the rows of them by their attributes' values.

    `purposes` and `embargo_days`, where given, stand in place of the agreement's own.
    """

    records: Annotated[tuple[str, ...], Field(min_length=1)]
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]
    where: Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]] = {}
    purposes: Purposes | None = None
    embargo_days: EmbargoDays | None = None


class Example(_Part):
    """A caller, a field group and a row: a question whose answer the owner is sure of.

    A row was recorded today and has blank attributes unless `row` says otherwise. `day` is that
    of the question, the agreement's first day if none is given.
    """

    member: Origin
    role: Role = Role.REGULATOR
    purpose: Purpose
    record: str
    group: Group
    row: Mapping[str, str | int] = {}
    day: date | None = None


class Examples(_Part):
    """Questions that must be allowed and questions that must be refused."""

    allowed: tuple[Example, ...] = ()
    refused: tuple[Example, ...] = ()


class Agreement(_Part):
    """What one member shows of its own records, to whom, for what, and on what legal ground."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{2,63}$")]
    owner: Origin
    title: Line
    legal_basis: Line
    recipients: Recipients
    purposes: Purposes
    valid_from: date
    valid_until: date | None = None
    embargo_days: EmbargoDays = 0
    share: Annotated[tuple[Share, ...], Field(min_length=1)]
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
    recipients = agreement.recipients
    if not recipients.members and "roles" not in recipients.model_fields_set:
        yield Finding(f"{place}: recipients", "names nobody", "name members or roles, or write all")
    for number, share in enumerate(agreement.share, 1):
        yield from _share_faults(f"{place}: share {number}", share)
    for kind, examples in agreement.examples:
        for number, example in enumerate(examples, 1):
            yield from _example_faults(f"{place}: examples.{kind} {number}", example)


def _share_faults(place: str, share: Share) -> Iterator[Finding]:
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
    place: str, resource: ResourceType, name: str, values: Iterable[str | int]
) -> Iterator[Finding]:
    attribute = resource.attributes.get(name)
    if attribute is None:
        yield _choose(place, name, resource.attributes)
        return
    for value in values:
        if isinstance(value, int) is not (attribute.cedar_type is CedarType.LONG):
            yield Finding(place, f"`{value}` is of another type", f"write a {attribute.cedar_type}")
        elif attribute.terms and value not in attribute.terms:
            yield _choose(place, str(value), attribute.terms)


def _choose(place: str, word: str, words: Iterable[str]) -> Finding:
    return Finding(place, f"`{word}` is unknown", f"use one of {', '.join(words)}")
