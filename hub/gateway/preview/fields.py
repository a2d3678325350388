"""The root field `policyPreview`: a draft's text in, its effect on the live data out.

`effects.py` and `replay.py` work it out, `types.py` says it. The draft is admitted in a child
process first, as it would be on approval; one draft is previewed at a time.
"""

import asyncio

import strawberry

from hub.agreements.in_force import read_in_force
from hub.errors import Unavailable
from hub.gateway.agreements.modes import ModeEnum
from hub.gateway.execution.executor import Info
from hub.gateway.preview.effects import check_may_preview, preview
from hub.gateway.preview.replay import replay
from hub.gateway.preview.types import PolicyPreview
from hub.gateway.reading import reading
from hub.policy.admission import admit
from hub.policy.agreement import Agreement
from hub.policy.folder import parse_agreement
from hub.policy.principals import Mode


async def _policy_preview(
    info: Info,
    text: str,
    days: int | None = None,
    mode: ModeEnum | None = None,  # type: ignore[valid-type]
) -> PolicyPreview | None:
    agreement = parse_agreement(text, "the draft")
    check_may_preview(info.context.caller, agreement.owner)
    if info.context.desks.agreements.preview.locked():
        raise Unavailable("another draft is being previewed: ask again shortly", code="BUSY")
    async with info.context.desks.agreements.preview:
        return await _previewed(info, agreement, days, mode)


async def _previewed(
    info: Info, agreement: Agreement, days: int | None, mode: str | None
) -> PolicyPreview:
    request, engine = info.context, info.context.desks.agreements.engine
    async with reading(request.pool) as connection:
        in_force = await read_in_force(connection)
    current = in_force.policy_set
    others = [each for each in current.agreements if each.id != agreement.id]
    draft = await asyncio.to_thread(admit, in_force.baseline, [*others, agreement])
    decisions = engine.decide(request.caller)
    mode, at = Mode(mode or decisions.class_key.mode), max(engine.now(), agreement.starts_at)
    async with reading(request.pool) as connection:
        shown = await preview(connection, current, draft, decisions, mode=mode, at=at)
        if days is None:
            return PolicyPreview.of(agreement.id, shown, None)
        again = await replay(
            connection,
            current,
            draft,
            decisions,
            mode=mode,
            at=at,
            days=days,
            schema=info.schema._schema,  # noqa: SLF001 - Strawberry's own way to graphql-core's
        )
    return PolicyPreview.of(agreement.id, shown, again)


def preview_queries() -> dict[str, object]:
    """Make the root field that previews."""
    return {
        "policy_preview": strawberry.field(
            resolver=_policy_preview,
            description="What an agreement's text would change: for whom, how many records, and "
            "with `days` for the questions of that many days. For the secretariat and the owner.",
        )
    }
