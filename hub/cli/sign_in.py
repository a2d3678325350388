"""`hub sign-in`: the providers at which people sign in.

Whom a provider's issuer may vouch for is its registration: see `hub issuer`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from psycopg import AsyncConnection

from hub.app import open_database
from hub.cli.options import State, settings_for
from hub.identity.sign_in import providers as sign_in_providers
from hub.identity.sign_in.providers import Provider
from hub.settings import Settings
from hub.store.database import writing_pool

app = typer.Typer(help="Providers at which people sign in.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="What people know it by: a-z, 0-9 and `-`.")]

Result = TypeVar("Result")


@app.command()
def add(
    name: Name,
    *,
    issuer: Annotated[str, typer.Option("--issuer", help="Its issuer, exactly as it writes it.")],
    client_id: Annotated[str, typer.Option("--client-id", help="What the hub is called there.")],
    scope: Annotated[list[str] | None, typer.Option(help="To ask for beside `openid`.")] = None,
    host: Annotated[
        list[str] | None, typer.Option(help="Of its endpoints, beside the issuer's own.")
    ] = None,
    state: State = None,
) -> None:
    """Add a provider, or bring the one of that name up to date."""
    provider = Provider(
        name, issuer, client_id, scopes=("openid", *(scope or ())), hosts=tuple(host or ())
    )
    _run(settings_for(state), lambda connection: sign_in_providers.add(connection, provider))
    print(f"people can sign in at `{name}` once its issuer is trusted")


@app.command("list")
def list_all(state: State = None) -> None:
    """List the providers."""
    for each in _run(settings_for(state), sign_in_providers.every):
        print(f"{each.name} {each.issuer} as {each.client_id}, scopes {' '.join(each.scopes)}")


@app.command()
def remove(name: Name, state: State = None) -> None:
    """Remove a provider and end the sessions of all who signed in there."""
    _run(settings_for(state), lambda connection: sign_in_providers.remove(connection, name))
    print(f"nobody can sign in at `{name}` any more")


def _run(settings: Settings, work: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with (
            open_database(settings) as url,
            writing_pool(url) as pool,
            pool.connection() as connection,
        ):
            return await work(connection)

    return asyncio.run(run())
