"""The schema: a root connection for every record type, and what speaks of the caller.

Record roots only say which plan answers them; `executor.py` does the rest.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import (
    MaskErrors,
    MaxAliasesLimiter,
    MaxTokensLimiter,
    ParserCache,
    QueryDepthLimiter,
    SchemaExtension,
    ValidationCache,
)
from strawberry.schema.config import StrawberryConfig

from federation.records.registry import RECORD_TYPES, RecordType
from hub.errors import HubError
from hub.gateway import types
from hub.gateway.changes import ChangePage, changes
from hub.gateway.executor import PassThroughExecutor, RecordRoot, Request
from hub.gateway.members import Member, members
from hub.gateway.paging import DEFAULT_PAGE
from hub.identity.types import Caller

MAX_DEPTH = 12
MAX_ALIASES = 60
MAX_TOKENS = 2_000
CACHED_DOCUMENTS = 1_000

Info = strawberry.Info[Request, None]


@strawberry.type(description="Who you are to the hub, as your token says.")
class Me:
    """The caller."""

    issuer: str
    client: str
    member: str
    organisation: str
    roles: list[str]
    purpose: str

    @classmethod
    def of(cls, caller: Caller) -> "Me":
        """Show a caller to itself."""
        return cls(
            issuer=caller.issuer,
            client=caller.client,
            member=caller.member,
            organisation=caller.organisation,
            roles=sorted(caller.roles),
            purpose=caller.purpose,
        )


async def _me(info: Info) -> Me:
    return Me.of(info.context.caller)


async def _members(info: Info) -> list[Member]:
    async with info.context.pool.connection() as connection:
        return await members(connection, info.context.caller)


async def _changes(
    info: Info,
    since: str | None = None,
    first: int = DEFAULT_PAGE,
    types: list[str] | None = None,
    origins: list[str] | None = None,
) -> ChangePage:
    request = info.context
    async with request.pool.connection() as connection:
        return await changes(
            connection, request.decisions, since=since, first=first, types=types, origins=origins
        )


def _node(id: strawberry.ID) -> types.Node | None:  # noqa: A002, ARG001 - Relay's own name
    return RecordRoot(None)  # type: ignore[return-value]


def _connection_resolver(record_type: RecordType) -> Callable[..., Any]:
    """Declare a root connection's arguments. The plan reads them from the document itself."""

    def declared(
        first: Any,  # noqa: ARG001
        after: Any,  # noqa: ARG001
        filter: Any,  # noqa: A002, ARG001
        order_by: Any,  # noqa: ARG001
        as_of: Any,  # noqa: ARG001
    ) -> Any:
        return RecordRoot(record_type.name)

    name = record_type.name
    declared.__defaults__ = (DEFAULT_PAGE, None, None, None, None)
    declared.__annotations__ = {
        "first": int,
        "after": "str | None",
        "filter": f"{name}Filter | None",
        "order_by": f"list[{name}Order] | None",
        "as_of": datetime | None,
        "return": f"{name}Connection",
    }
    declared.__module__ = types.__name__
    return declared


def _query() -> type:
    namespace: dict[str, Any] = {
        record_type.plural: strawberry.field(
            resolver=_connection_resolver(record_type),
            description=f"{record_type.name} records you may see. {record_type.doc}",
        )
        for record_type in RECORD_TYPES.values()
    }
    namespace |= {
        "me": strawberry.field(resolver=_me, description="Who you are to the hub."),
        "members": strawberry.field(resolver=_members, description="The members and their feeds."),
        "changes": strawberry.field(
            resolver=_changes, description="What changed, in the order it was published."
        ),
        "node": strawberry.field(
            resolver=_node, description="The record with this key, if you may see it."
        ),
    }
    return strawberry.type(type("Query", (), {"__annotations__": {}} | namespace))


class ShowWhatWasMasked(SchemaExtension):
    """Adds `extensions.policy`: what was masked and why, and which agreements opened the rest."""

    def get_results(self) -> dict[str, Any]:
        """See class."""
        request = self.execution_context.context
        if not isinstance(request, Request):
            return {}
        masked = [
            {
                "path": mask.path,
                "fields": list(mask.fields),
                "recordType": mask.record_type,
                "group": mask.group,
                "reason": (
                    f"no agreement opens {mask.group} fields of some of these records to "
                    f"{request.caller.member} for {request.caller.purpose}"
                ),
            }
            for mask in request.masked
        ]
        return {"policy": {"masked": masked, "openedBy": sorted(request.opened_by)}}


def _is_unforeseen(error: GraphQLError) -> bool:
    """Say whether an error's text is ours to hide: it came from code, not from the question."""
    return error.original_error is not None and not isinstance(error.original_error, HubError)


def build_schema() -> strawberry.Schema:
    """Build the schema."""
    return strawberry.Schema(
        query=_query(),
        types=types.RECORD_OBJECTS,
        execution_context_class=PassThroughExecutor,
        config=StrawberryConfig(
            batching_config=None, disable_field_suggestions=True, scalar_map=types.SCALARS
        ),
        extensions=[
            lambda: ParserCache(maxsize=CACHED_DOCUMENTS),
            lambda: ValidationCache(maxsize=CACHED_DOCUMENTS),
            lambda: MaxTokensLimiter(max_token_count=MAX_TOKENS),
            lambda: MaxAliasesLimiter(max_alias_count=MAX_ALIASES),
            lambda: QueryDepthLimiter(max_depth=MAX_DEPTH),
            lambda: MaskErrors(
                should_mask_error=_is_unforeseen, error_message="the hub failed inside"
            ),
            ShowWhatWasMasked,
        ],
    )
