"""The addresses that members want their feeds' events sent to, and who may add and remove them.

A member's agency acts for its own member; the secretariat adds addresses that are told of all
feeds, and may see and remove everyone's.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from urllib.parse import urlsplit

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.sql import SQL, Literal

from federation.records.declaration import Origin
from hub.errors import Conflict, Forbidden, InvalidInput, NotFound
from hub.identity.types import Caller, Role
from hub.outbound import LOOPBACK_HOSTS, WEB_PORTS
from hub.webhooks.models import EventType
from hub.webhooks.signing import Sealer, new_secret, shown_secret

MOST_WEBHOOKS = 10
"""Most addresses of one member."""

MOST_URL_CHARS = 2_000

_LOCK = 7_214_009
"""Advisory lock of whoever adds a webhook; any fixed number of the hub's own."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address, as its owner is shown it. `note` says why it was disabled."""

    id: str
    member: str
    url: str
    events: list[str]
    client: str
    added_at: datetime
    failing_since: datetime | None
    disabled_at: datetime | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Tried:
    """An event on its way to an address, and how the last try went."""

    event: str
    type: str
    feed: str
    since: datetime
    made_at: datetime
    state: str
    tries: int
    next_try_at: datetime
    last_try_at: datetime | None
    status: int | None
    fault: str | None


def owner_of(caller: Caller) -> str:
    """Name the member that a caller handles webhooks for; `ALLIANCE` is told of all feeds.

    Raises:
        Forbidden: for none, code `NOT_YOURS`.
    """
    if Role.SECRETARIAT in caller.roles:
        return Origin.ALLIANCE.value
    if Role.AGENCY in caller.roles:
        return caller.member
    raise Forbidden(
        "members' agencies and the secretariat handle webhooks: ask with a client of theirs",
        code="NOT_YOURS",
    )


async def add(
    connection: AsyncConnection,
    caller: Caller,
    sealer: Sealer,
    *,
    url: str,
    events: Collection[str],
    allow_loopback: bool = False,
) -> tuple[Webhook, str]:
    """Add an address; give it and its secret, which is never shown again.

    Args:
        connection: a transaction of its own.
        caller: whose feeds are told of.
        sealer: seals the secret.
        url: where to.
        events: of which types; all where none is named.
        allow_loopback: whether it may be of this machine.

    Raises:
        Forbidden: the caller handles none.
        InvalidInput: the address or an event is none.
        Conflict: the member has it already, or as many as it may.
    """
    member = owner_of(caller)
    told = _checked_events(events)
    _check_url(url, allow_loopback=allow_loopback)
    await connection.execute(SQL("SELECT pg_advisory_xact_lock({})").format(Literal(_LOCK)))
    await _check_room(connection, member, url)
    secret, name = new_secret(), f"wh_{token_hex(8)}"
    values = [name, member, url, told, sealer.key_id, sealer.seal(secret, name)]
    values += [caller.issuer, caller.client, caller.subject]
    await connection.execute(_ADD, values)
    return await _find(connection, name), shown_secret(secret)


async def webhooks(connection: AsyncConnection, caller: Caller) -> list[Webhook]:
    """List the addresses that a caller may handle, by member and age.

    Raises:
        Forbidden: it may handle none.
    """
    member = owner_of(caller)
    own = SQL("true") if member == Origin.ALLIANCE else SQL("member = {}").format(Literal(member))
    async with connection.cursor(row_factory=class_row(Webhook)) as cursor:
        statement = SQL("{} WHERE removed_at IS NULL AND {} ORDER BY member, added_at, id")
        await cursor.execute(statement.format(_SELECT, own))
        return await cursor.fetchall()


async def webhook(connection: AsyncConnection, caller: Caller, name: str) -> Webhook:
    """Find an address that a caller may handle.

    Raises:
        Forbidden: it may handle none.
        NotFound: there is none of this id that it may.
    """
    found = [each for each in await webhooks(connection, caller) if each.id == name]
    if not found:
        raise NotFound(f"no webhook `{name[:40]}` of yours: list those you have")
    return found[0]


async def remove(connection: AsyncConnection, caller: Caller, name: str) -> Webhook:
    """Remove an address: nothing more is sent there, and its secret is gone.

    Raises:
        Forbidden: the caller handles none.
        NotFound: there is none of this id that it may remove.
    """
    found = await webhook(connection, caller, name)
    for statement in (_REMOVE, _STOP):
        await connection.execute(SQL(statement).format(Literal(name)))
    return found


