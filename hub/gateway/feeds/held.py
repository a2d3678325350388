"""Held pulls in GraphQL: looked at by owner and secretariat, released or rejected by two people.

Who may do what is `hub.sync.releasing`' matter.
"""

from collections.abc import Awaitable, Callable

import strawberry

from federation.gate import GateMode
from hub.errors import InvalidInput
from hub.gateway.desks.held import HeldDesk
from hub.gateway.execution.executor import Info
from hub.gateway.feeds.held_types import FeedGate, GateModeEnum, HeldPullDecision, HeldPullInfo
from hub.gateway.reading import reading
from hub.identity.types import Caller
from hub.sync.held import pulls as held
from hub.sync.releasing import Decided, remark_on


@strawberry.input(description="Which held pull, and why.")
class HeldPullInput:
    """Which held pull, and why."""

    pull: strawberry.ID = strawberry.field(description="Its `id`.")
    reason: str


@strawberry.input(description="Which mode to set for a feed's gate, and why.")
class GateModeInput:
    """Which mode, and why."""

    feed: strawberry.ID
    mode: GateModeEnum | None = strawberry.field(  # type: ignore[valid-type]
        default=None, description="Null has it follow the declared one again."
    )
    reason: str


async def _held_pulls(
    info: Info,
    feed: strawberry.ID | None = None,
    is_open: bool = True,
) -> list[HeldPullInfo] | None:
    async with reading(info.context.pool) as connection:
        found = await held.readable(connection, info.context.caller, feed=feed, is_open=is_open)
    return [HeldPullInfo.of(case, info.context.desks.held) for case in found]


async def _held_pull(info: Info, id: strawberry.ID) -> HeldPullInfo | None:  # noqa: A002 - as `node`
    async with reading(info.context.pool) as connection:
        case = await held.one(connection, info.context.caller, _pull_id(id))
    return HeldPullInfo.of(case, info.context.desks.held)


Step = Callable[[HeldDesk, Caller, int, str], Awaitable[Decided]]
"""What a person decides of a held pull, with the reason."""


def _on_pull(step: Step, description: str) -> object:
    async def resolve(info: Info, input: HeldPullInput) -> HeldPullDecision | None:  # noqa: A002
        desk = info.context.desks.held
        decided = await step(desk, info.context.caller, _pull_id(input.pull), input.reason)
        case = HeldPullInfo.of(decided.case, desk)
        return HeldPullDecision(held_pull=case, remark=remark_on(decided))

    return strawberry.mutation(resolver=resolve, description=description)


async def _set_mode(
    info: Info,
    input: GateModeInput,  # noqa: A002 - GraphQL's usual name
) -> FeedGate | None:
    mode = GateMode(input.mode) if input.mode else None
    found = await info.context.desks.held.set_mode(
        info.context.caller, input.feed, mode, input.reason
    )
    return FeedGate.of(found)


def held_queries() -> dict[str, object]:
    """Make the root fields that read held pulls."""
    return {
        "held_pulls": strawberry.field(
            resolver=_held_pulls,
            description="Pulls of your feeds that the gate holds, the newest first; of all feeds "
            "for the secretariat. With `isOpen: false` those that were decided on too.",
        ),
        "held_pull": strawberry.field(
            resolver=_held_pull,
            description="One held pull, with what its release would change. For its owner and the "
            "secretariat.",
        ),
    }


def held_mutations() -> dict[str, object]:
    """Make the root fields that decide on held pulls and set gates' modes."""
    return {
        "release_pull": _on_pull(
            HeldDesk.release,
            "Propose to publish a held pull; when another person asks for the same, it "
            "is published. For the owner's agency and the secretariat.",
        ),
        "reject_pull": _on_pull(
            HeldDesk.reject,
            "Propose never to publish a held pull; when another person asks for the "
            "same, it is rejected. For the owner's agency and the secretariat.",
        ),
        "set_gate_mode": strawberry.mutation(
            resolver=_set_mode,
            description="Set the mode of a feed's gate. For the owner's agency and the "
            "secretariat.",
        ),
    }


def _pull_id(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInput(f"`{text[:80]}` is no pull: give the `id` of one of `heldPulls`")
    return int(text)
