"""The table of contents of the command line: every command under its head, in a reader's order.

Each line below is one command or one group of them; what it does is said where it is written.
"""

from collections.abc import Callable, Mapping
from typing import Any

import typer
from typer.core import TyperGroup

from hub.cli import (
    agreements,
    clients,
    demo,
    entities,
    held,
    issuers,
    keys,
    landing,
    modes,
    operations,
    plans,
    policies,
    pulls,
    quality,
    quarantine,
    replay,
    review,
    schedules,
    schema,
    serving,
    sign_in,
    status,
    submissions,
    substances,
    tokens,
    vocabularies,
    webhooks,
)

Command = Callable[..., None] | typer.Typer

CONTENTS: Mapping[str, Mapping[str, Command]] = {
    "Run": {
        "demo": demo.demo,
        "serve": serving.serve,
        "worker": serving.worker,
        "status": status.status,
        "token": tokens.token,
    },
    "Feeds": {
        "pull": pulls.pull,
        "schedule": schedules.app,
        "held": held.app,
        "quarantine": quarantine.app,
        "quality": quality.quality,
        "replay": replay.replay,
        "template": submissions.template,
        "submit": submissions.submit,
        "webhooks": webhooks.app,
    },
    "Policies": {"policy": policies.app},
    "People and keys": {
        "client": clients.app,
        "issuer": issuers.app,
        "sign-in": sign_in.app,
        "keys": keys.app,
    },
    "Records and vocabularies": {
        "substances": substances.app,
        "review": review.app,
        "entities": entities.app,
        "vocabularies": vocabularies.app,
        "operations": operations.operations,
    },
    "Upkeep": {
        "landing": landing.app,
        "schema": schema.schema,
    },
}

_EPILOG = """\
Every command has --help, with an example. With --json it prints for programs.

Exit status: 0 it is done; 1 it is done, and something is wrong, as it says; 2 nothing is \
done, and standard error says why; 130 or 143 it was interrupted.
"""


class _InOrder(TyperGroup):
    """Lists commands as the contents have them, groups among them."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as Typer calls it
        return [name for commands in CONTENTS.values() for name in commands]


app = typer.Typer(
    cls=_InOrder,
    name="hub",
    help="The alliance data-exchange hub. A first look: hub demo",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
policies.app.add_typer(agreements.app)
policies.app.command(rich_help_panel="Try and bring in")(plans.plan)
policies.app.add_typer(modes.app, name="mode", rich_help_panel="Look")
keys.app.command(name="distrust")(issuers.distrust_key)
for _head, _commands in CONTENTS.items():
    for _name, _command in _commands.items():
        if isinstance(_command, typer.Typer):
            app.add_typer(_command, name=_name, rich_help_panel=_head)
        else:
            app.command(_name, rich_help_panel=_head)(_command)
