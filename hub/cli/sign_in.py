"""`hub sign-in`: the providers at which people sign in.

Whom a provider's issuer may vouch for is its registration: see `hub issuer`.
"""

from typing import Annotated

import typer

from hub.cli.desk import in_transaction
from hub.cli.options import Json, State
from hub.cli.printing import print_json, print_lines
from hub.identity.sign_in import providers as sign_in_providers
from hub.identity.sign_in.providers import Provider

app = typer.Typer(help="Providers at which people sign in.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="What people know it by: a-z, 0-9 and `-`.")]


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
    """Add a provider, or bring the one of that name up to date.

    Example: hub sign-in add kr --issuer https://id.kr.example --client-id hub
    """
    provider = Provider(
        name, issuer, client_id, scopes=("openid", *(scope or ())), hosts=tuple(host or ())
    )
    in_transaction(state, lambda connection: sign_in_providers.add(connection, provider))
    print(f"people can sign in at `{name}` once its issuer is trusted")


@app.command("list")
def list_all(*, json: Json = False, state: State = None) -> None:
    """List the providers.

    Example: hub sign-in list
    """
    found = in_transaction(state, sign_in_providers.every)
    if json:
        print_json(*found)
        return
    print_lines(
        (
            f"{each.name} {each.issuer} as {each.client_id}, scopes {' '.join(each.scopes)}"
            for each in found
        ),
        none="people can sign in nowhere yet: `hub sign-in add` adds a provider",
    )


@app.command()
def remove(name: Name, state: State = None) -> None:
    """Remove a provider and end the sessions of all who signed in there.

    Example: hub sign-in remove kr
    """
    in_transaction(state, lambda connection: sign_in_providers.remove(connection, name))
    print(f"nobody can sign in at `{name}` any more")
