"""The address callers use, which is the issuer and the audience of their tokens.

It is what the operator set; else where the hub was last served from this state folder, so that
`hub token` in another shell mints for the hub that runs; else the default port on this machine.
"""

from pathlib import Path

DEFAULT = "http://127.0.0.1:8000"

_FILE = "served-at"


def public_address(given: str | None, state_dir: Path) -> str:
    """Find the address."""
    if given:
        return given
    file = state_dir / _FILE
    return file.read_text(encoding="utf-8").strip() if file.is_file() else DEFAULT


def remember(state_dir: Path, address: str) -> None:
    """Keep where the hub is served from now on."""
    state_dir.mkdir(parents=True, exist_ok=True)
    (state_dir / _FILE).write_text(f"{address}\n", encoding="utf-8")
