"""A source's key in no log, no error and no landed byte, whatever the source answers.

Keys are kept out of messages where these are made; here stands the last check, for a source that
says back what it was asked and for a library that quotes it.
"""

import base64
import html
import json
import re
import traceback
from collections.abc import Sequence
from urllib.parse import quote, quote_plus

from federation.errors import FederationError, SourceFault
from federation.reading.native import Document
from hub.errors import HubError

HIDDEN = "•••"
"""What stands in a message where a key was."""

MIN_KEY_CHARS = 8
"""Shortest key that is looked for; a shorter one is in any text, and no secret."""


class Secret:
    """One source's key, in every form in which it goes out."""

    def __init__(self, key: str) -> None:
        """Take the key.

        Args:
            key: as the source gave it.
        """
        user = base64.b64encode(f"{key}:".encode()).decode()
        coded = {quote(key, safe=""), quote(key), quote_plus(key), user}
        escaped = {html.escape(key), json.dumps(key)[1:-1]}
        # The longest form first: a shorter one may be a part of it. Percent codes have two cases.
        forms = sorted({key} | coded | escaped, key=len, reverse=True)
        self._text = re.compile("|".join(map(re.escape, forms)), re.IGNORECASE)
        self._bytes = [form.encode() for form in forms]

    def __repr__(self) -> str:
        """Show that there is one."""
        return f"Secret({HIDDEN})"

    def without(self, error: Exception) -> HubError | FederationError | None:
        """Give an error to raise in another's place, without the key and without what caused it.

        None where the key is not in it. A defect's traceback goes into the detail: a logger that
        shows local variables would show the key.
        """
        message = self._out_of(str(error))
        if not isinstance(error, FederationError | HubError):
            told = self._out_of("".join(traceback.format_exception(error)))
            return HubError("the hub failed inside: its log says where", detail=told)
        if not self._is_told(error):
            return None
        code, retry_at = error.public_code, error.retry_at
        if isinstance(error, FederationError):
            return type(error)(message, code=code, retry_at=retry_at)
        detail = self._out_of(error.detail or "") or None
        return type(error)(message, code=code, detail=detail, retry_at=retry_at)

    def _is_told(self, error: BaseException) -> bool:
        """Say whether an error, or one behind it, holds the key where anything could show it."""
        told = traceback.format_exception(error)
        behind: BaseException | None = error
        while behind:
            told += [repr(behind), str(vars(behind))]
            behind = behind.__cause__ or behind.__context__
        return bool(self._text.search("\n".join(told)))

    def _out_of(self, text: str) -> str:
        """Give a text without the key."""
        return self._text.sub(HIDDEN, text)

    def refuse(self, documents: Sequence[Document]) -> None:
        """Let no document in that says the key back.

        Raises:
            SourceFault: one does.
        """
        for document in documents:
            told = any(form in document.content for form in self._bytes)
            if told or self._text.search(document.name):
                raise SourceFault(
                    "the source sends back the key it was asked with, so nothing of it is kept: "
                    "ask the member to leave the key out",
                    code="SOURCE_TELLS_KEY",
                )


def secret_of(key: str | None) -> Secret | None:
    """Take a source's key, where it has one that is long enough to be looked for."""
    return Secret(key) if key and len(key) >= MIN_KEY_CHARS else None
