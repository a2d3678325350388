"""The review queue in GraphQL: what may be asked of it, and how an agency's curator decides.

Who may do what is `hub.curation.access`' matter. Each decision is a transaction of its own.
"""

from dataclasses import asdict
from datetime import datetime
from enum import Enum

import strawberry

from federation.substances.candidates import Explanation
from hub.curation import decisions, queue, types
from hub.curation.models import Verdict
from hub.errors import InvalidInput, NotFound
from hub.gateway.execution.executor import Info
from hub.gateway.planning.paging import DEFAULT_PAGE
from hub.gateway.reading import reading


@strawberry.enum(description="What was decided of a text.")
class SubstanceVerdict(Enum):
    """What was decided of a text."""

    SUBSTANCE = Verdict.SUBSTANCE
    NO_SUBSTANCE = Verdict.NO_SUBSTANCE
    UNDONE = strawberry.enum_value(
        Verdict.UNDONE, description="What the resolver says holds again."
    )


@strawberry.type(description="A substance that a text may mean.")
class SubstanceCandidate:
    """A substance that a text may mean."""

    inn: str
    unii: str | None
    method: str = strawberry.field(description="How it was come upon.")
    confidence: float = strawberry.field(
        description="How surely, taken alone, from 0 to 1. A high one was refused for `steps`."
    )
    reasons: list[str] = strawberry.field(description="What speaks for it, the strongest first.")


@strawberry.type(description="What the resolver makes of a text.")
class SubstanceExplanation:
    """What the resolver makes of a text."""

    inn: str | None = strawberry.field(description="What it says by now; null when left open.")
    steps: list[str] = strawberry.field(description="What it did, in order, and why it stopped.")
    candidates: list[SubstanceCandidate] = strawberry.field(description="The likeliest first.")

    @classmethod
    def of(cls, explanation: Explanation) -> "SubstanceExplanation":
        """Show an explanation."""
        return cls(
            inn=explanation.resolution.inn,
            steps=list(explanation.resolution.steps),
            candidates=[
                SubstanceCandidate(
                    inn=each.inn,
                    unii=each.unii,
                    method=each.method.upper(),
                    confidence=round(each.confidence, 3),
                    reasons=list(each.reasons),
                )
                for each in explanation.candidates
            ],
        )


@strawberry.type(description="A decision on what a member's ingredient text means.")
class SubstanceDecision:
    """A decision, with its author and reason."""

    id: strawberry.ID
    origin: str
    native_text: str
    verdict: SubstanceVerdict
    inn: str | None
    substance_key: str | None
    reason: str
    records: int = strawberry.field(description="How many ingredients it changed at once.")
    issuer: str = strawberry.field(description="Who vouched for the author.")
    client: str
    subject: str
    member: str
    organisation: str
    decided_at: datetime
    superseded_at: datetime | None = strawberry.field(
        description="When a newer one followed; null for the newest."
    )

    @classmethod
    def of(cls, decision: types.Decision) -> "SubstanceDecision":
        """Show a decision."""
        shown = asdict(decision) | {
            "id": strawberry.ID(str(decision.id)),
            "verdict": SubstanceVerdict(decision.verdict),
        }
        return cls(**shown, substance_key=decision.substance_key)


async def _explanation(
    root: strawberry.Parent["QueuedText"], info: Info
) -> SubstanceExplanation | None:
    return SubstanceExplanation.of(await info.context.desks.review.explain(root.queued))


@strawberry.type(description="An ingredient text that holds records back.")
class QueuedText:
    """A text of the queue."""

    origin: str
    text: str
    held_back: int = strawberry.field(description="Current records that wait for it.")
    is_ambiguous: bool = strawberry.field(
        description="Its records name several substances, or only some of them name one."
    )
    feeds: list[str]
    substances: list[str] = strawberry.field(description="Keys of those some records name.")
    keys: list[strawberry.ID] = strawberry.field(description="A few of its records.")
    unii: list[str] = strawberry.field(description="In a few of its native rows; the owner's own.")
    atc: list[str] = strawberry.field(description="Of a few of its products.")
    queued: strawberry.Private[queue.Queued]

    explanation: SubstanceExplanation | None = strawberry.field(
        resolver=_explanation, description="What the resolver makes of it, with candidates."
    )

    @classmethod
    def of(cls, queued: queue.Queued) -> "QueuedText":
        """Show a text."""
        shown = asdict(queued) | {"keys": list(map(strawberry.ID, queued.keys))}
        return cls(**shown, queued=queued)


