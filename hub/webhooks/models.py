"""Tables of the webhooks: addresses, events, and what became of each on its way to each address.

`registry.py` keeps addresses, `events.py` makes events and what is to be delivered, `deliveries.py`
notes the tries.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlmodel import Field, SQLModel


class EventType(StrEnum):
    """What a member can be told of."""

    STALE = "feed.stale"
    FRESH = "feed.fresh"
    HELD = "feed.held"
    FAILED = "feed.failed"


class DeliveryState(StrEnum):
    """Where an event stands on its way to an address."""

    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    GIVEN_UP = "GIVEN_UP"


_STATES = ", ".join(f"'{state}'" for state in DeliveryState)


def _instant(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=nullable))


class WebhookRow(SQLModel, table=True):
    """An address of a member, and the sealed secret that what goes there is signed with.

    `key_id` names the key that the secret is sealed with. `failing_since` is the first failure
    after the last delivery. A removed address has no secret any more.
    """

    __tablename__ = "webhook"

    id: str = Field(sa_type=Text, primary_key=True)
    member: str = Field(sa_type=Text, index=True)
    url: str = Field(sa_type=Text)
    events: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    key_id: str = Field(sa_type=Text)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    issuer: str = Field(sa_type=Text)
    client: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    added_at: datetime = _instant()
    failing_since: datetime | None = _instant(nullable=True)
    disabled_at: datetime | None = _instant(nullable=True)
    note: str | None = Field(default=None, sa_type=Text)
    removed_at: datetime | None = _instant(nullable=True)


class FeedTold(SQLModel, table=True):
    """What was told of a feed last: whether it is stale, failing, and which held pull."""

    __tablename__ = "feed_told"

    feed: str = Field(sa_type=Text, primary_key=True)
    is_stale: bool = False
    is_failing: bool = False
    held_pull_id: int = Field(default=0, sa_type=BigInteger)


class FeedEvent(SQLModel, table=True):
    """Something that became of a feed. Its `id` is the same in every delivery of it."""

    __tablename__ = "feed_event"

    id: str = Field(sa_type=Text, primary_key=True)
    type: EventType = Field(sa_type=Text)
    feed: str = Field(sa_type=Text)
    member: str = Field(sa_type=Text)
    since: datetime = _instant()
    made_at: datetime = _instant()


class WebhookDelivery(SQLModel, table=True):
    """An event on its way to an address."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="ck_webhook_delivery_state"),
        Index("uq_webhook_delivery", "webhook_id", "event_id", unique=True),
        Index("ix_webhook_delivery_due", "next_try_at", postgresql_where=text("state = 'WAITING'")),
    )

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    webhook_id: str = Field(sa_column=Column(Text, ForeignKey("webhook.id"), nullable=False))
    event_id: str = Field(sa_column=Column(Text, ForeignKey("feed_event.id"), nullable=False))
    state: DeliveryState = Field(sa_type=Text)
    tries: int = Field(default=0, sa_type=Integer)
    next_try_at: datetime = _instant()


class WebhookTry(SQLModel, table=True):
    """One try to deliver: the status that came back, or why none did."""

    __tablename__ = "webhook_try"

    delivery_id: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey("webhook_delivery.id", ondelete="CASCADE"), primary_key=True
        )
    )
    number: int = Field(sa_type=Integer, primary_key=True)
    at: datetime = _instant()
    seconds: float = Field(sa_type=Float)
    status: int | None = Field(default=None, sa_type=Integer)
    fault: str | None = Field(default=None, sa_type=Text)
