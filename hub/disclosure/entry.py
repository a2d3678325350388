"""What is kept of one answer, and the id by which the answer names it.

`log.py` makes entries durable; `models.py` has their table. What the entries of one caller and
question have alike can be written once for many, as `hub/gateway/hot/tier.py` does.
"""

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields

import orjson

from hub.disclosure.shown import Shown
from hub.identity.types import Caller


def new_id() -> str:
    """Make the id of an entry, a UUID of version 7: those made later come later.

    Source: RFC 9562 section 5.7.
    """
    at, chance = f"{time.time_ns() // 1_000_000:012x}", os.urandom(10).hex()
    variant = "89ab"[int(chance[0], 16) & 3]
    return f"{at[:8]}-{at[8:]}-7{chance[1:4]}-{variant}{chance[4:7]}-{chance[7:19]}"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What is kept of one answer. The question is kept as its digest, the token as its id.

    `request_id` is that of the request's `X-Request-Id` and of the logs. `rows` are counted of bulk
    files.
    """

    issuer: str
    client: str
    subject: str
    actors: list[str]
    key: str | None
    member: str
    organisation: str
    purpose: str
    token_id: str
    question_digest: str
    policy_digest: str
    opened_by: list[str]
    masked: list[str]
    shown: Shown = field(default_factory=dict)
    rows: int | None = None
    request_id: str | None = None
    id: str = field(default_factory=new_id)

    @classmethod
    def to(
        cls,
        caller: Caller,
        *,
        question_digest: str,
        policy_digest: str,
        opened_by: Iterable[str],
        masked: Sequence[str],
        shown: Shown,
        rows: int | None = None,
        request_id: str | None = None,
    ) -> "Disclosure":
        """Say what was shown to a caller, with all that is known of who that is."""
        return cls(
            issuer=caller.issuer,
            client=caller.client,
            subject=caller.subject,
            actors=list(caller.actors),
            key=caller.key,
            member=caller.member,
            organisation=caller.organisation,
            purpose=caller.purpose,
            token_id=caller.token_id,
            question_digest=question_digest,
            policy_digest=policy_digest,
            opened_by=sorted(opened_by),
            masked=list(masked),
            shown=shown,
            rows=rows,
            request_id=request_id,
        )


_OWN = frozenset({"shown", "request_id", "id"})
"""What entries of one caller, question and outcome do not have alike."""


def beginning_of(entry: Disclosure) -> bytes:
    """Write what an entry has alike with others, as the beginning of a JSON object."""
    alike = {each.name: getattr(entry, each.name) for each in fields(entry)}
    return orjson.dumps({name: alike[name] for name in alike.keys() - _OWN})[:-1]


def ended(beginning: bytes, entry_id: str, request_id: str | None, shown: bytes) -> bytes:
    """Write an entry as JSON.

    Args:
        beginning: what it has alike with others.
        entry_id: of `new_id`.
        request_id: its request's.
        shown: the JSON of what it shows.
    """
    own = orjson.dumps({"id": entry_id, "request_id": request_id})
    return b'%b,"shown":%b,%b' % (beginning, shown, own[1:])
