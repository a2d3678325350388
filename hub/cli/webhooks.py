"""`hub webhooks`: where events of feeds are sent.

A command speaks for a registered client: a member's agency, or the secretariat.
"""

import asyncio
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from psycopg import AsyncConnection

from hub.address import public_address
from hub.cli.desk import as_client
from hub.cli.options import ClientOption, Json, State, settings_for
from hub.cli.printing import figure, print_json, print_table, table, whole
from hub.entrance import own_secret
from hub.identity.types import Caller
from hub.outbound import open_outbound
from hub.settings import Settings
from hub.webhooks import registry
from hub.webhooks.models import EventType
from hub.webhooks.registry import Tried, Webhook
from hub.webhooks.signing import Sealer
from hub.webhooks.worker import sender_of

app = typer.Typer(help="Where events of feeds are sent.", no_args_is_help=True)

WebhookId = Annotated[str, typer.Argument(help="Its id, such as `hub webhooks list` shows.")]

_LOG_LINES = 20


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="An https address.")],
    client: ClientOption,
    event: Annotated[
        list[str] | None,
        typer.Option(help=f"One of {', '.join(EventType)}; all where none is named."),
    ] = None,
    *,
    json: Json = False,
    state: State = None,
) -> None:
    """Have events sent to an address, and print the secret that signs them.

    Example: hub webhooks add https://agency.example/hook --client kr-mfds --event feed.held
    """
    settings = settings_for(state)

    async def keep(connection: AsyncConnection, caller: Caller) -> tuple[Webhook, str]:
        return await registry.add(
            connection,
            caller,
            Sealer(own_secret(settings)),
            url=url,
            events=event or (),
            allow_loopback=settings.allow_loopback_sources,
        )

    added, secret = as_client(state, client, None, keep)
    if json:
        print_json(asdict(added) | {"secret": secret})
        return
    print(f"{added.id} is told of {', '.join(added.events)}; keep its secret, shown this once:")
    print(secret)


@app.command(name="list")
def list_webhooks(client: ClientOption, *, json: Json = False, state: State = None) -> None:
    """List the addresses that a client may handle.

    Example: hub webhooks list --client kr-mfds
    """
    found = as_client(state, client, None, registry.webhooks)
    if json:
        print_json(*found)
        return
    shown = table(whole("id"), "member", "events", "stands", "url")
    for each in found:
        shown.add_row(each.id, each.member, ", ".join(each.events), _standing(each), each.url)
    print_table(
        shown, none=f"`{client}` has events sent nowhere: `hub webhooks add` names an address"
    )


@app.command()
def log(
    webhook: WebhookId, client: ClientOption, *, json: Json = False, state: State = None
) -> None:
    """Show what was sent to an address, the newest first.

    Example: hub webhooks log 3f1c --client kr-mfds
    """

    async def read(connection: AsyncConnection, caller: Caller) -> list[Tried]:
        found = await registry.webhook(connection, caller, webhook)
        return list(await registry.deliveries(connection, found.id, _LOG_LINES))

    tried = as_client(state, client, None, read)
    if json:
        print_json(*tried)
        return
    shown = table(whole("made (UTC)"), "event", "feed", "stands", figure("tries"), "last answer")
    for each in tried:
        answer = each.fault or str(each.status or "")
        made = f"{each.made_at:%Y-%m-%d %H:%M:%S}"
        shown.add_row(made, each.type, each.feed, each.state, str(each.tries), answer)
    print_table(
        shown, none=f"nothing was sent there yet: `hub webhooks test {webhook}` sends a test"
    )


@app.command()
def remove(webhook: WebhookId, client: ClientOption, state: State = None) -> None:
    """Have nothing more sent to an address.

    Example: hub webhooks remove 3f1c --client kr-mfds
    """

    async def end(connection: AsyncConnection, caller: Caller) -> Webhook:
        return await registry.remove(connection, caller, webhook)

    print(f"{as_client(state, client, None, end).id} is removed")


@app.command(name="test")
def send_test(webhook: WebhookId, client: ClientOption, state: State = None) -> None:
    """Send a signed `webhook.test` to an address now, and say how that went.

    Example: hub webhooks test 3f1c --client kr-mfds
    """
    settings = settings_for(state)

    async def read(connection: AsyncConnection, caller: Caller) -> tuple[Webhook, bytes]:
        found = await registry.webhook(connection, caller, webhook)
        sealer = Sealer(own_secret(settings))
        return found, await registry.secret_of(connection, sealer, found.id)

    found, secret = as_client(state, client, None, read)
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
