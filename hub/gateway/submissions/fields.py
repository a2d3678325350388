"""The root fields of submissions: mutations that file and withdraw, and what may be read of it.

Who may do what is `hub.submissions.access`' matter. A mutation files what its rows are as a JSON
document, by the way that files go too.
"""

from collections.abc import Callable
from typing import Any

import strawberry

from federation.filing.template import Template
from federation.members.submitted import TEMPLATES, feed_id
from hub.gateway.execution.executor import Info
from hub.gateway.planning.paging import DEFAULT_PAGE
from hub.gateway.submissions.inputs import (
    SUBMISSION_INPUTS,
    WithdrawalInput,
    filed_document,
    withdrawal_document,
)
from hub.gateway.submissions.types import Submission, SubmissionCount
from hub.submissions.types import Filing


async def _submission(info: Info, id: strawberry.ID) -> Submission | None:  # noqa: A002 - as `node`
    return Submission.of(await info.context.desks.submissions.one(info.context.caller, id))


async def _submissions(
    info: Info, first: int = DEFAULT_PAGE, after: str | None = None, feed: str | None = None
) -> list[Submission] | None:
    found = await info.context.desks.submissions.newest(
        info.context.caller, first=first, after=after, feed=feed
    )
    return list(map(Submission.of, found))


async def _counts(info: Info) -> list[SubmissionCount] | None:
    return list(
        map(SubmissionCount.of, await info.context.desks.submissions.counts(info.context.caller))
    )


def _submit(template: Template) -> Callable[..., Any]:
    async def submit(info: Info, input: Any) -> Submission | None:  # noqa: A002 - GraphQL's usual name
        caller = info.context.caller
        filing = Filing(
            feed_id(caller.member, template),
            filed_document(template, input.rows),
            is_dry_run=input.dry_run,
            is_partial=input.partial,
            key=input.idempotency_key,
        )
        return Submission.of(await info.context.desks.submissions.file(caller, filing))

    submit.__annotations__["input"] = SUBMISSION_INPUTS[template.name]
    return submit


def _withdraw(template: Template) -> Callable[..., Any]:
    async def withdraw(
        info: Info,
        input: WithdrawalInput,  # noqa: A002 - GraphQL's usual name
    ) -> Submission | None:
        caller = info.context.caller
        filing = Filing(
            feed_id(caller.member, template),
            withdrawal_document(template, input.numbers),
            is_dry_run=input.dry_run,
            key=input.idempotency_key,
        )
        return Submission.of(await info.context.desks.submissions.file(caller, filing))

    return withdraw


def submission_queries() -> dict[str, object]:
    """Make the root fields that tell what was filed."""
    return {
        "submission": strawberry.field(
            resolver=_submission, description="What your member's agency filed, whole."
        ),
        "submissions": strawberry.field(
            resolver=_submissions,
            description="What your member's agency filed, the newest first, with the first 100 "
            "defects and keys of each; read on `after` the `id` of the last.",
        ),
        "submission_counts": strawberry.field(
            resolver=_counts,
            description="How many submissions there are, by feed and state: of your member for its "
            "agency, of all for the secretariat.",
        ),
    }


def submission_mutations() -> dict[str, object]:
    """Make the root fields that file and withdraw, two for each template."""
    found: dict[str, Any] = {}
    for name, template in TEMPLATES.items():
        found[f"submit_{name}"] = strawberry.mutation(
            resolver=_submit(template),
            description=f"File {template.title} of your member, or replace what was filed under "
            "the same number. For its agency.",
        )
        found[f"withdraw_filed_{name}"] = strawberry.mutation(
            resolver=_withdraw(template),
            description=f"Take back what was filed of {template.title}. For its agency.",
        )
    return found
