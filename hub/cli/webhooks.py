"""`hub webhooks`: where events of feeds are sent.

A command speaks for a registered client: a member's agency, or the secretariat.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table

from hub.address import public_address
from hub.app import open_database
from hub.cli.agreements import ClientOption
from hub.cli.options import State, settings_for
from hub.entrance import own_secret
from hub.gateway.access.explaining import caller_of
from hub.identity.own_issuer.clients import find
from hub.identity.types import Caller, Purpose
from hub.outbound import open_outbound
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.webhooks import registry
from hub.webhooks.models import EventType
from hub.webhooks.registry import Tried, Webhook
from hub.webhooks.signing import Sealer
from hub.webhooks.worker import sender_of

app = typer.Typer(help="Where events of feeds are sent.", no_args_is_help=True)

WebhookId = Annotated[str, typer.Argument(help="Its id, such as `hub webhooks list` shows.")]

Result = TypeVar("Result")

_COMMAND_LINE = "command line"
"""Issuer of what is done here: the operator's word, not a token's."""

_LOG_LINES = 20


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a command works with."""

    connection: AsyncConnection
    caller: Caller
    sealer: Sealer


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="An https address.")],
    client: ClientOption,
    event: Annotated[
        list[str] | None,
        typer.Option(help=f"One of {', '.join(EventType)}; all where none is named."),
    ] = None,
    state: State = None,
) -> None:
    """Have events sent to an address, and print the secret they are signed with: this once."""
    settings = settings_for(state)

    async def keep(desk: _Desk) -> tuple[Webhook, str]:
        return await registry.add(
            desk.connection,
            desk.caller,
            desk.sealer,
            url=url,
            events=event or (),
            allow_loopback=settings.allow_loopback_sources,
        )

    added, secret = _run(settings, client, keep)
    print(f"{added.id} is told of {', '.join(added.events)}; keep its secret, shown this once:")
    print(secret)


@app.command(name="list")
def list_webhooks(client: ClientOption, state: State = None) -> None:
    """List the addresses that a client may handle."""

    async def read(desk: _Desk) -> list[Webhook]:
        return await registry.webhooks(desk.connection, desk.caller)

    table = Table("id", "member", "events", "stands", "url")
    for each in _run(settings_for(state), client, read):
        table.add_row(each.id, each.member, ", ".join(each.events), _standing(each), each.url)
    _print(table)


@app.command()
def log(webhook: WebhookId, client: ClientOption, state: State = None) -> None:
    """Show what was sent to an address, the newest first."""

    async def read(desk: _Desk) -> list[Tried]:
        found = await registry.webhook(desk.connection, desk.caller, webhook)
        return list(await registry.deliveries(desk.connection, found.id, _LOG_LINES))

    table = Table("made", "event", "feed", "stands", "tries", "last answer")
    for each in _run(settings_for(state), client, read):
        table.add_row(
            f"{each.made_at:%Y-%m-%d %H:%M:%S}",
            each.type,
            each.feed,
            each.state,
            str(each.tries),
            each.fault or str(each.status or ""),
        )
    _print(table)


@app.command()
def remove(webhook: WebhookId, client: ClientOption, state: State = None) -> None:
    """Have nothing more sent to an address."""

    async def end(desk: _Desk) -> Webhook:
        return await registry.remove(desk.connection, desk.caller, webhook)

    print(f"{_run(settings_for(state), client, end).id} is removed")


@app.command(name="test")
def send_test(webhook: WebhookId, client: ClientOption, state: State = None) -> None:
    """Send a signed `webhook.test` to an address now, once, and say how that went."""
    settings = settings_for(state)

    async def read(desk: _Desk) -> tuple[Webhook, bytes]:
        found = await registry.webhook(desk.connection, desk.caller, webhook)
        return found, await registry.secret_of(desk.connection, desk.sealer, found.id)

    found, secret = _run(settings, client, read)
    outcome = asyncio.run(_sent(settings, found.url, secret))
    print(outcome)
    if not outcome.startswith("taken"):
        sys.exit(1)


async def _sent(settings: Settings, url: str, secret: bytes) -> str:
    address = public_address(settings.public_url, settings.state_dir)
    async with open_outbound(allow_loopback=settings.allow_loopback_sources) as outbound:
        sender = sender_of(outbound, own_secret(settings), address)
        outcome = await sender.test(url, secret, datetime.now(UTC))
    how = outcome.fault or f"status {outcome.status}"
    return f"{'taken' if outcome.is_good else 'not taken'}: {how}, after {outcome.seconds:.2f} s"


def _standing(webhook: Webhook) -> str:
    if webhook.disabled_at:
        return f"disabled: {webhook.note}"
    since = webhook.failing_since
    return f"failing since {since:%Y-%m-%d %H:%M}" if since else "in use"


def _run(settings: Settings, client: str, work: Callable[[_Desk], Awaitable[Result]]) -> Result:
    """Do a command's work in a transaction of its own, as the client it speaks for."""

    async def run() -> Result:
        async with _open(settings, client) as desk:
            return await work(desk)

    return asyncio.run(run())


@asynccontextmanager
async def _open(settings: Settings, client: str) -> AsyncIterator[_Desk]:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        pool.connection() as connection,
    ):
        caller = caller_of(await find(connection, client), Purpose.EXERCISE)
        spoken = replace(caller, issuer=_COMMAND_LINE)
        yield _Desk(connection, spoken, Sealer(own_secret(settings)))


def _print(table: Table) -> None:
    Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200).print(table)
