"""What an operator can set, read once from the environment by `hub/app.py` and the CLI.

Every name is `HUB_` and the field in capitals, such as `HUB_DATABASE_URL`. No secret has a default.
"""

import os
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from federation.records.declaration import Origin
from hub.errors import InvalidInput

ROOT = Path(__file__).resolve().parent.parent
"""Where the checkout or the image keeps `policies/`, `migrations/` and `graphql/`."""


RoleName = Literal["regulator", "agency", "secretariat", "auditor"]


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
    landing_days: int = Field(
        default=90,
        ge=1,
        description="Least time native bytes that nothing needs any more are kept, in days.",
    )
    policies_dir: Path = Field(
        default=ROOT / "policies",
        description="Folder of the baseline; its agreements come in by `hub policy apply`.",
    )
    operations_dir: Path = Field(
        default=ROOT / "graphql" / "operations", description="Folder of the trusted documents."
    )
    trusted_documents_only: list[Origin] = Field(
        default_factory=list, description="Members whose callers may ask trusted documents alone."
    )
    introspection_roles: list[RoleName] = Field(
        default_factory=lambda: list(get_args(RoleName)),
        description="Roles whose callers may introspect the schema, which anybody can read.",
    )
    suggestion_roles: list[RoleName] = Field(
        default_factory=list,
        description="Roles whose callers are told which names of the schema they may have meant.",
    )
    mode_quorum: int = Field(
        default=3, ge=1, le=5, description="How many members' votes change the alliance's mode."
    )
    export_hours: int = Field(
        default=24, ge=1, le=720, description="How long an exported file is kept, in hours."
    )
    public_url: str | None = Field(
        default=None,
        description="Address callers use, the audience of their tokens; unset: where it listens.",
    )
    embedded_issuer: bool = Field(
        default=True,
        description="Give tokens to registered clients; off: members' own issuers alone give any.",
    )
    source_base_urls: dict[str, str] = Field(
        default_factory=dict,
        description="Feed id to base URL, where a feed is not pulled from its real address.",
    )
    allow_loopback_sources: bool = Field(
        default=False, description="Let feeds be pulled from this machine: for the demo and tests."
    )
    trusted_proxies: list[IPv4Network | IPv6Network] = Field(
        default_factory=list,
        description="Networks of proxies whose `Client-Cert` header is believed (RFC 9440).",
    )
    dpop_unaided_seconds: int = Field(
        default=60,
        ge=0,
        le=300,
        description="Age from which a DPoP proof needs a nonce of the hub's; 0: each needs one.",
    )
    client_rate: int = Field(
        default=100,
        ge=0,
        description="Requests a second of one client at one gateway process; 0: no limit.",
    )
    member_rate: int = Field(
        default=300,
        ge=0,
        description="Requests a second of all of a member's clients at one process; 0: no limit.",
    )
    client_quota: int = Field(
        default=1_000_000,
        ge=0,
        description="Requests a UTC day of one client at all gateways together; 0: no limit.",
    )
    member_quota: int = Field(
        default=3_000_000,
        ge=0,
        description="Requests a UTC day of all of a member's clients; 0: no limit.",
    )
    slow_seconds: float = Field(
        default=1.0, gt=0, description="Operations that take longer are logged with their plan."
    )
    worker: bool = Field(
        default=True, description="Let `hub serve` run a worker beside it, which pulls the feeds."
    )
    pull_seconds: int = Field(
        default=3600, ge=60, le=86_400, description="Longest that one pull of a feed may take."
    )
    drain_seconds: float = Field(
        default=1.0,
        ge=0,
        description="How long a gateway told to stop goes on answering, while it says not ready.",
    )
    metrics_networks: list[IPv4Network | IPv6Network] | None = Field(
        default=None,
        description="Networks that `/metrics` answers; unset: this machine and private ones.",
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
        return os.environ.get(name, "").strip() or None
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"can't read the key file that `{name}_FILE` names: check the path and its permissions",
            detail=str(error),
        ) from error
    key = content.decode(errors="replace").strip()
    if "\ufffd" in key:  # a decoding error would hold the bytes
        raise InvalidInput(f"can't read the key file that `{name}_FILE` names: write it in UTF-8")
    return key or None
