"""The root field `explainAccess`: for the caller itself, or for a client it answers for."""

import strawberry

from hub.errors import InvalidInput
from hub.gateway.access.explaining import Target, client_asked_for, explain_access
from hub.gateway.access.types import AccessExplanation
from hub.gateway.execution.executor import Info
from hub.gateway.reading import reading
from hub.identity.types import Purpose


async def _explain_access(
    info: Info,
    key: strawberry.ID,
    field: str,
    client: strawberry.ID | None = None,
    purpose: str | None = None,
) -> AccessExplanation | None:
    request = info.context
    target = Target.of(key, field)
    asker = about = request.caller
    stated = asker.purpose if purpose is None else _purpose(purpose, client)
    async with reading(request.pool) as connection:
        if client is not None:
            about = await client_asked_for(connection, asker, target, client, stated)
        return await explain_access(
            connection, info.context.desks.agreements.engine, target, asker, about
        )


def explanation_queries() -> dict[str, object]:
    """Make the root field that explains."""
    return {
        "explain_access": strawberry.field(
            resolver=_explain_access,
            description="Why you see a field of a record or not, and what would open it. "
            "`client` and `purpose` ask for another: for the record's owner, the secretariat and "
            "the auditor.",
        )
    }


def _purpose(name: str, client: str | None) -> Purpose:
    if client is None:
        raise InvalidInput("`purpose` goes with `client`: leave it out, or get a token for it")
    if name not in list(Purpose):
        raise InvalidInput(f"no purpose `{name[:40]}`: use {', '.join(Purpose)}")
    return Purpose(name)
