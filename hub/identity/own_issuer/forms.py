"""The forms that OAuth's endpoints are asked by, read in one way only.

What the fields mean is in `assertions.py`, `token_endpoint.py` and its neighbours; the web around
them in `routes.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from hub.errors import InvalidInput

MAX_FORM_BYTES = 32 * 1024
"""Room for two tokens of the greatest length, escaped."""

MAX_FIELDS = 20

FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a request, never shown: some are credentials. An empty one counts as absent."""

    fields: Mapping[str, str] = field(repr=False)

    def find(self, name: str) -> str | None:
        """Find a field's text."""
        return self.fields.get(name) or None

    def take(self, name: str) -> str:
        """Find the text of a field that must be there.

        Raises:
            InvalidInput: it is not.
        """
        text = self.find(name)
        if text is None:
            raise InvalidInput(f"`{name}` is missing: send it in the form")
        return text

    def refuse(self, name: str, why: str, code: str) -> None:
        """Refuse a field that means nothing here.

        Raises:
            InvalidInput: it is there.
        """
        if self.find(name):
            raise InvalidInput(f"`{name}` is not taken here: {why}", code=code)


def read_form(body: bytes) -> Form:
    """Read a form's body.

    Raises:
        InvalidInput: no form in UTF-8, too many fields, or one that stands twice.

    Source: RFC 6749 section 3.2 and appendix B.
    """
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        # The library's text may hold the form's.
        raise InvalidInput(f"the body is no form of 1 to {MAX_FIELDS} fields: correct it") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise InvalidInput("a field stands twice: send each once")
    return Form(fields)
