"""Where rows are kept: `target.py` says what each must do."""

import os
from hashlib import sha256
from pathlib import Path

from hub_client.errors import Misconfigured
from hub_client.incoming import Incoming
from hub_client.targets.folder import FolderTarget
from hub_client.targets.target import Target

__all__ = ["Target", "target_of"]


def target_of(address: str) -> Target:
    """Find the target that an address names: `postgres://…`, `duckdb:FILE` or `FOLDER/`.

    Raises:
        Misconfigured: it names none, or its library is not installed.
    """
    try:
        if address.startswith(("postgres://", "postgresql://")):
            from hub_client.targets.postgres import PostgresTarget  # noqa: PLC0415 - an extra

            return PostgresTarget(address, Incoming(_cache(address)))
        if address.startswith("duckdb:"):
            from hub_client.targets.duck import DuckTarget  # noqa: PLC0415 - an extra

            return DuckTarget(Path(address.removeprefix("duckdb:")))
    except ImportError as error:
        extra = address.partition(":")[0].removesuffix("ql")
        raise Misconfigured(f"install `alliance-hub-client[{extra}]`: {error}") from error
    if address.endswith("/"):
        return FolderTarget(Path(address))
    raise Misconfigured(f"`{address}` is no target: give postgres://…, duckdb:FILE or FOLDER/")


def _cache(address: str) -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "hub-client" / sha256(address.encode()).hexdigest()[:16]
