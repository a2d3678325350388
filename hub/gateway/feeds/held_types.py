"""Held pulls as GraphQL types: why they are held, what happened to them, what they would change.

`held.py` answers with them, and has the steps. What a release would change is worked out only where
it is asked for, for the rows are mapped again.
"""

from datetime import datetime

import strawberry

from federation.gate import GateMode
from federation.records.declaration import Json
from hub.gateway.desks.held import HeldDesk
from hub.gateway.execution.executor import Info
from hub.sync import comparison
from hub.sync.held import pulls as held
from hub.sync.held.types import HeldState, HeldStep

HeldStateEnum = strawberry.enum(
    HeldState, name="HeldPullState", description="Where a held pull stands."
)
HeldStepEnum = strawberry.enum(
    HeldStep, name="HeldPullStep", description="What happened to a held pull."
)
GateModeEnum = strawberry.enum(
    GateMode,
    name="GateMode",
    description="How much of what differs from the last good pull is let through: EVOLVE lets new "
    "columns through, HOLD no change of form, FREEZE nothing.",
)


@strawberry.type(description="A bound of the gate that a pull broke, with the figures.")
class HeldPullFigure:
    """A bound that was broken."""

    code: str
    what: str | None = strawberry.field(description="The native column or the record field.")
    before: str | None = strawberry.field(description="In the last good pull.")
    now: str | None
    limit: str | None

    @classmethod
    def of(cls, breach: dict[str, Json]) -> "HeldPullFigure":
        """Show a breach."""
        names = ("what", "before", "now", "limit")
        return cls(code=breach["code"], **{name: _text(breach[name]) for name in names})


@strawberry.type(description="One thing that happened to a held pull, and who did it.")
class HeldPullEvent:
    """One thing that happened."""

    step: HeldStepEnum  # type: ignore[valid-type]
    at: datetime
    reason: str
    subject: str | None = strawberry.field(description="Null where the hub did it.")
    client: str | None
    member: str | None
    organisation: str | None

    @classmethod
    def of(cls, event: held.HeldEvent) -> "HeldPullEvent":
        """Show an event."""
        actor = event.actor
        return cls(
            step=event.step,
            at=event.at,
            reason=event.reason,
            subject=actor.subject if actor else None,
            client=actor.client if actor else None,
            member=actor.member if actor else None,
            organisation=actor.organisation if actor else None,
        )


@strawberry.type(description="A value that a release would change. For the owner.")
class HeldPullChange:
    """A value that would change."""

    key: strawberry.ID
    before: str | None
    after: str | None


@strawberry.type(description="A field that a release would change.")
class HeldPullFieldDifference:
    """A field that would change."""

    field: str
    records: int = strawberry.field(description="Of the first few thousand changed ones.")
    examples: list[HeldPullChange]


@strawberry.type(description="What a release would do to the records of one type.")
class HeldPullTypeDifference:
    """What would happen to one record type. Keys are a few of each kind, for the owner."""

    record_type: str
    added: int
    changed: int
    absent: int
    same: int
    added_keys: list[strawberry.ID]
    changed_keys: list[strawberry.ID]
    absent_keys: list[strawberry.ID]
    fields: list[HeldPullFieldDifference]

    @classmethod
    def of(cls, one: comparison.TypeDifference) -> "HeldPullTypeDifference":
        """Show a difference."""
        return cls(
            record_type=one.record_type,
            added=one.added,
            changed=one.changed,
            absent=one.absent,
            same=one.same,
            added_keys=list(map(strawberry.ID, one.added_keys)),
            changed_keys=list(map(strawberry.ID, one.changed_keys)),
            absent_keys=list(map(strawberry.ID, one.absent_keys)),
            fields=[
                HeldPullFieldDifference(
                    field=each.field,
                    records=each.records,
                    examples=[
                        HeldPullChange(
                            key=strawberry.ID(change.key), before=change.before, after=change.after
                        )
                        for change in each.examples
                    ],
                )
                for each in one.fields
            ],
        )


@strawberry.type(description="What releasing a held pull would change in what is being served.")
class HeldPullDifference:
    """What a release would change."""

    remark: str | None = strawberry.field(description="Why its rows can't be compared.")
    types: list[HeldPullTypeDifference]


async def _difference(root: strawberry.Parent["HeldPullInfo"], info: Info) -> HeldPullDifference:
    found = await root.desk.difference(info.context.caller, int(root.id))
    if isinstance(found, str):
        return HeldPullDifference(remark=found, types=[])
    types = [HeldPullTypeDifference.of(one) for one in found.types]
    return HeldPullDifference(remark=None, types=types)


@strawberry.type(name="HeldPull", description="A pull that the gate held instead of publishing it.")
class HeldPullInfo:
    """A held pull."""

    id: strawberry.ID
    feed: strawberry.ID
    state: HeldStateEnum  # type: ignore[valid-type]
    reason_code: str
    reason: str
    since: datetime
    figures: list[HeldPullFigure]
    rows: int | None = strawberry.field(description="Null where they could not be mapped.")
    stated_at: datetime | None = strawberry.field(description="The source's own date of the list.")
    released_as: strawberry.ID | None = strawberry.field(
        description="The pull that published its bytes."
    )
    events: list[HeldPullEvent] = strawberry.field(description="The oldest first.")
    desk: strawberry.Private[HeldDesk]
    difference: HeldPullDifference = strawberry.field(
        resolver=_difference,
        description="What a release would change. Its rows are mapped again for it, which may take "
        "a minute.",
    )

    @classmethod
    def of(cls, case: held.HeldPull, desk: HeldDesk) -> "HeldPullInfo":
        """Show a held pull."""
        return cls(
            id=strawberry.ID(str(case.pull_id)),
            feed=strawberry.ID(case.feed),
            state=case.state,
            reason_code=case.reason_code,
            reason=case.reason,
            since=case.since,
            figures=list(map(HeldPullFigure.of, case.breaches or [])),
            rows=case.rows,
            stated_at=case.stated_at,
            released_as=strawberry.ID(str(case.released_as)) if case.released_as else None,
            events=list(map(HeldPullEvent.of, case.events)),
            desk=desk,
        )


@strawberry.type(description="What came of a decision on a held pull.")
class HeldPullDecision:
    """What came of a decision."""

    held_pull: HeldPullInfo
    remark: str = strawberry.field(description="What was done, and what is left to do.")


@strawberry.type(description="The mode of a feed's gate.")
class FeedGate:
    """The mode of a feed's gate."""

    feed: strawberry.ID
    mode: GateModeEnum  # type: ignore[valid-type]
    declared: GateModeEnum = strawberry.field(  # type: ignore[valid-type]
        description="The mode that holds where no one sets another."
    )
    set_at: datetime | None = strawberry.field(description="Null where it is as declared.")
    set_by: str | None
    reason: str | None

    @classmethod
    def of(cls, mode: held.ModeInForce) -> "FeedGate":
        """Show a mode."""
        return cls(
            feed=strawberry.ID(mode.feed),
            mode=mode.mode,
            declared=mode.declared,
            set_at=mode.set_at,
            set_by=mode.set_by,
            reason=mode.reason,
        )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
