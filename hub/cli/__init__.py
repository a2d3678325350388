"""The command line: one module a subject, each command a thin edge over a room.

`contents.py` is its table of contents. A command says what it found on standard output, and the
rest, logs and refusals among it, on standard error. `options.py`, `desk.py` and `printing.py` are
how all of them are told, get at the hub, and print.
"""

import sys

import typer

from federation.errors import FederationError
from hub.cli.contents import app
from hub.cli.printing import print_refusal
from hub.cli.stopping import end_when_told
from hub.errors import HubError, InvalidInput
from hub.telemetry import log_to_stderr

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line, and end it with the status that `hub --help` explains."""
    log_to_stderr()
    end_when_told()
    try:
        status = app(standalone_mode=False)
    except HubError as refused:
        status = _refused(refused.message, refused.public_code)
    except typer.TyperException as refused:
        # Whoever typed a group's name alone has been given its help.
        status = _refused(_usage(refused), InvalidInput.code) if str(refused) else 2
    except FederationError as refused:
        status = _refused(str(refused), refused.public_code)
    except OSError as refused:
        named = f"`{refused.filename}` can't be used: " if refused.filename else ""
        status = _refused(f"{named}{(refused.strerror or str(refused)).lower()}", InvalidInput.code)
    sys.exit(status if isinstance(status, int) else 0)


def _refused(message: str, code: str) -> int:
    """Say why nothing was done."""
    print_refusal(message, code, as_json="--json" in sys.argv)
    return 2


def _usage(refused: typer.TyperException) -> str:
    """Say what is wrong with what was typed, and where help is."""
    context = getattr(refused, "ctx", None)
    message = refused.format_message().rstrip(".")
    where = f"; see `{context.command_path} --help`" if context else ""
    return f"{message[:1].lower()}{message[1:]}{where}"
