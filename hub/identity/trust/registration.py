"""What is registered of an issuer, read strictly from JSON.

It says where the issuer's keys are, and what its tokens may vouch for. Who registers it is in
`issuers.py`; that its address may be spoken to is `hub/outbound.py`'s to check on each fetch. Start
reading at `Registration`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from federation.records.declaration import Origin
from hub.errors import InvalidInput
from hub.identity.keys.jwks import ALGORITHMS
from hub.identity.strict_json import read_object
from hub.identity.trust.trusted import ClaimMap, ClaimSource, TrustedIssuer
from hub.identity.types import ALLIANCE_ROLES, Purpose, Role
from hub.outbound import LOOPBACK_HOSTS

MAX_ADDRESS_CHARS = 256
MAX_SHOWN_FAULTS = 5

Address = Annotated[str, StringConstraints(pattern=r"^[!-~]+$", max_length=MAX_ADDRESS_CHARS)]
Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+$", max_length=253)]
Word = Annotated[str, StringConstraints(pattern=r"^[^\pC]+$", max_length=256)]

_CLAIMS = frozenset(field.name for field in fields(ClaimMap))


class Tier(StrEnum):
    """How much a stolen token of an issuer is worth."""

    BEARER = "BEARER"
    SENDER_CONSTRAINED = "SENDER_CONSTRAINED"


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class StatedSource(_Part):
    """A `ClaimSource` as a registration writes it: `claim`, or `fixed`, and `words`."""

    claim: Word | None = None
    fixed: tuple[Word, ...] = ()
    words: dict[Word, Word] = {}

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.claim is None) == (not self.fixed):
            raise ValueError("name either the `claim` that says it, or the `fixed` words")
        return self

    def source(self) -> ClaimSource:
        """Say it as a verifier reads it."""
        return ClaimSource(self.claim, self.fixed, MappingProxyType(self.words))


class Registration(_Part):
    """An issuer, its key set, and what it may vouch for.

    `hosts` are those, beside the issuer's own, where its key set may lie. `claims` names only what
    its tokens say otherwise than the hub's own.
    """

    issuer: Address
    jwks_uri: Address
    hosts: tuple[Host, ...] = ()
    algorithms: Annotated[tuple[str, ...], Field(min_length=1)] = tuple(sorted(ALGORITHMS))
    members: Annotated[tuple[Origin, ...], Field(min_length=1)]
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1)]
    claims: dict[str, StatedSource] = {}
    requires_sender_constraint: bool = False

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a registration from JSON.

        Raises:
            InvalidInput: no strict JSON, or not what a registration can say.
        """
        try:
            return cls.model_validate_json(json.dumps(read_object(text.encode())))
        except ValidationError as error:
            faults = [_fault(each["loc"], each["msg"]) for each in error.errors()]
            shown = "; ".join(faults[:MAX_SHOWN_FAULTS])
            raise InvalidInput(f"correct the registration: {shown}") from None
        except ValueError as error:
            raise InvalidInput(
                "the registration is no JSON object that can be read in one way only, "
                f"{error}: correct it"
            ) from error

    @field_validator("issuer", "jwks_uri")
    @classmethod
    def _is_address(cls, value: str) -> str:
        parts = _split(value)
        if parts.scheme != "https" and not _is_loopback(parts):
            raise ValueError("write an https address")
        if not parts.hostname or "@" in parts.netloc or "#" in value:
            raise ValueError("write a plain address, without a user or a fragment")
        return value

    @field_validator("issuer")
    @classmethod
    def _has_no_query(cls, value: str) -> str:
        # RFC 8414 section 2.
        if "?" in value:
            raise ValueError("write the issuer without a query")
        return value

    @field_validator("algorithms")
    @classmethod
    def _are_allowed(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not ALGORITHMS.issuperset(value):
            raise ValueError(f"use some of {', '.join(sorted(ALGORITHMS))}")
        return value

    @field_validator("claims")
    @classmethod
    def _are_asked(cls, value: dict[str, StatedSource]) -> dict[str, StatedSource]:
        if not value.keys() <= _CLAIMS:
            raise ValueError(f"use some of {', '.join(sorted(_CLAIMS))}")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        allowed = {_split(self.issuer).hostname, *self.hosts}
        if _split(self.jwks_uri).hostname not in allowed:
            raise ValueError("`jwks_uri` is on another host than the issuer: name it in `hosts`")
        is_alliance = Origin.ALLIANCE in self.members
        if is_alliance and len(self.members) > 1:
            raise ValueError("the alliance's own issuer vouches for no member beside it")
        held = ALLIANCE_ROLES if is_alliance else frozenset(Role) - ALLIANCE_ROLES
        if not held.issuperset(self.roles):
            raise ValueError(f"bodies of these members hold only the roles {_listed(held)}")
        return self

    @property
    def needs_loopback(self) -> bool:
        """Tell whether an address of it is on this machine, without TLS."""
        return any(_is_loopback(_split(each)) for each in (self.issuer, self.jwks_uri))

    @property
    def tier(self) -> Tier:
        """Tell what its tokens are worth."""
        return Tier.SENDER_CONSTRAINED if self.requires_sender_constraint else Tier.BEARER

    def content(self) -> str:
        """Write it as JSON, for `read`."""
        return self.model_dump_json()

    def trusted(self) -> TrustedIssuer:
        """Describe the issuer to a verifier."""
        return TrustedIssuer(
            issuer=self.issuer,
            algorithms=frozenset(self.algorithms),
            members=frozenset(self.members),
            roles=frozenset(self.roles),
            purposes=frozenset(self.purposes),
            claims=_claim_map(self.claims),
            requires_sender_constraint=self.requires_sender_constraint,
        )


def _claim_map(stated: Mapping[str, StatedSource]) -> ClaimMap:
    return ClaimMap(**{name: each.source() for name, each in stated.items()})


def _split(address: str) -> SplitResult:
    parts = urlsplit(address)
    _ = parts.port  # raises a ValueError where it is none
    return parts


def _is_loopback(parts: SplitResult) -> bool:
    return parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


def _fault(place: tuple[int | str, ...], message: str) -> str:
    named = ".".join(map(str, place))
    text = message.removeprefix("Value error, ")
    return f"`{named}`: {text}" if named else text
