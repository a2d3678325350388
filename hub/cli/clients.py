"""`hub client`: who may have tokens of the embedded issuer, and by which public key.

The hub keeps no secret of a client. Disabling one bites at once, on every gateway.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from federation.records.declaration import Origin
from hub.cli.desk import COMMAND_LINE, in_transaction
from hub.cli.options import Author, Json, State, text_of
from hub.cli.printing import print_json, print_table, table, whole
from hub.errors import InvalidInput, NotFound
from hub.identity.keys.public_keys import read_public_keys
from hub.identity.own_issuer import clients
from hub.identity.own_issuer.clients import RegisteredClient
from hub.identity.types import Client, Purpose, Role

app = typer.Typer(
    help="Who may have tokens of this hub, by which public key.", no_args_is_help=True
)

ClientId = Annotated[str, typer.Argument(metavar="CLIENT", help="Its id, such as `kr-mfds`.")]


@app.command()
def add(
    client: ClientId,
    *,
    member: Annotated[Origin, typer.Option(help="For whom it asks.")],
    organisation: Annotated[str, typer.Option(help="Whose it is, as the records shall say.")],
    role: Annotated[list[Role], typer.Option(help="What it is; may be given again.")],
    purpose: Annotated[list[Purpose], typer.Option(help="What it may ask for; again for more.")],
    public_key: Annotated[
        Path | None, typer.Option(help="File of its public key: JWK, JWK set or PEM.")
    ] = None,
    jwks_uri: Annotated[
        str | None, typer.Option(help="Where it publishes its JWK set, over https.")
    ] = None,
    require_dpop: Annotated[
        bool, typer.Option("--require-dpop", help="Give it only tokens bound to a key.")
    ] = False,
    may_act: Annotated[
        bool, typer.Option("--may-act", help="Let it act for officers of its member.")
    ] = False,
    author: Author = None,
    state: State = None,
) -> None:
    """Register a client, or register it anew.

    Example: hub client add kr-svc --member KR --organisation MFDS --role agency
    --purpose shortage-response --public-key key.pub.pem
    """
    if (public_key is None) == (jwks_uri is None):
        raise InvalidInput("name its key by either `--public-key` or `--jwks-uri`")
    registered = RegisteredClient(
        Client(client, member.value, organisation, frozenset(role), frozenset(purpose)),
        keys=read_public_keys(text_of(public_key)) if public_key else None,
        jwks_uri=jwks_uri,
        requires_sender_constraint=require_dpop,
        may_act=may_act,
    )
    by = author or COMMAND_LINE
    in_transaction(state, lambda connection: clients.add(connection, registered, by))
    print(f"registered `{client}`, which signs with {_keys(registered)}")


@app.command(name="list")
def list_clients(*, json: Json = False, state: State = None) -> None:
    """List all clients.

    Example: hub client list
    """
    found = in_transaction(state, clients.read_all)
    if json:
        print_json(*map(_document, found))
        return
    shown = table(whole("client"), "member", "organisation", "roles", "keys", "state")
    for each in found:
        one = each.client
        roles = ", ".join(sorted(one.roles))
        named = (one.client_id, one.member, one.organisation, roles)
        shown.add_row(*named, _keys(each), _state(each))
    print_table(shown, none="no client is registered: `hub client add` registers one")


@app.command()
def show(client: ClientId, *, json: Json = False, state: State = None) -> None:
    """Say what is registered of a client.

    Example: hub client show kr-mfds
    """
    found = in_transaction(state, lambda connection: clients.read_one(connection, client))
    if found is None:
        raise NotFound(f"no client `{client}`: `hub client list` shows all")
    if json:
        print_json(_document(found))
        return
    for name, text in _lines(found).items():
        print(f"{name:18} {text}")


def _lines(found: RegisteredClient) -> dict[str, str]:
    known = found.client
    return {
        "client": known.client_id,
        "member": known.member,
        "organisation": known.organisation,
        "roles": ", ".join(sorted(known.roles)),
        "purposes": ", ".join(sorted(known.purposes)),
        "keys": _keys(found),
        "tokens": "bound to a key" if found.requires_sender_constraint else "bound or not",
        "acts for officers": "yes" if found.may_act else "no",
        "state": _state(found),
        "registered": f"{found.registered_at:%Y-%m-%d %H:%M}",
        "changed": f"{found.changed_at:%Y-%m-%d %H:%M} by {found.changed_by}"
        if found.changed_at
        else "never",
    }


def _document(found: RegisteredClient) -> dict[str, Any]:
    known = found.client
    return {
        "client": known.client_id,
        "member": known.member,
        "organisation": known.organisation,
        "roles": sorted(known.roles),
        "purposes": sorted(known.purposes),
        "key_ids": list(found.verification_keys()),
        "jwks_uri": found.jwks_uri,
        "requires_sender_constraint": found.requires_sender_constraint,
        "may_act": found.may_act,
        "registered_at": found.registered_at,
        "changed_at": found.changed_at,
        "changed_by": found.changed_by,
        "disabled_at": found.disabled_at,
    }


@app.command()
def disable(client: ClientId, author: Author = None, state: State = None) -> None:
    """Give a client no token any more, and refuse those it has.

    Example: hub client disable kr-svc --author "first desk"
    """
    by = author or COMMAND_LINE
    in_transaction(state, lambda connection: clients.disable(connection, client, by))
    print(f"disabled `{client}`: its tokens are refused")


@app.command()
def enable(client: ClientId, author: Author = None, state: State = None) -> None:
    """Let a client have tokens again.

    Example: hub client enable kr-svc
    """
    by = author or COMMAND_LINE
    in_transaction(state, lambda connection: clients.enable(connection, client, by))
    print(f"enabled `{client}`")


def _keys(registered: RegisteredClient) -> str:
    return ", ".join(registered.verification_keys()) or registered.jwks_uri or "none"


def _state(registered: RegisteredClient) -> str:
    disabled_at = registered.disabled_at
    return f"disabled since {disabled_at:%Y-%m-%d %H:%M}" if disabled_at else "active"
