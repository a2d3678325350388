"""Trusted issuers in GraphQL: what may be read of them, and the steps that change the trust.

Who may do what is `hub.identity`'s matter. Each step is a transaction of its own. Issuers on the
hub's own machine are registered on its command line alone.
"""

import strawberry

from hub.gateway.execution.executor import Info
from hub.gateway.reading import reading
from hub.gateway.trust.types import DistrustInForce, IssuerVersion, TrustedIssuer
from hub.identity.trust import distrust, issuers
from hub.identity.trust.distrust import distrusted
from hub.identity.trust.registration import Registration


@strawberry.input(description="An issuer to trust, or a change of one, and why.")
class IssuerProposalInput:
    """A registration, and why."""

    registration: str = strawberry.field(description="The JSON, as `hub issuer propose` takes it.")
    reason: str


@strawberry.input(description="Which version of an issuer's registration to agree to, and why.")
class IssuerApprovalInput:
    """Which version, and why."""

    issuer: strawberry.ID
    version: int
    reason: str


@strawberry.input(description="What of an issuer to withdraw, and why.")
class IssuerWithdrawalInput:
    """Which issuer, and why."""

    issuer: strawberry.ID
    version: int | None = strawberry.field(
        default=None, description="Without it, all that is open."
    )
    reason: str


@strawberry.input(description="Which issuer, and why.")
class IssuerInput:
    """Which issuer, and why."""

    issuer: strawberry.ID
    reason: str


@strawberry.input(description="A key: of an issuer by `kid`, or by its thumbprint alone.")
class KeyInput:
    """Which key, and why."""

    issuer: strawberry.ID | None = strawberry.field(
        default=None, description="Without it, the key of this thumbprint, whoever publishes it."
    )
    kid: str | None = None
    thumbprint: str | None = strawberry.field(default=None, description="RFC 7638, SHA-256.")
    reason: str


async def _trusted_issuers(info: Info) -> list[TrustedIssuer] | None:
    async with reading(info.context.pool) as connection:
        found = await issuers.readable(connection, info.context.caller)
    return list(map(TrustedIssuer.of, found))


async def _distrusts(info: Info) -> list[DistrustInForce] | None:
    async with reading(info.context.pool) as connection:
        found = await distrust.readable(connection, info.context.caller)
    return list(map(DistrustInForce.of, found))


async def _propose(
    info: Info,
    input: IssuerProposalInput,  # noqa: A002 - GraphQL's usual name
) -> IssuerVersion | None:
    registration = Registration.read(input.registration)
    async with reading(info.context.desks.writing) as connection:
        return IssuerVersion.of(
            await issuers.propose(connection, info.context.caller, registration, input.reason)
        )


async def _approve(
    info: Info,
    input: IssuerApprovalInput,  # noqa: A002 - GraphQL's usual name
) -> IssuerVersion | None:
    async with reading(info.context.desks.writing) as connection:
        return IssuerVersion.of(
            await issuers.approve(
                connection, info.context.caller, input.issuer, input.version, input.reason
            )
        )


async def _withdraw(
    info: Info,
    input: IssuerWithdrawalInput,  # noqa: A002 - GraphQL's usual name
) -> list[IssuerVersion] | None:
    async with reading(info.context.desks.writing) as connection:
        found = await issuers.withdraw(
            connection, info.context.caller, input.issuer, input.version, input.reason
        )
    return list(map(IssuerVersion.of, found))


async def _distrust_issuer(
    info: Info,
    input: IssuerInput,  # noqa: A002 - GraphQL's usual name
) -> list[DistrustInForce] | None:
    subject = distrusted(input.issuer)
    async with reading(info.context.desks.writing) as connection:
        await distrust.distrust(connection, info.context.caller, subject, input.reason)
    return await _distrusts(info)


async def _distrust_key(
    info: Info,
    input: KeyInput,  # noqa: A002 - GraphQL's usual name
) -> list[DistrustInForce] | None:
    subject = distrusted(input.issuer, input.kid, input.thumbprint, is_key=True)
    async with reading(info.context.desks.writing) as connection:
        await distrust.distrust(connection, info.context.caller, subject, input.reason)
    return await _distrusts(info)


async def _lift(
    info: Info,
    input: KeyInput,  # noqa: A002 - GraphQL's usual name
) -> list[DistrustInForce] | None:
    subject = distrusted(input.issuer, input.kid, input.thumbprint)
    async with reading(info.context.desks.writing) as connection:
        await distrust.lift(connection, info.context.caller, subject, input.reason)
    return await _distrusts(info)


def issuer_queries() -> dict[str, object]:
    """Make the root fields that tell whom the hub trusts."""
    return {
        "trusted_issuers": strawberry.field(
            resolver=_trusted_issuers,
            description="Issuers that vouch for your member; all for the alliance's own bodies.",
        ),
        "distrusts": strawberry.field(
            resolver=_distrusts,
            description="What is distrusted now: of the issuers you may read of, and of any.",
        ),
    }


def issuer_mutations() -> dict[str, object]:
    """Make the root fields that change whom the hub trusts."""
    return {
        "propose_issuer": strawberry.mutation(
            resolver=_propose,
            description="Propose an issuer, or a change of one. For the secretariat, and for the "
            "regulators and agencies of the members it vouches for.",
        ),
        "approve_issuer": strawberry.mutation(
            resolver=_approve,
            description="Agree to a proposal of the other side. For the secretariat and the "
            "regulators of the members it vouches for, and not for who proposed it.",
        ),
        "withdraw_issuer": strawberry.mutation(
            resolver=_withdraw,
            description="Withdraw an issuer, or one version of it, at once. For either side.",
        ),
        "distrust_issuer": strawberry.mutation(
            resolver=_distrust_issuer,
            description="Refuse all tokens of an issuer at once. For either side, alone.",
        ),
        "distrust_key": strawberry.mutation(
            resolver=_distrust_key,
            description="Refuse all tokens of a key at once. For either side of its issuer, alone; "
            "of any issuer, for the secretariat.",
        ),
        "lift_distrust": strawberry.mutation(
            resolver=_lift,
            description="Ask to lift a distrust, or agree to what another person asked. Each side "
            "that distrusts has to be among the two.",
        ),
    }
