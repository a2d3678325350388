"""`hub token`."""

import asyncio
from typing import Annotated

import typer

from hub.app import open_database
from hub.cli.options import State, settings_for
from hub.entrance import embedded_issuer
from hub.errors import InvalidInput
from hub.identity.own_issuer.clients import find_active
from hub.identity.tokens.verifying import MAX_TOKEN_LIFETIME_S
from hub.identity.types import Purpose
from hub.settings import Settings
from hub.store.database import writing_pool


def token(
    client: Annotated[str, typer.Option("--client", help="Client id, such as `kr-mfds`.")],
    purpose: Annotated[str, typer.Option("--purpose", help="What you ask for.")],
    state: State = None,
) -> None:
    """Print a bearer token of the embedded issuer, good for an hour."""
    print(asyncio.run(_mint(settings_for(state), client, purpose_named(purpose))))


def purpose_named(name: str) -> Purpose:
    """Read a purpose.

    Raises:
        InvalidInput: there is none of that name; the message lists them.
    """
    try:
        return Purpose(name)
    except ValueError as error:
        known = ", ".join(Purpose)
        raise InvalidInput(f"no purpose `{name}`: known are {known}") from error


async def _mint(settings: Settings, client_id: str, purpose: Purpose) -> str:
    issuer = embedded_issuer(settings)
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        pool.connection() as connection,
    ):
        found = await find_active(connection, client_id)
    if found.requires_sender_constraint:
        raise InvalidInput(
            f"tokens of `{client_id}` are bound to a key: ask the token endpoint with a DPoP proof"
        )
    return issuer.mint(found.client, purpose, MAX_TOKEN_LIFETIME_S)
