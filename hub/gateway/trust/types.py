"""Trusted issuers, their versions, what was done to them, and what is distrusted, in GraphQL.

`fields.py` answers with them. What they show are the values of `hub/identity/trust/`; which of
those a caller may read is decided before.
"""

from datetime import datetime

import strawberry

from hub.identity.trust.distrust import Distrust
from hub.identity.trust.issuers import KnownIssuer, Version, VersionState
from hub.identity.trust.log import Deed
from hub.identity.trust.models import TrustStep
from hub.identity.trust.registration import Tier

VersionStateEnum = strawberry.enum(
    VersionState, name="IssuerVersionState", description="Where a version stands."
)
TrustStepEnum = strawberry.enum(
    TrustStep,
    name="TrustStep",
    description="What was done: to a version, or to the trust in an issuer or a key.",
)
TierEnum = strawberry.enum(
    Tier, name="TrustTier", description="How much a stolen token of an issuer is worth."
)


@strawberry.type(description="One thing that was done, and who did it.")
class TrustEvent:
    """One thing that was done."""

    step: TrustStepEnum  # type: ignore[valid-type]
    version: int | None
    kid: str | None
    thumbprint: str | None
    at: datetime
    reason: str
    client: str
    subject: str
    member: str
    roles: list[str]

    @classmethod
    def of(cls, deed: Deed) -> "TrustEvent":
        """Show what was done."""
        return cls(
            step=deed.step,
            version=deed.subject.version,
            kid=deed.subject.kid,
            thumbprint=deed.subject.thumbprint,
            at=deed.at,
            reason=deed.reason,
            client=deed.actor.client,
            subject=deed.actor.subject,
            member=deed.actor.member,
            roles=sorted(deed.actor.roles),
        )


@strawberry.type(description="One version of an issuer's registration. It never changes.")
class IssuerVersion:
    """One version of a registration."""

    issuer: strawberry.ID
    number: int
    state: VersionStateEnum  # type: ignore[valid-type]
    missing: list[str] = strawberry.field(description="The sides that have not agreed to it.")
    jwks_uri: str
    hosts: list[str]
    algorithms: list[str]
    members: list[str] = strawberry.field(description="Those it may vouch for.")
    roles: list[str]
    purposes: list[str]
    tier: TierEnum  # type: ignore[valid-type]
    registration: str = strawberry.field(description="All that it says, as JSON.")

    @classmethod
    def of(cls, version: Version) -> "IssuerVersion":
        """Show a version."""
        stated = version.registration
        return cls(
            issuer=strawberry.ID(version.issuer),
            number=version.number,
            state=version.state,
            missing=sorted(version.missing),
            jwks_uri=stated.jwks_uri,
            hosts=list(stated.hosts),
            algorithms=list(stated.algorithms),
            members=list(stated.members),
            roles=list(stated.roles),
            purposes=list(stated.purposes),
            tier=stated.tier,
            registration=stated.content(),
        )


@strawberry.type(description="An issuer that the hub trusts, trusted, or is asked to trust.")
class TrustedIssuer:
    """An issuer with its versions and all that was done to the trust in it."""

    issuer: strawberry.ID
    versions: list[IssuerVersion] = strawberry.field(description="The oldest first.")
    events: list[TrustEvent] = strawberry.field(description="The oldest first.")

    @classmethod
    def of(cls, known: KnownIssuer) -> "TrustedIssuer":
        """Show an issuer."""
        return cls(
            issuer=strawberry.ID(known.name),
            versions=list(map(IssuerVersion.of, known.versions)),
            events=list(map(TrustEvent.of, known.deeds)),
        )


@strawberry.type(description="An issuer or a key that the hub distrusts now.")
class DistrustInForce:
    """What is distrusted, and since which deeds."""

    issuer: strawberry.ID | None = strawberry.field(description="Null: a key of any issuer.")
    kid: str | None
    thumbprint: str | None
    events: list[TrustEvent] = strawberry.field(description="Who distrusts it; each side lifts it.")
    lift_asked: TrustEvent | None = strawberry.field(
        description="Who asks to lift it; another person does."
    )

    @classmethod
    def of(cls, distrust: Distrust) -> "DistrustInForce":
        """Show what is distrusted."""
        subject = distrust.subject
        return cls(
            issuer=strawberry.ID(subject.about) if subject.about else None,
            kid=subject.kid,
            thumbprint=subject.thumbprint,
            events=list(map(TrustEvent.of, distrust.deeds)),
            lift_asked=TrustEvent.of(distrust.asked) if distrust.asked else None,
        )
