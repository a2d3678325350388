"""The frozen values of curation: what is asked to be decided, and what was."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from federation.substances.register import substance_key
from hub.curation.models import Verdict


def text_digest(text: str) -> bytes:
    """Digest a native text: what tells it from all others of its member."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a curator wants decided of a text of its member.

    `inn` goes with the verdict `SUBSTANCE` alone. `supersedes` is the decision that stands now, as
    the curator saw it; None where none does.
    """

    origin: str
    text: str
    verdict: Verdict
    inn: str | None
    reason: str
    supersedes: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it is kept. `records` is how many ingredients it changed at once."""

    id: int
    origin: str
    native_text: str
    verdict: Verdict
    inn: str | None
    reason: str
    records: int
    issuer: str
    client: str
    subject: str
    member: str
    organisation: str
    decided_at: datetime
    superseded_at: datetime | None

    @property
    def substance_key(self) -> str | None:
        """Key of the substance decided for."""
        return substance_key(self.inn) if self.inn else None
