"""What an operator can set, read once from the environment by `hub/app.py` and the CLI.

Every name is `HUB_` and the field in capitals, such as `HUB_DATABASE_URL`. No secret has a default.
"""

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.errors import InvalidInput

ROOT = Path(__file__).resolve().parent.parent
"""Where the checkout or the image keeps `policies/`, `migrations/` and `graphql/`."""


class Settings(BaseSettings):
    """The hub's settings."""

    model_config = SettingsConfigDict(env_prefix="HUB_", extra="forbid")

    state_dir: Path = Field(
        default=Path(".hub"), description="Folder of the embedded database, landing and keys."
    )
    database_url: str | None = Field(
        default=None, description="PostgreSQL 15 or later; unset: the embedded one in the state."
    )
    landing_url: str | None = Field(
        default=None, description="Object store for native bytes; unset: a folder in the state."
    )
    policies_dir: Path = Field(
        default=ROOT / "policies",
        description="Folder of the baseline; its agreements come in by `hub policy apply`.",
    )
    mode_quorum: int = Field(
        default=3, ge=1, le=5, description="How many members' votes change the alliance's mode."
    )
    public_url: str | None = Field(
        default=None,
        description="Address callers use, the audience of their tokens; unset: where it listens.",
    )
    source_base_urls: dict[str, str] = Field(
        default_factory=dict,
        description="Feed id to base URL, where a feed is not pulled from its real address.",
    )
    allow_loopback_sources: bool = Field(
        default=False, description="Let feeds be pulled from this machine: for the demo and tests."
    )


def credential(name: str | None) -> str | None:
    """Read a source's key from the environment, or from the file that `<name>_FILE` names.

    Raises:
        InvalidInput: the file can't be read.
    """
    if name is None:
        return None
    file = os.environ.get(f"{name}_FILE")
    if not file:
        return os.environ.get(name)
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"can't read the key file that `{name}_FILE` names: check the path and its permissions",
            detail=str(error),
        ) from error
