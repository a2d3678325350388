"""What people do with held pulls: release or reject them, two by two, and set feeds' gate modes.

The first person proposes, another of the owner's agency or of the secretariat agrees. A release
publishes the landed bytes of the very pull, mapped by the rules of now; its last event and the
records are one transaction. Start reading at `release`.
"""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from psycopg import AsyncConnection

from federation.feed import Feed
from federation.gate import GateMode
from federation.members.submitted import EVERY_FEED
from federation.records.declaration import Origin
from hub.errors import Conflict, Forbidden, MemberFault, NotFound
from hub.identity.trust.actors import Actor
from hub.identity.types import Caller, Role
from hub.reason import checked_reason
from hub.store.database import Pool
from hub.sync import replay
from hub.sync.comparison import Difference, TypeDifference
from hub.sync.held import pulls as held
from hub.sync.held.pulls import HeldEvent, HeldPull
from hub.sync.held.types import HeldState, HeldStep
from hub.sync.pipeline import follow_up
from hub.sync.pull import PullResult, PullTools, publish_landed, rules
from hub.sync.types import Outcome

_AGREED = {agreed: proposed for proposed, agreed in held.PROPOSALS.items()}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decides on a held pull, and why: `step` is what two of them come to."""

    step: HeldStep
    actor: Actor
    reason: str

    @classmethod
    def of(cls, step: HeldStep, caller: Caller, reason: str) -> "Decision":
        """Take a caller's word.

        Raises:
            InvalidInput: no reason, or too long a one.
        """
        return cls(step, Actor.of(caller), checked_reason(reason))

    def event(self, *, is_agreed: bool) -> HeldEvent:
        """Give what is kept of it."""
        step = self.step if is_agreed else _AGREED[self.step]
        return HeldEvent(step, datetime.now(UTC), self.reason, self.actor)


@dataclass(frozen=True, slots=True)
class Decided:
    """Where a held pull stands after a decision.

    `step` is what was asked for. `published` is there once it was released. `is_remapped` says that
    the mapping changed since it was held: its rows may have become other records than then.
    """

    step: HeldStep
    case: HeldPull
    published: PullResult | None = None
    is_remapped: bool = False


def remark_on(decided: Decided) -> str:
    """Say what was done, and what is left to do."""
    case = decided.case
    if decided.published is None or decided.published.merged is None:
        if case.state is HeldState.REJECTED and case.proposal is None:
            return f"{case.named} is rejected: its bytes stay landed and are never published"
        done = "release" if decided.step is HeldStep.RELEASED else "rejection"
        return f"the {done} of {case.named} is proposed: another person has to agree"
    merged = decided.published.merged
    said = (
        f"{case.named} is released as pull {case.released_as}: {merged.added} added, "
        f"{merged.changed} changed, {merged.absent} no longer listed"
    )
    return f"{said}; the mapping changed since it was held" if decided.is_remapped else said


async def release(tools: PullTools, caller: Caller, pull_id: int, reason: str) -> Decided:
    """Propose to publish a held pull, or agree to it: then it is published.

    Raises:
        InvalidInput: no reason, or too long a one.
        NotFound: no such held pull, or its bytes are lost.
        Forbidden: the caller is neither the owner's agency nor the secretariat, code `NOT_YOURS`;
            or proposed it, code `FOUR_EYES`.
        Conflict: it is held no more, code `NOT_HELD`; newer data are being served, code
            `NEWER_PUBLISHED`; or its bytes can't be published, with the code of that failure.
    """
    decision = Decision.of(HeldStep.RELEASED, caller, reason)
    async with tools.pool.connection() as connection:
        case = await held.one(connection, caller, pull_id)
        case = await _checked_case(connection, caller, case, decision)
        if not _is_second(case, decision):
            await held.keep_event(connection, case, decision.event(is_agreed=False))
            return Decided(decision.step, await held.one(connection, caller, pull_id))

    async def settle(connection: AsyncConnection, published_as: int) -> None:
        known = await _checked_case(connection, caller, case, decision)
        if not _is_second(known, decision):
            raise Conflict(
                f"the release of {case.named} is proposed no more: look at it and propose it again",
                code="NOT_PROPOSED",
            )
        await held.keep_event(connection, known, decision.event(is_agreed=True), published_as)

    feed = EVERY_FEED[case.feed]
    result = await publish_landed(feed, tools, pull_id, judged=False, along=settle)
    if result.outcome is not Outcome.PUBLISHED:
        raise Conflict(f"{case.named} was not released: {result.reason}", code=result.code)
    await follow_up(tools.pool)
    mapped_by = rules(await tools.register.for_feed(feed))
    async with tools.pool.connection() as connection:
        found = await held.one(connection, caller, pull_id)
    return Decided(decision.step, found, result, case.mapping_digest not in {None, mapped_by})


async def reject(pool: Pool, caller: Caller, pull_id: int, reason: str) -> Decided:
    """Propose never to publish a held pull, or agree to it. Its bytes stay landed.

    Raises:
        InvalidInput, NotFound, Forbidden, Conflict: as `release`.
    """
    decision = Decision.of(HeldStep.REJECTED, caller, reason)
    async with pool.connection() as connection:
        case = await held.one(connection, caller, pull_id)
        case = await _checked_case(connection, caller, case, decision)
        event = decision.event(is_agreed=_is_second(case, decision))
        await held.keep_event(connection, case, event)
        return Decided(decision.step, await held.one(connection, caller, pull_id))


async def difference(tools: PullTools, caller: Caller, pull_id: int) -> Difference | str:
    """Say what releasing a held pull would change; a text says why its rows can't be compared.

    Counts are for all who may read of it; keys and values for the owner of the records alone.

    Raises:
        NotFound: no such held pull.
        Forbidden: it is another member's.
        Unavailable: the landing does not answer.
    """
    async with tools.pool.connection() as connection:
        case = await held.one(connection, caller, pull_id)
    try:
        found = (await replay.preview(tools, _feed(case.feed), pull_id)).difference
    except (MemberFault, NotFound) as error:
        return str(error)
    if caller.member == held.owner_of(case.feed):
        return found
    return replace(found, types=tuple(map(_counts_alone, found.types)))


def _counts_alone(one: TypeDifference) -> TypeDifference:
    fields = tuple(replace(each, examples=()) for each in one.fields)
    return replace(one, added_keys=(), changed_keys=(), absent_keys=(), fields=fields)


async def set_mode(
    pool: Pool, caller: Caller, feed_id: str, mode: GateMode | None, reason: str
) -> held.ModeInForce:
    """Set the mode of a feed's gate, or have it follow the declared one again.

    Raises:
        InvalidInput: no reason, or too long a one.
        NotFound: no such feed.
        Forbidden: the caller is neither the owner's agency nor the secretariat.
    """
    feed, actor, reason = _feed(feed_id), Actor.of(caller), checked_reason(reason)
    _check_may(actor, feed.id, f"the gate of `{feed.id}`")
    values = {"feed": feed.id, "mode": mode, "at": datetime.now(UTC), "reason": reason}
    async with pool.connection() as connection:
        await held.insert_row(connection, "gate_mode_change", values | held.plain(asdict(actor)))
        return await held.mode_in_force(connection, feed)


async def _checked_case(
    connection: AsyncConnection, caller: Caller, case: HeldPull, decision: Decision
) -> HeldPull:
    """Lock a case and check that the decision can be taken on it, now and by this person."""
    await held.lock_case(connection, case.feed)
    case = await held.one(connection, caller, case.pull_id)
    _check_may(decision.actor, case.feed, case.named)
    _check_stands(case, decision)
    _check_four_eyes(case, decision)
    if decision.step is HeldStep.RELEASED:
        await _check_newest(connection, case)
    return case


def _check_may(actor: Actor, feed: str, named: str) -> None:
    owner = held.owner_of(feed)
    if Role.SECRETARIAT in actor.roles or (Role.AGENCY in actor.roles and actor.member == owner):
        return
    deciders = "the secretariat"
    if owner != Origin.ALLIANCE:
        deciders = f"the agency of {owner} or {deciders}"
    raise Forbidden(
        f"{named} is decided on by {deciders}: ask with a client of theirs", code="NOT_YOURS"
    )


def _check_stands(case: HeldPull, decision: Decision) -> None:
    """A rejection may be taken back by a release: two people decided, and two decide otherwise."""
    if case.state is HeldState.OPEN:
        return
    if case.state is HeldState.REJECTED and decision.step is HeldStep.RELEASED:
        return
    last = next(each for each in reversed(case.events) if each.step not in held.PROPOSALS)
    advice = {
        HeldState.RELEASED: f"it is served as pull {case.released_as}, so nothing is left to do",
        HeldState.REJECTED: "release it if that was wrong",
    }.get(case.state, "decide on the newest one of `hub held list` or `heldPulls`")
    raise Conflict(
        f"{case.named} is held no more, since {last.at:%Y-%m-%d %H:%M} it is "
        f"{case.state.lower()} ({last.reason}): {advice}",
        code="NOT_HELD",
    )


def _check_four_eyes(case: HeldPull, decision: Decision) -> None:
    proposal = case.proposal
    if proposal and proposal.actor and _is_same_step(proposal, decision):
        if not proposal.actor.is_same_person(decision.actor):
            return
        raise Forbidden(
            f"you, `{decision.actor.subject}`, proposed this for {case.named} already: have "
            "another person of its agency or the secretariat agree",
            code="FOUR_EYES",
        )


def _is_second(case: HeldPull, decision: Decision) -> bool:
    return case.proposal is not None and _is_same_step(case.proposal, decision)


def _is_same_step(proposal: HeldEvent, decision: Decision) -> bool:
    return held.PROPOSALS[proposal.step] is decision.step


async def _check_newest(connection: AsyncConnection, case: HeldPull) -> None:
    newer = await held.served_newer(connection, case.pull_id)
    if newer is not None:
        raise Conflict(
            f"pull {newer}, which is newer than {case.named}, is being served: what is held would "
            "put older data over it; reject it",
            code="NEWER_PUBLISHED",
        )


def _feed(feed_id: str) -> Feed:
    if feed_id not in EVERY_FEED:
        raise NotFound(f"there is no feed `{feed_id}`: `hub status` lists them")
    return EVERY_FEED[feed_id]
