"""What a vocabulary is: terms, each its own name, some with a word on what they mean."""

from enum import StrEnum
from typing import Self


class Vocabulary(StrEnum):
    """Common terms; `auto()` writes a term as its name, and `auto(), "…"` says what it means.

    Attributes:
        doc: what the term means where its name does not say it; else empty.
    """

    doc: str

    def __new__(cls, value: str, doc: str = "") -> Self:
        """Make a term."""
        term = str.__new__(cls, value)
        term._value_ = value
        term.doc = doc
        return term

    @staticmethod
    def _generate_next_value_(
        name: str,
        start: int,  # noqa: ARG004 - the signature is the standard library's
        count: int,  # noqa: ARG004 - the signature is the standard library's
        last_values: list[str],  # noqa: ARG004 - the signature is the standard library's
    ) -> str:
        return name
