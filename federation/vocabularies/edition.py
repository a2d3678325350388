"""Which edition of the crosswalks and word lists this is, and whether it says so honestly.

`edition.lock`, written by `hub schema`, holds the edition with the version and digest of each. One
that changed keeps its old version there until it is raised where it is declared.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol


class Versioned(Protocol):
    """What an edition is made of: a crosswalk or a word list."""

    @property
    def id(self) -> str:
        """Name it."""
        ...

    @property
    def version(self) -> int:
        """Number its content."""
        ...

    @property
    def digest(self) -> str:
        """Tell its content from any other."""
        ...


EDITION = 4
"""Raised whenever a crosswalk comes, goes or changes; a record says by which it was mapped."""

LOCK = Path(__file__).parent / "edition.lock"


def lock(crosswalks: Iterable[Versioned]) -> str:
    """Write the edition, then a line for each crosswalk: id, version and digest."""
    lines = sorted(f"{one.id} {one.version} {one.digest}" for one in crosswalks)
    return "\n".join([f"edition {EDITION}", *lines, ""])


def unraised(crosswalks: Iterable[Versioned], locked: str) -> Iterator[str]:
    """Say what must be raised before `locked` may be written anew; nothing where all is well."""
    crosswalks = list(crosswalks)
    edition, *lines = locked.splitlines()
    before = {name: (int(version), digest) for name, version, digest in map(str.split, lines)}
    for one in crosswalks:
        version, digest = before.get(one.id, (0, ""))
        if digest != one.digest and one.version <= version:
            yield f"`{one.id}` changed: raise its version above {version}"
    now = {one.id: (one.version, one.digest) for one in crosswalks}
    if now != before and int(edition.split()[1]) >= EDITION:
        yield f"the crosswalks changed: raise `EDITION` of {Path(__file__).name} above {EDITION}"
