"""The address callers use, which is the issuer and the audience of their tokens; where it is heard.

It is what the operator set; else where the hub was last served from this state folder, so that
`hub token` in another shell mints for the hub that runs; else the default port on this machine.
"""

import socket
from pathlib import Path

from hub.errors import InvalidInput

DEFAULT = "http://127.0.0.1:8000"

_FILE = "served-at"
_NEAR = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound here


def public_address(given: str | None, state_dir: Path) -> str:
    """Find the address."""
    if given:
        return given
    file = state_dir / _FILE
    return file.read_text(encoding="utf-8").strip() if file.is_file() else DEFAULT


def make_state_dir(state_dir: Path) -> None:
    """Make the state folder, if it is not there.

    Raises:
        InvalidInput: it can't be made.
    """
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"can't make the state folder `{state_dir}`, {error.strerror}: name another with "
            "--state or HUB_STATE_DIR"
        ) from error


def remember(state_dir: Path, scheme: str, host: str, listener: socket.socket) -> str:
    """Keep where the hub is served from now on, and give that address.

    Of a host that stands for all of a machine's addresses it is the one that leads to itself.
    """
    make_state_dir(state_dir)
    near = _NEAR.get(host, host)
    named = f"[{near}]" if ":" in near else near
    address = f"{scheme}://{named}:{listener.getsockname()[1]}"
    (state_dir / _FILE).write_text(f"{address}\n", encoding="utf-8")
    return address


def listen(host: str, port: int) -> socket.socket:
    """Listen before anybody is told to ask there.

    Raises:
        InvalidInput: another process has the port, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise InvalidInput(
            f"can't listen on {host} port {port}: stop what does, or name another with --port",
            detail=str(error),
        ) from error
