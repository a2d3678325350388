"""The table of contents of the command line: every command under its head, in a reader's order.

A line here says where a command is written, and in one sentence what it does, as it says itself
there. So `hub --help` loads no command, and a command loads no other: see `_Contents`.
"""

import gc
from collections.abc import Mapping
from typing import Any

import typer
from typer.core import TyperGroup

from hub.late import load_late

CONTENTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Run": {
        "demo": ("demo:demo", "Run a whole hub with five stand-in members and sample data."),
        "serve": ("serving:serve", "Serve GraphQL and pull feeds on schedule, until stopped."),
        "worker": ("working:worker", "Pull feeds on schedule until stopped; any number may run."),
        "status": ("status:status", "Show how fresh and how good each feed is, and what to do."),
        "ask": ("asking:ask", "Ask the hub that runs a question, as one of its clients."),
        "token": ("tokens:token", "Print a bearer token of a client, good for an hour."),
    },
    "Feeds": {
        "pull": ("pulls:pull", "Pull feeds now, all or those named."),
        "schedule": ("schedules:app", "When feeds are pulled; pause, resume, change."),
        "held": ("held:app", "Pulls that look wrong and wait for two people."),
        "quarantine": ("quarantine:app", "Native rows that could not become records, and why."),
        "quality": ("quality:quality", "Write how good every field of every feed is, in Markdown."),
        "replay": ("replay:replay", "Map a past pull's bytes again, and show what would change."),
        "template": (
            "submissions:template",
            "Write the empty form that an agency fills in, as CSV or Excel.",
        ),
        "submit": (
            "submissions:submit",
            "File stock reports or supply notices, or only check them.",
        ),
        "webhooks": ("webhooks:app", "Where events of feeds are sent."),
    },
    "Policies": {
        "policy": ("policies:app", "Who shares what with whom: check, plan, agree, end."),
    },
    "People and keys": {
        "client": ("clients:app", "Who may have tokens of this hub, by which public key."),
        "issuer": ("issuers:app", "Whom the hub trusts to say who calls."),
        "sign-in": ("sign_in:app", "Providers at which people sign in."),
        "keys": ("keys:app", "The keys that the hub signs with: rotate, retire, distrust."),
    },
    "Records and vocabularies": {
        "substances": ("substances:app", "The register that resolves names of substances."),
        "review": ("review:app", "Names of substances left open, and decisions."),
        "entities": ("entities:app", "Which records are one company or one site, and why."),
        "vocabularies": ("vocabularies:app", "The common terms, and what native ones are in them."),
        "operations": (
            "operations:operations",
            "List the questions that may be asked by their names.",
        ),
    },
    "Upkeep": {
        "landing": ("landing:app", "Show which native bytes are kept, why, and what may go."),
        "schema": ("schema:schema", "Write the files that follow from the declarations."),
    },
}
"""By head and name: the module and its member, and what it does."""

_EPILOG = """\
Every command has --help, with an example. With --json it prints for programs.

Exit status: 0 it is done; 1 it is done, and something is wrong, as it says; 2 nothing is \
done, and standard error says why; 130 or 143 it was interrupted.
"""


def load(name: str) -> Any:
    """Load a command or group of the contents: the module that it is written in, and what it needs.

    What is given is typer's own command, of a class that typer does not publish.
    """
    [place] = [commands[name][0] for commands in CONTENTS.values() if name in commands]
    written = load_late(f"hub.cli.{place}")
    alone = typer.Typer()
    if isinstance(written, typer.Typer):
        alone.add_typer(written, name=name)
    else:
        alone.command(name)(written)
    return typer.main.get_group(alone).commands[name]


class _Contents(TyperGroup):
    """Has a line for each command, and loads the one that is run."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, found, rest = super().resolve_command(ctx, args)
        if name:
            found = load(name)
            _collect_garbage()
        return name, found, rest


def _collect_garbage() -> None:
    """Look for garbage from here on, if nobody did yet; what was loaded is none."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


app = typer.Typer(
    cls=_Contents,
    name="hub",
    help="The alliance data-exchange hub. A first look: hub demo",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _line() -> None:
    """Stand for a command until it is loaded."""


for _head, _commands in CONTENTS.items():
    for _name, (_, _what) in _commands.items():
        app.command(_name, help=_what, rich_help_panel=_head)(_line)
