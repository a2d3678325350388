"""Webhooks in GraphQL: where a member's agency wants events of its feeds sent.

Who may do what is `hub/webhooks/registry.py`'s matter. Each step is a transaction of its own.
"""

from datetime import datetime
from enum import Enum

import strawberry

from hub.gateway.execution.executor import Info
from hub.gateway.planning.paging import DEFAULT_PAGE, page_size
from hub.gateway.reading import reading
from hub.webhooks import registry
from hub.webhooks.models import DeliveryState, EventType


@strawberry.enum(description="What can be told of a feed.")
class FeedEventType(Enum):
    """What can be told of a feed."""

    STALE = strawberry.enum_value(
        EventType.STALE, description="`feed.stale`: its data grew older than it states."
    )
    FRESH = strawberry.enum_value(
        EventType.FRESH, description="`feed.fresh`: they are fresh again."
    )
    HELD = strawberry.enum_value(
        EventType.HELD, description="`feed.held`: a pull waits for two people's decision."
    )
    FAILED = strawberry.enum_value(
        EventType.FAILED,
        description="`feed.failed`: pulls failed so often that its breaker opened.",
    )


DeliveryStateEnum = strawberry.enum(
    DeliveryState,
    name="WebhookDeliveryState",
    description="Where an event stands on its way: `GIVEN_UP` after a day, or with its address.",
)


@strawberry.input(description="Where to send events, and which.")
class WebhookInput:
    """An address, and what it is told of."""

    url: str = strawberry.field(description="An https address.")
    events: list[FeedEventType] | None = strawberry.field(
        default=None, description="All where none is named."
    )


@strawberry.input(description="Which webhook.")
class WebhookRemovalInput:
    """Which webhook."""

    id: strawberry.ID


@strawberry.type(description="An event on its way to an address.")
class WebhookDelivery:
    """A line of a webhook's log."""

    message: strawberry.ID = strawberry.field(
        description="Its `webhook-id`: the same in every try, and for every address."
    )
    event: FeedEventType
    feed: strawberry.ID
    since: datetime
    made_at: datetime
    state: DeliveryStateEnum  # type: ignore[valid-type]
    tries: int
    next_try_at: datetime | None
    last_try_at: datetime | None
    last_status: int | None = strawberry.field(description="The status that came back last.")
    last_fault: str | None = strawberry.field(description="Why none did.")

    @classmethod
    def of(cls, tried: registry.Tried) -> "WebhookDelivery":
        """Show a delivery."""
        is_waiting = tried.state == DeliveryState.WAITING
        return cls(
            message=strawberry.ID(tried.event),
            event=FeedEventType(EventType(tried.type)),
            feed=strawberry.ID(tried.feed),
            since=tried.since,
            made_at=tried.made_at,
            state=DeliveryState(tried.state),
            tries=tried.tries,
            next_try_at=tried.next_try_at if is_waiting else None,
            last_try_at=tried.last_try_at,
            last_status=tried.status,
            last_fault=tried.fault,
        )


async def _deliveries(
    root: strawberry.Parent["Webhook"], info: Info, first: int = DEFAULT_PAGE
) -> list[WebhookDelivery]:
    async with reading(info.context.pool) as connection:
        found = await registry.deliveries(connection, root.id, page_size(first))
    return list(map(WebhookDelivery.of, found))


@strawberry.type(description="An address that events are sent to, signed.")
class Webhook:
    """An address, as its owner is shown it."""

    id: strawberry.ID
    member: str = strawberry.field(description="Whose feeds it is told of; `ALLIANCE`: all.")
    url: str
    events: list[FeedEventType]
    client: str = strawberry.field(description="Who added it.")
    added_at: datetime
    failing_since: datetime | None = strawberry.field(description="Since when it takes nothing.")
    disabled_at: datetime | None = strawberry.field(
        description="Since when nothing is sent there any more; `note` says why."
    )
    note: str | None
    deliveries: list[WebhookDelivery] = strawberry.field(
        resolver=_deliveries, description="What was sent there, the newest first."
    )

    @classmethod
    def of(cls, webhook: registry.Webhook) -> "Webhook":
        """Show an address."""
        return cls(
            id=strawberry.ID(webhook.id),
            member=webhook.member,
            url=webhook.url,
            events=[FeedEventType(EventType(each)) for each in webhook.events],
            client=webhook.client,
            added_at=webhook.added_at,
            failing_since=webhook.failing_since,
            disabled_at=webhook.disabled_at,
            note=webhook.note,
        )


@strawberry.type(description="A webhook that was just added, and its secret.")
class AddedWebhook:
    """A new webhook."""

    webhook: Webhook
    secret: str = strawberry.field(
        description="`whsec_` and base64: what is sent is signed with it. Shown this once."
    )


async def _webhooks(info: Info) -> list[Webhook] | None:
    async with reading(info.context.pool) as connection:
        found = await registry.webhooks(connection, info.context.caller)
    return list(map(Webhook.of, found))


async def _add(
    info: Info,
    input: WebhookInput,  # noqa: A002 - GraphQL's usual name
) -> AddedWebhook | None:
    desk = info.context.desks.webhooks
    events = [each.value.value for each in input.events or ()]
    async with reading(info.context.desks.writing) as connection:
        added, secret = await registry.add(
            connection,
            info.context.caller,
            desk.sealer,
            url=input.url,
            events=events,
            allow_loopback=desk.allow_loopback,
        )
    return AddedWebhook(webhook=Webhook.of(added), secret=secret)


async def _remove(
    info: Info,
    input: WebhookRemovalInput,  # noqa: A002 - GraphQL's usual name
) -> Webhook | None:
    async with reading(info.context.desks.writing) as connection:
        return Webhook.of(await registry.remove(connection, info.context.caller, input.id))


def webhook_queries() -> dict[str, object]:
    """Make the root field that lists webhooks."""
    return {
        "webhooks": strawberry.field(
            resolver=_webhooks,
            description="Where events of your member's feeds are sent. For agencies; all for the "
            "secretariat.",
        )
    }


def webhook_mutations() -> dict[str, object]:
    """Make the root fields that add and remove webhooks."""
    return {
        "add_webhook": strawberry.mutation(
            resolver=_add,
            description="Have events of your member's feeds sent to an address, or of all feeds "
            "as the secretariat. For agencies and the secretariat.",
        ),
        "remove_webhook": strawberry.mutation(
            resolver=_remove,
            description="Have nothing more sent to an address. For its member's agency, and for "
            "the secretariat.",
        ),
    }
