"""A word list: the members' words for the codes of a system that others keep, such as UCUM.

A word that is not listed has no code: the native text stays, and counts as a defect of its field.
Versions and the edition are as with crosswalks (`crosswalk.py`, `edition.py`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class WordList:
    """Words and the codes they mean.

    Attributes:
        id: the room and what the words are of, such as `strengths.units`.
        system: who keeps the codes.
        version: raised whenever `words` changes.
        words: word → code.
    """

    id: str
    system: str
    version: int
    words: Mapping[str, str]

    @property
    def digest(self) -> str:
        """Digest of the content: the system's name and all words."""
        content = [self.system, *sorted(map(str, self.words.items()))]
        return hashlib.sha256("\n".join(content).encode()).hexdigest()[:16]
