"""`hub token`."""

import asyncio

from hub.cli.desk import connected
from hub.cli.options import ClientOption, Json, PurposeOption, State, settings_for
from hub.cli.printing import print_json
from hub.entrance import embedded_issuer
from hub.errors import InvalidInput
from hub.identity.own_issuer.clients import find_active
from hub.identity.tokens.verifying import MAX_TOKEN_LIFETIME_S
from hub.identity.types import Purpose
from hub.settings import Settings


def token(
    client: ClientOption, purpose: PurposeOption, *, json: Json = False, state: State = None
) -> None:
    """Print a bearer token of a client, good for an hour.

    Example: hub token --client kr-mfds --purpose shortage-response
    """
    made = asyncio.run(minted(settings_for(state), client, purpose_named(purpose)))
    if json:
        lifetime = MAX_TOKEN_LIFETIME_S
        print_json({"access_token": made, "token_type": "Bearer", "expires_in": lifetime})
    else:
        print(made)


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


async def minted(settings: Settings, client_id: str, purpose: Purpose) -> str:
    """Make a bearer token of a client, good for an hour.

    Raises:
        InvalidInput: no such client, its tokens are bound to a key, or the hub gives none.
        Forbidden: it may not state the purpose.
    """
    issuer = embedded_issuer(settings)
    async with connected(settings) as connection:
        found = await find_active(connection, client_id)
    if found.requires_sender_constraint:
        raise InvalidInput(
            f"tokens of `{client_id}` are bound to a key: ask the token endpoint with a DPoP proof"
        )
    return issuer.mint(found.client, purpose, MAX_TOKEN_LIFETIME_S)
