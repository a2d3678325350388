"""What `policyPreview` says, as GraphQL types. `effects.py` and `replay.py` find it out."""

from datetime import datetime

import strawberry

from hub.gateway.agreements.modes import ModeEnum
from hub.gateway.preview.effects import Effect, GroupEffect, Preview
from hub.gateway.preview.replay import QuestionEffect, Replay
from hub.policy.audiences import Audience
from hub.policy.comparison import News
from hub.policy.wording import worded

NewsEnum = strawberry.enum(
    News,
    name="PreviewNews",
    description="Whether something is allowed that was refused, or the other way about.",
)


@strawberry.type(description="Callers who are affected alike.")
class PreviewAudience:
    """Callers of a member with one of the roles, for one of the purposes."""

    member: str
    organisation: str = strawberry.field(description="Empty: any that no agreement names.")
    is_sender_constrained: bool
    roles: list[str]
    purposes: list[str]

    @classmethod
    def of(cls, audience: Audience) -> "PreviewAudience":
        """Show an audience."""
        return cls(
            member=audience.member,
            organisation=audience.organisation,
            is_sender_constrained=audience.is_sender_constrained,
            roles=list(audience.roles),
            purposes=list(audience.purposes),
        )


@strawberry.type(description="What happens to a field group of a record type.")
class PreviewGroup:
    """What happens to a field group."""

    group: str
    level: str = strawberry.field(description="`read`, `round` or `count`.")
    limit: str | None = strawberry.field(
        description="The step numbers are rounded to, or the fewest holders of an aggregate."
    )
    before: str = strawberry.field(description="The records that show it now.")
    after: str = strawberry.field(description="The records that would.")
    rows_gained: int
    values_gained: int
    keys_gained: list[strawberry.ID] = strawberry.field(description="A few that you may see.")
    rows_lost: int
    values_lost: int
    keys_lost: list[strawberry.ID] = strawberry.field(description="A few that you may see.")
    news: NewsEnum = strawberry.field(  # type: ignore[valid-type]
        description="Whether a record that was refused could be allowed, today or one day."
    )
    news_example: str
    taken: NewsEnum = strawberry.field(  # type: ignore[valid-type]
        description="Whether a record that was allowed could be refused, today or one day."
    )
    taken_example: str

    @classmethod
    def of(cls, effect: GroupEffect) -> "PreviewGroup":
        """Show an effect on a group."""
        change, gained, lost = effect.change, effect.gained, effect.lost
        return cls(
            group=change.group,
            level=change.level,
            limit=None if change.limit is None else str(change.limit),
            before=worded(change.old),
            after=worded(change.new),
            rows_gained=gained.rows,
            values_gained=gained.values,
            keys_gained=list(map(strawberry.ID, gained.keys)),
            rows_lost=lost.rows,
            values_lost=lost.values,
            keys_lost=list(map(strawberry.ID, lost.keys)),
            news=effect.news.news,
            news_example=effect.news.words,
            taken=effect.taken.news,
            taken_example=effect.taken.words,
        )


@strawberry.type(description="What happens to a record type for some callers.")
class PreviewEffect:
    """What happens to a record type for callers who are affected alike."""

    record_type: str
    audiences: list[PreviewAudience]
    groups: list[PreviewGroup]

    @classmethod
    def of(cls, effect: Effect) -> "PreviewEffect":
        """Show an effect."""
        return cls(
            record_type=effect.record_type,
            audiences=list(map(PreviewAudience.of, effect.audiences)),
            groups=list(map(PreviewGroup.of, effect.groups)),
        )


@strawberry.type(description="What changes in the answer of one root field of a question.")
class ReplayedField:
    """What changes in the answer of one root field."""

    path: str
    rows_gained: int
    rows_lost: int
    values_gained: int
    values_lost: int
    masked_anew: list[str]
    unmasked: list[str]


@strawberry.type(description="A question of the last days whose answer would change.")
class ReplayedQuestion:
    """A question whose answer would change for the client that asked it."""

    digest: str
    client: str
    member: str
    purpose: str
    times: int
    last_at: datetime
    document: str
    fields: list[ReplayedField]

    @classmethod
    def of(cls, effect: QuestionEffect) -> "ReplayedQuestion":
        """Show an effect on a question."""
        return cls(
            digest=effect.digest,
            client=effect.client,
            member=effect.member,
            purpose=effect.purpose,
            times=effect.times,
            last_at=effect.last_at,
            document=effect.document,
            fields=[
                ReplayedField(
                    path=each.path,
                    rows_gained=each.rows_gained,
                    rows_lost=each.rows_lost,
                    values_gained=each.values_gained,
                    values_lost=each.values_lost,
                    masked_anew=list(each.masked_anew),
                    unmasked=list(each.unmasked),
                )
                for each in effect.fields
            ],
        )


@strawberry.type(description="What would become of the questions of the last days.")
class PolicyReplay:
    """What would become of the questions of the last days."""

    asked: int
    unaffected: int
    failed: int
    left_out: int = strawberry.field(description="They were too many to be asked again.")
    questions: list[ReplayedQuestion]

    @classmethod
    def of(cls, replay: Replay) -> "PolicyReplay":
        """Show a replay."""
        return cls(
            asked=replay.asked,
            unaffected=replay.unaffected,
            failed=replay.failed,
            left_out=replay.left_out,
            questions=list(map(ReplayedQuestion.of, replay.effects)),
        )


@strawberry.type(description="What a draft would change, before anybody is bound by it.")
class PolicyPreview:
    """What a draft would change on the live data."""

    agreement: strawberry.ID
    current_digest: str
    draft_digest: str
    mode: ModeEnum  # type: ignore[valid-type]
    at: datetime = strawberry.field(description="Now, or the draft's first day if that is later.")
    is_whole: bool = strawberry.field(
        description="Whether all records are counted; otherwise those you may see."
    )
    news: NewsEnum = strawberry.field(  # type: ignore[valid-type]
        description="Whether this allows anything that was refused before."
    )
    news_example: str = strawberry.field(description="Such a record, in words.")
    other_modes: list[ModeEnum] = strawberry.field(  # type: ignore[valid-type]
        description="Other modes in which something changes: ask for them too."
    )
    effects: list[PreviewEffect]
    replay: PolicyReplay | None = strawberry.field(description="Null unless `days` is given.")

    @classmethod
    def of(cls, agreement: str, preview: Preview, replay: Replay | None) -> "PolicyPreview":
        """Show a preview, and a replay where one was asked for."""
        return cls(
            agreement=strawberry.ID(agreement),
            current_digest=preview.current_digest,
            draft_digest=preview.draft_digest,
            mode=preview.mode,
            at=preview.at,
            is_whole=preview.is_whole,
            news=preview.news.news,
            news_example=preview.news.words,
            other_modes=list(preview.other_modes),
            effects=list(map(PreviewEffect.of, preview.effects)),
            replay=PolicyReplay.of(replay) if replay else None,
        )
