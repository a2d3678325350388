"""The schema: a root connection for every record type, and what speaks of the caller.

The resolvers of record fields only declare arguments: `execution/executor.py` answers from plans.
Root fields are nullable, so that one that fails leaves its siblings alone.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig

from federation.records.registry import RECORD_TYPES, RecordType
from hub.gateway import types
from hub.gateway.access.fields import explanation_queries
from hub.gateway.agreements.fields import agreement_mutations, agreement_queries
from hub.gateway.agreements.modes import mode_mutations, mode_queries
from hub.gateway.agreements.reciprocity import reciprocity_queries
from hub.gateway.changes.feed import Asked, count_rows, openers
from hub.gateway.changes.types import ChangePage
from hub.gateway.curation.fields import review_mutations, review_queries
from hub.gateway.disclosures import disclosure_queries
from hub.gateway.execution.executor import Info, PassThroughExecutor
from hub.gateway.feeds.held import held_mutations, held_queries
from hub.gateway.feeds.members import Member, members
from hub.gateway.feeds.quarantine import quarantine_queries
from hub.gateway.feeds.schedules import schedule_mutations
from hub.gateway.feeds.webhooks import webhook_mutations, webhook_queries
from hub.gateway.history.types import history_queries
from hub.gateway.planning.paging import DEFAULT_PAGE
from hub.gateway.preview.fields import preview_queries
from hub.gateway.reading import reading
from hub.gateway.search.types import search_queries
from hub.gateway.stats.types import stats_queries
from hub.gateway.subgraph import schema as subgraph
from hub.gateway.submissions.fields import submission_mutations, submission_queries
from hub.gateway.trust.fields import issuer_mutations, issuer_queries
from hub.identity.types import Caller

_PLANNED = "record fields are answered by the plan"


@strawberry.type(description="Who you are to the hub, as your token says.")
class Me:
    """The caller."""

    issuer: str
    client: str
    subject: str = strawberry.field(description="The person or program that the token is about.")
    actors: list[str] = strawberry.field(
        description="Who acts for the subject, the present one first; none where it acts itself."
    )
    member: str
    organisation: str
    roles: list[str]
    purpose: str
    sender_constrained: bool = strawberry.field(
        description="Whether you proved to hold the key that your token is bound to."
    )

    @classmethod
    def of(cls, caller: Caller) -> "Me":
        """Show a caller to itself."""
        return cls(
            issuer=caller.issuer,
            client=caller.client,
            subject=caller.subject,
            actors=list(caller.actors),
            member=caller.member,
            organisation=caller.organisation,
            roles=sorted(caller.roles),
            purpose=caller.purpose,
            sender_constrained=caller.sender_constrained,
        )


async def _me(info: Info) -> Me:
    return Me.of(info.context.caller)


async def _members(info: Info) -> list[Member] | None:
    return await members(info.context.pool, info.context.caller)


async def _changes(
    info: Info,
    since: str | None = None,
    first: int = DEFAULT_PAGE,
    types: list[str] | None = None,
    origins: list[str] | None = None,
) -> ChangePage | None:
    request = info.context
    asked = Asked.of(types, origins)
    request.reads |= {*asked.types}
    request.opened_by |= openers(request.decisions, asked)
    async with reading(request.pool) as connection:
        page = await request.changes.feed.page(
            connection, request.caller, request.decisions, asked, since=since, first=first
        )
    count_rows(page, request.shown)
    return page


async def _follow(
    info: Info,
    since: str | None = None,
    types: list[str] | None = None,
    origins: list[str] | None = None,
) -> AsyncGenerator[ChangePage, None]:
    request = info.context
    if request.subscription is None:
        raise AssertionError("a subscription runs where nothing can follow it")
    asked = Asked.of(types, origins)
    request.reads = frozenset(asked.types)
    async with aclosing(request.subscription.events(asked, since)) as events:
        async for event in events:
            request.decisions, request.opened_by = event.decisions, event.opened_by
            request.shown = {}
            count_rows(event.page, request.shown)
            yield event.page


def _node(
    id: strawberry.ID,  # noqa: A002, ARG001 - Relay's own name
    as_of: datetime | None = None,  # noqa: ARG001 - read as a declaration
) -> types.Node | None:
    raise AssertionError(_PLANNED)


def _connection_resolver(record_type: RecordType) -> Callable[..., Any]:
    """Declare a root connection's arguments. The plan reads them from the document itself."""

    def declared(
        first: Any,  # noqa: ARG001
        after: Any,  # noqa: ARG001
        filter: Any,  # noqa: A002, ARG001
        order_by: Any,  # noqa: ARG001
        as_of: Any,  # noqa: ARG001
    ) -> Any:
        raise AssertionError(_PLANNED)

    name = record_type.name
    declared.__defaults__ = (DEFAULT_PAGE, None, None, None, None)
    declared.__annotations__ = {
        "first": int,
        "after": "str | None",
        "filter": f"{name}Filter | None",
        "order_by": f"list[{name}Order] | None",
        "as_of": datetime | None,
        "return": f"{name}Connection | None",
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
            resolver=_changes,
            description="What changed in your view of the records, in the order it was published: "
            'after `since`, or from the beginning; `since: "now"` gives an empty page, whose '
            "`endCursor` is the newest place. Apply the changes in their order, and you hold "
            "what you may see.",
        ),
        "node": strawberry.field(
            resolver=_node,
            description="The record with this key, if you may see it: as it is, or was.",
        ),
        **review_queries(),
        **stats_queries(),
        **agreement_queries(),
        **disclosure_queries(),
        **explanation_queries(),
        **held_queries(),
        **history_queries(),
        **issuer_queries(),
        **mode_queries(),
        **preview_queries(),
        **quarantine_queries(),
        **reciprocity_queries(),
        **search_queries(),
        **submission_queries(),
        **webhook_queries(),
        **subgraph.service_query(),
    }
    return strawberry.type(type("Query", (), {"__annotations__": {}} | namespace))


def _mutation() -> type:
    namespace = {
        **agreement_mutations(),
        **held_mutations(),
        **issuer_mutations(),
        **mode_mutations(),
        **review_mutations(),
        **schedule_mutations(),
        **submission_mutations(),
        **webhook_mutations(),
    }
    return strawberry.type(type("Mutation", (), {"__annotations__": {}} | namespace))


def _subscription() -> type:
    changes = strawberry.subscription(
        resolver=_follow,
        description="Pages of `changes` as they come: after `since`, or from now on; then the "
        "first page is empty, and its `endCursor` is where to take up again. Ends with an error "
        "once your token expires.",
    )
    return strawberry.type(type("Subscription", (), {"__annotations__": {}, "changes": changes}))


def build_schema() -> subgraph.SubgraphSchema:
    """Build the schema."""
    return subgraph.SubgraphSchema(
        query=_query(),
        mutation=_mutation(),
        subscription=_subscription(),
        types=types.RECORD_OBJECTS,
        execution_context_class=PassThroughExecutor,
        config=StrawberryConfig(scalar_map={**types.SCALARS, **subgraph.SCALARS}),
        federation_version="2.9",
    )
