"""A crosswalk: one national code list's terms, and the common terms they mean.

Each is declared with its member's feeds; `federation/members/crosswalks.py` finds them all. Its
version is raised whenever its content changes (`federation/vocabularies/edition.py`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from federation.errors import DeclarationFault
from federation.vocabularies.vocabulary import Vocabulary

SEVERAL = ";"
"""Stands between the common terms of one native term."""


@dataclass(frozen=True)
class Crosswalk:
    """One national code list, crossed to a vocabulary.

    Native terms are compared without surrounding blanks and in lower case.

    Attributes:
        id: member, feed or file, and field, such as `us.openfda_shortages.status`.
        vocabulary: where its terms lead.
        version: raised whenever `terms` changes.
        terms: native → common; several where a native term says several at once.
    """

    id: str
    vocabulary: type[Vocabulary]
    version: int
    terms: Mapping[str, Vocabulary | tuple[Vocabulary, ...]]

    def __post_init__(self) -> None:
        """Check that every native term stands once and leads into the vocabulary.

        Raises:
            DeclarationFault: one does not.
        """
        if len(self.table) < len(self.terms):
            raise DeclarationFault(f"crosswalk `{self.id}` holds a native term twice: keep one")
        for native, common in self.terms.items():
            members = common if isinstance(common, tuple) else (common,)
            if not all(isinstance(member, self.vocabulary) for member in members):
                raise DeclarationFault(
                    f"crosswalk `{self.id}` leads `{native}` astray: name a common term"
                )

    @cached_property
    def table(self) -> dict[str, str]:
        """Native terms in lower case, each with its common terms joined by `SEVERAL`."""
        return {
            native.strip().lower(): SEVERAL.join(common if isinstance(common, tuple) else (common,))
            for native, common in self.terms.items()
        }

    @property
    def unmapped(self) -> str:
        """The vocabulary's word for a native term that is not listed."""
        return str(self.vocabulary["UNMAPPED"])

    @property
    def digest(self) -> str:
        """Digest of the content: the vocabulary's name and all terms."""
        content = [self.vocabulary.__name__, *sorted(map(str, self.table.items()))]
        return hashlib.sha256("\n".join(content).encode()).hexdigest()[:16]