async def secret_of(connection: AsyncConnection, sealer: Sealer, name: str) -> bytes:
    """Open an address's secret.

    Raises:
        NotFound: there is none of this id.
        Unavailable: it was sealed by another hub's secret.
    """
    cursor = await connection.execute(
        SQL("SELECT sealed FROM webhook WHERE id = {}").format(Literal(name))
    )
    row = await cursor.fetchone()
    if row is None or row[0] is None:
        raise NotFound(f"no webhook `{name[:40]}`: list those you have")
    return sealer.opened(row[0], name)


async def deliveries(connection: AsyncConnection, name: str, first: int) -> Sequence[Tried]:
    """List what was sent, or is to be sent, to an address, the newest first."""
    async with connection.cursor(row_factory=class_row(Tried)) as cursor:
        await cursor.execute(SQL(_TRIED).format(Literal(name), Literal(first)))
        return await cursor.fetchall()


async def _find(connection: AsyncConnection, name: str) -> Webhook:
    async with connection.cursor(row_factory=class_row(Webhook)) as cursor:
        await cursor.execute(SQL("{} WHERE id = {}").format(_SELECT, Literal(name)))
        found = await cursor.fetchone()
    if found is None:
        raise AssertionError("a webhook that was just added is not there")
    return found


def _checked_events(events: Collection[str]) -> list[str]:
    known = [each.value for each in EventType]
    if strange := [each for each in events if each not in known]:
        raise InvalidInput(f"no event `{strange[0][:40]}`: use {', '.join(known)}")
    return [each for each in known if each in events] or known


def _check_url(url: str, *, allow_loopback: bool) -> None:
    """Check what can be seen of an address; where it leads is checked whenever it is used."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _not_an_address(url) from None
    is_loopback = allow_loopback and parts.hostname in LOOPBACK_HOSTS
    is_plain = bool(parts.hostname) and "@" not in parts.netloc and not parts.fragment
    is_short = len(url) <= MOST_URL_CHARS and url.isascii() and url.isprintable()
    if not (is_plain and is_short and " " not in url):
        raise _not_an_address(url)
    if parts.scheme != "https" and not (is_loopback and parts.scheme == "http"):
        raise _not_an_address(url)
    if port and port not in WEB_PORTS and not is_loopback:
        ports = ", ".join(map(str, sorted(WEB_PORTS)))
        raise InvalidInput(
            f"the address names port {port}: use one of {ports}", code="ADDRESS_REFUSED"
        )


def _not_an_address(url: str) -> InvalidInput:
    return InvalidInput(
        f"`{url[:100]}` is no address to send to: write one of https, with a host and a path, "
        "without a user",
        code="ADDRESS_REFUSED",
    )


async def _check_room(connection: AsyncConnection, member: str, url: str) -> None:
    cursor = await connection.execute(
        SQL("SELECT url FROM webhook WHERE member = {} AND removed_at IS NULL").format(
            Literal(member)
        )
    )
    urls = [row[0] for row in await cursor.fetchall()]
    if url in urls:
        raise Conflict(
            "this address is a webhook of yours already: remove it first for a new secret",
            code="WEBHOOK_KNOWN",
        )
    if len(urls) >= MOST_WEBHOOKS:
        raise Conflict(
            f"{member} has {len(urls)} webhooks, {MOST_WEBHOOKS} at most: remove one first",
            code="WEBHOOK_LIMIT",
        )


_SELECT = SQL(
    "SELECT id, member, url, events, client, added_at, failing_since, disabled_at, note "
    "FROM webhook"
)

_ADD = """
    INSERT INTO webhook
        (id, member, url, events, key_id, sealed, issuer, client, subject, added_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())
"""

_REMOVE = "UPDATE webhook SET removed_at = clock_timestamp(), sealed = NULL WHERE id = {}"

_STOP = "UPDATE webhook_delivery SET state = 'GIVEN_UP' WHERE webhook_id = {} AND state = 'WAITING'"

_TRIED = """
    SELECT event.id AS event, event.type, event.feed, event.since, event.made_at, delivery.state,
           delivery.tries, delivery.next_try_at, try.at AS last_try_at, try.status, try.fault
    FROM webhook_delivery AS delivery
    JOIN feed_event AS event ON event.id = delivery.event_id
    LEFT JOIN webhook_try AS try
        ON try.delivery_id = delivery.id AND try.number = delivery.tries
    WHERE delivery.webhook_id = {}
    ORDER BY event.made_at DESC, delivery.id DESC LIMIT {}
"""
