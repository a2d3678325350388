"""What an answer is known by, for the next conditional request: entity tag, date, or both.

Both are kept in one text, the tag, a line break and the Last-Modified date, neither of which can
hold a line break itself.

Source: RFC 9110, sections 8.8 and 13.
"""

from datetime import timedelta

from federation.sources.exchange import Response

SETTLED = timedelta(seconds=60)
"""How old a Last-Modified has to be when it is sent: a younger one may change within its second."""


def validator_of(answer: Response) -> str | None:
    """Take the validators out of an answer; None where it has none to trust."""
    tag = answer.headers.get("etag", "").strip()
    modified = answer.headers["last-modified"].strip() if is_settled(answer) else ""
    return f"{tag}\n{modified}".rstrip("\n") or None


def conditions(validator: str | None) -> dict[str, str]:
    """Give the headers that ask for an answer only if it is another one."""
    tag, _, modified = (validator or "").partition("\n")
    headers = {"if-none-match": tag, "if-modified-since": modified}
    return {name: value for name, value in headers.items() if value}


def strong_validator(answer: Response) -> str | None:
    """Give what `If-Range` may hold: a strong entity tag, else a settled date (13.1.5)."""
    tag = answer.headers.get("etag", "").strip()
    if tag.startswith('"'):
        return tag
    return answer.headers["last-modified"].strip() if not tag and is_settled(answer) else None


def is_settled(answer: Response) -> bool:
    """Say whether an answer has a Last-Modified that no later change can share (8.8.2.2)."""
    modified, sent_at = answer.stated_at, answer.dated("date") or answer.received_at
    return modified is not None and sent_at - modified >= SETTLED
