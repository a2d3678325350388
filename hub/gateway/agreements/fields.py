"""Agreements in GraphQL: what may be read of them, and the steps of their life.

Who may do what is `hub.agreements.access`' matter. Each step is a transaction of its own.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Concatenate

import strawberry
from psycopg import AsyncConnection

from hub.agreements import history, proceedings
from hub.agreements.types import Version, VersionKey
from hub.errors import InvalidInput
from hub.gateway.agreements.types import Agreement, AgreementVersion, PolicySetInForce
from hub.gateway.execution.executor import Info
from hub.gateway.planning.paging import DEFAULT_PAGE
from hub.gateway.reading import reading
from hub.identity.types import Caller


@strawberry.input(description="An agreement as the secretariat writes it.")
class AgreementDraftInput:
    """A draft."""

    text: str = strawberry.field(description="The YAML, as in a file of `policies/agreements`.")
    reason: str


@strawberry.input(description="Which version of an agreement, and why.")
class AgreementVersionInput:
    """Which version, and why."""

    version: strawberry.ID = strawberry.field(description="Such as `kr-supply@2`.")
    reason: str


@strawberry.input(description="Which versions to approve in one decision, and why.")
class AgreementApprovalInput:
    """Which versions, and why."""

    versions: list[strawberry.ID] = strawberry.field(description="Such as `kr-supply@2`.")
    reason: str


@strawberry.input(description="Which agreement, and why.")
class AgreementInput:
    """Which agreement, and why."""

    agreement: strawberry.ID = strawberry.field(description="Such as `kr-supply`.")
    reason: str


async def _agreements(info: Info) -> list[Agreement] | None:
    request = info.context
    async with reading(request.pool) as connection:
        found = await history.agreements(connection, request.caller)
    return list(map(Agreement.of, found))


async def _agreement(info: Info, id: strawberry.ID) -> Agreement | None:  # noqa: A002 - as `node`
    request = info.context
    async with reading(request.pool) as connection:
        return Agreement.of(await history.agreement(connection, request.caller, id))


async def _policy_sets(
    info: Info, first: int = DEFAULT_PAGE, at: datetime | None = None
) -> list[PolicySetInForce] | None:
    request = info.context
    async with reading(request.pool) as connection:
        if at is None:
            found = await history.sets(connection, first=first)
        else:
            then = await history.set_at(connection, at)
            found = [then] if then else []
        readable = await history.agreements(connection, request.caller)
    keys = frozenset(version.key for versions in readable for version in versions)
    return [PolicySetInForce.of(kept, keys) for kept in found]


async def _draft(info: Info, input: AgreementDraftInput) -> AgreementVersion | None:  # noqa: A002
    return await _taken(info, proceedings.draft, input.text, input.reason)


async def _approve(
    info: Info,
    input: AgreementApprovalInput,  # noqa: A002 - GraphQL's usual name
) -> list[AgreementVersion] | None:
    keys = list(map(_key, input.versions))
    async with reading(info.context.desks.writing) as connection:
        found = await proceedings.approve(connection, info.context.caller, keys, input.reason)
    return list(map(AgreementVersion.of, found))


Step = Callable[Concatenate[AsyncConnection, Caller, ...], Awaitable[Version]]


def _on_version(step: Step, description: str) -> object:
    async def resolve(info: Info, input: AgreementVersionInput) -> AgreementVersion | None:  # noqa: A002
        return await _taken(info, step, _key(input.version), input.reason)

    return strawberry.mutation(resolver=resolve, description=description)


def _on_agreement(step: Step, description: str) -> object:
    async def resolve(info: Info, input: AgreementInput) -> AgreementVersion | None:  # noqa: A002
        return await _taken(info, step, input.agreement, input.reason)

    return strawberry.mutation(resolver=resolve, description=description)


async def _taken(info: Info, step: Step, what: str | VersionKey, reason: str) -> AgreementVersion:
    async with reading(info.context.desks.writing) as connection:
        return AgreementVersion.of(await step(connection, info.context.caller, what, reason))


def agreement_queries() -> dict[str, object]:
    """Make the root fields that read agreements and the sets made of them."""
    return {
        "agreements": strawberry.field(
            resolver=_agreements,
            description="Agreements you own or receive by; all for the alliance's own bodies.",
        ),
        "agreement": strawberry.field(
            resolver=_agreement, description="One agreement with its versions, if you may read it."
        ),
        "policy_sets": strawberry.field(
            resolver=_policy_sets,
            description="The sets that were, are or will be in force, the newest first; with `at` "
            "the one of that instant.",
        ),
    }


def agreement_mutations() -> dict[str, object]:
    """Make the root fields that move agreements on."""
    return {
        "draft_agreement": strawberry.mutation(
            resolver=_draft,
            description="Keep a text as the draft of an agreement's next version. For the "
            "secretariat and the owner's agency.",
        ),
        "propose_agreement": _on_version(
            proceedings.propose,
            "Put a draft to its owner. For the secretariat and the owner's agency.",
        ),
        "ratify_agreement": _on_version(
            proceedings.ratify,
            "Agree to a proposal. For the owner's regulator or agency, and not for who drafted it.",
        ),
        "approve_agreements": strawberry.mutation(
            resolver=_approve,
            description="Approve ratified versions in one decision: together they take effect. "
            "For the secretariat, and not for who drafted or ratified one of them.",
        ),
        "reject_agreement": _on_version(
            proceedings.reject, "Refuse a proposal. For its owner and the secretariat."
        ),
        "withdraw_agreement": _on_version(
            proceedings.withdraw,
            "Take back what is not approved yet. For the secretariat and the owner's agency.",
        ),
        "suspend_agreement": _on_agreement(
            proceedings.suspend,
            "Close what an agreement opens until it is resumed. For its owner and the secretariat.",
        ),
        "resume_agreement": _on_agreement(
            proceedings.resume, "Lift a suspension. For the side that suspended."
        ),
        "end_agreement": _on_agreement(
            proceedings.end, "End an agreement for good. For its owner and the secretariat."
        ),
    }


def _key(text: str) -> VersionKey:
    agreement, _, number = text.partition("@")
    if not number.isdecimal() or len(number) > 9:
        raise InvalidInput(f"`{text[:80]}` is no version: write it as `kr-supply@2`")
    return VersionKey(agreement, int(number))