@strawberry.type(description="Texts of the review queue, those that hold most records back first.")
class ReviewPage:
    """A page of the queue."""

    nodes: list[QueuedText]
    end_cursor: str | None = strawberry.field(description="Pass as `after` to read on.")
    has_next_page: bool


@strawberry.input(description="What to decide of an ingredient text of your member.")
class SubstanceDecisionInput:
    """What to decide of a text."""

    origin: str
    text: str = strawberry.field(description="As the queue has it, to the letter.")
    inn: str | None = strawberry.field(
        default=None, description="Of one substance of the register; or say `noSubstance`."
    )
    no_substance: bool = strawberry.field(
        default=False, description="The text names no substance at all."
    )
    reason: str
    supersedes: strawberry.ID | None = strawberry.field(
        default=None, description="The decision that stands now, if there is one."
    )


@strawberry.input(description="Which decision to undo, and why.")
class SubstanceDecisionUndoInput:
    """Which decision to undo, and why."""

    decision: strawberry.ID
    reason: str


async def _review_queue(
    info: Info, first: int = queue.MOST_QUEUED, after: str | None = None, origin: str | None = None
) -> ReviewPage | None:
    request = info.context
    async with reading(request.pool) as connection:
        page = await queue.read_queue(
            connection, request.caller, origin=origin, first=first, after=after
        )
    return ReviewPage(
        nodes=list(map(QueuedText.of, page.texts)),
        end_cursor=page.texts[-1].cursor if page.texts else after,
        has_next_page=page.has_next,
    )


async def _substance_decisions(
    info: Info, first: int = DEFAULT_PAGE, origin: str | None = None, text: str | None = None
) -> list[SubstanceDecision] | None:
    request = info.context
    async with reading(request.pool) as connection:
        found = await decisions.history(
            connection, request.caller, origin=origin, text=text, first=first
        )
    return list(map(SubstanceDecision.of, found))


async def _decide(
    info: Info,
    input: SubstanceDecisionInput,  # noqa: A002 - GraphQL's usual name
) -> SubstanceDecision | None:
    return SubstanceDecision.of(
        await info.context.desks.review.decide(info.context.caller, _ruling(input))
    )


async def _undo(
    info: Info,
    input: SubstanceDecisionUndoInput,  # noqa: A002 - GraphQL's usual name
) -> SubstanceDecision | None:
    decision_id = _decision_id(input.decision)
    return SubstanceDecision.of(
        await info.context.desks.review.undo(info.context.caller, decision_id, input.reason)
    )


def review_queries() -> dict[str, object]:
    """Make the root fields that read the queue and its decisions."""
    return {
        "review_queue": strawberry.field(
            resolver=_review_queue,
            description="Ingredient texts left open, for agencies and the alliance's own bodies.",
        ),
        "substance_decisions": strawberry.field(
            resolver=_substance_decisions,
            description="What was decided of texts, the newest first, undone and superseded too.",
        ),
    }


def review_mutations() -> dict[str, object]:
    """Make the root fields that decide."""
    return {
        "decide_substance": strawberry.mutation(
            resolver=_decide,
            description="Decide what a text of your member means, in all records at once.",
        ),
        "undo_substance_decision": strawberry.mutation(
            resolver=_undo, description="End a decision: what the resolver says holds again."
        ),
    }


def _ruling(given: SubstanceDecisionInput) -> types.Ruling:
    if (given.inn is None) is not given.no_substance:
        raise InvalidInput("decide for one: give `inn`, or say `noSubstance: true`")
    return types.Ruling(
        origin=given.origin,
        text=given.text,
        verdict=Verdict.NO_SUBSTANCE if given.no_substance else Verdict.SUBSTANCE,
        inn=given.inn,
        reason=given.reason,
        supersedes=None if given.supersedes is None else _decision_id(given.supersedes),
    )


def _decision_id(given: str) -> int:
    if not given.isdecimal() or len(given) > 18:
        raise NotFound(f"no decision `{given[:40]}`: use its `id`")
    return int(given)
