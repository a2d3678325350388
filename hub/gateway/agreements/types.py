"""Agreements, their versions and events, and the sets that were in force, as GraphQL types.

`fields.py` answers with them. What they show are the frozen values of `hub/agreements/types.py`;
which of those a caller may read is decided before.
"""

from collections.abc import Sequence
from datetime import date, datetime

import strawberry

from hub.agreements import life
from hub.agreements.types import AgreementState, Event, KeptSet, Step, Version, VersionKey

AgreementStateEnum = strawberry.enum(
    AgreementState,
    name="AgreementState",
    description="Where a version stands. An approved one waits for its first day.",
)
AgreementStepEnum = strawberry.enum(
    Step, name="AgreementStep", description="What happened to a version."
)


@strawberry.type(description="One thing that happened to a version, and who did it.")
class AgreementEvent:
    """One thing that happened to a version."""

    step: AgreementStepEnum  # type: ignore[valid-type]
    at: datetime
    effective_at: datetime | None = strawberry.field(
        description="Of an approval: when the version takes effect."
    )
    reason: str
    issuer: str = strawberry.field(description="Who vouched for the person.")
    client: str
    subject: str
    member: str
    organisation: str
    roles: list[str]

    @classmethod
    def of(cls, event: Event) -> "AgreementEvent":
        """Show an event."""
        actor = event.actor
        return cls(
            step=event.step,
            at=event.at,
            effective_at=event.effective_at,
            reason=event.reason,
            issuer=actor.issuer,
            client=actor.client,
            subject=actor.subject,
            member=actor.member,
            organisation=actor.organisation,
            roles=sorted(actor.roles),
        )


@strawberry.type(description="One version of an agreement. What it says never changes.")
class AgreementVersion:
    """One version of an agreement."""

    id: strawberry.ID = strawberry.field(description="Such as `kr-supply@2`.")
    number: int
    state: AgreementStateEnum  # type: ignore[valid-type]
    remark: str = strawberry.field(description="When it takes or took effect, once approved.")
    owner: str
    title: str
    legal_basis: str
    valid_from: date
    valid_until: date | None
    members: list[str] = strawberry.field(description="Recipients; none means all.")
    organisations: list[str] = strawberry.field(description="Recipients; none means all.")
    roles: list[str]
    text: str = strawberry.field(description="The YAML as it was drafted.")
    digest: str = strawberry.field(description="SHA-256 of what it says, however it is laid out.")
    superseded_at: datetime | None = strawberry.field(
        description="When a newer version takes or took its place."
    )
    events: list[AgreementEvent] = strawberry.field(description="The oldest first.")

    @classmethod
    def of(cls, version: Version) -> "AgreementVersion":
        """Show a version."""
        agreement = version.agreement
        return cls(
            id=strawberry.ID(str(version.key)),
            number=version.key.number,
            state=version.state,
            remark=life.remark(version),
            owner=agreement.owner,
            title=agreement.title,
            legal_basis=agreement.legal_basis,
            valid_from=agreement.valid_from,
            valid_until=agreement.valid_until,
            members=list(agreement.recipients.members),
            organisations=list(agreement.recipients.organisations),
            roles=list(agreement.recipients.roles),
            text=version.text,
            digest=version.digest,
            superseded_at=version.superseded_at,
            events=list(map(AgreementEvent.of, version.events)),
        )


@strawberry.type(description="An agreement of an owner, with its versions.")
class Agreement:
    """An agreement and the versions of it that the caller may read."""

    id: strawberry.ID
    owner: str
    active: AgreementVersion | None = strawberry.field(description="The version that bites now.")
    versions: list[AgreementVersion] = strawberry.field(description="The oldest first.")

    @classmethod
    def of(cls, versions: Sequence[Version]) -> "Agreement":
        """Show an agreement by its versions, of which there is at least one."""
        shown = list(map(AgreementVersion.of, versions))
        active = (each for each in shown if each.state is AgreementState.ACTIVE)
        return cls(
            id=strawberry.ID(versions[0].key.agreement),
            owner=versions[0].owner,
            active=next(active, None),
            versions=shown,
        )


@strawberry.type(description="A set of policies that was, is or will be in force.")
class PolicySetInForce:
    """A set of policies and when it is in force."""

    id: strawberry.ID
    digest: str = strawberry.field(description="SHA-256 of its policies and agreements.")
    made_at: datetime
    in_force_from: datetime
    in_force_until: datetime | None = strawberry.field(description="Null for the last.")
    versions: list[strawberry.ID] = strawberry.field(
        description="Those of its agreements' versions that you may read."
    )

    @classmethod
    def of(cls, kept: KeptSet, readable: frozenset[VersionKey]) -> "PolicySetInForce":
        """Show a set, and of its agreements those that the caller may read."""
        return cls(
            id=strawberry.ID(str(kept.id)),
            digest=kept.digest,
            made_at=kept.made_at,
            in_force_from=kept.in_force_from,
            in_force_until=kept.in_force_until,
            versions=[strawberry.ID(str(key)) for key in kept.members if key in readable],
        )
