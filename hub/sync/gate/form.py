"""The gate's rules of form: a native column that vanished, was renamed, or appeared.

`profile.py` says what a pull looks like, `rules.py` has the other rules and judges. A column that
so few rows fill that it may be missing by chance breaks none.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz

from federation.gate import GateRules
from federation.reading.layout import MIN_ALIKE, normal_form
from hub.sync.gate.profile import Profile

COLUMN_APPEARED = "COLUMN_APPEARED"
"""Code of a new column: of the breach where it is held, of the finding where it is let through."""

_IN_PLACE = 90.0
"""Likeness, of 100, of a new column that stands where a lost one stood."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A bound that a pull broke. `what` is the column or field; the rest are the figures."""

    code: str
    reason: str
    what: str | None = None
    before: float | str | None = None
    now: float | str | None = None
    limit: float | str | None = None


def form_breaches(
    before: Profile, now: Profile, rules: GateRules, known: frozenset[str]
) -> Iterator[Breach]:
    """Tell how the columns differ. One that few rows fill may be missing by chance."""
    if not before.columns:
        return
    gone = [
        name
        for name, filled in before.columns.items()
        if name not in now.columns and _tells(filled, before.rows, now.rows, rules)
    ]
    new = appeared(before, now, known)
    became = _renames(gone, list(new), before, now)
    for name in gone:
        yield _renamed(name, became[name]) if name in became else _vanished(name, before)
    for name, filled in new.items():
        if name not in became.values() and _tells(filled, now.rows, before.rows, rules):
            yield Breach(
                COLUMN_APPEARED,
                f"the column `{name}` is new: add it to the feed's layout and map it if it tells "
                "anything, or release the pull",
                what=name,
                now=filled,
            )


def appeared(before: Profile, now: Profile, known: frozenset[str]) -> dict[str, int]:
    """Give the columns that are new and not declared, each with the rows that fill it."""
    if not before.columns:
        return {}
    return {
        name: filled
        for name, filled in now.columns.items()
        if name not in before.columns and name not in known
    }


def _tells(filled: int, rows: int, others: int, rules: GateRules) -> bool:
    """Say whether a column that so many of `rows` fill can't be missing from others by chance."""
    return rows > 0 and (1 - min(filled / rows, 1)) ** others <= rules.max_chance


def _renamed(name: str, became: str) -> Breach:
    return Breach(
        "COLUMN_RENAMED",
        f"the column `{name}` is gone and `{became}`, which is most like it, is new: if they are "
        "one, add it to the feed's aliases",
        what=name,
        before=name,
        now=became,
    )


def _vanished(name: str, before: Profile) -> Breach:
    return Breach(
        "COLUMN_VANISHED",
        f"the column `{name}`, which {before.columns[name]} rows filled, is gone: ask the member "
        "whether that is meant, then release the pull",
        what=name,
        before=before.columns[name],
        now=0,
    )


def _renames(gone: list[str], new: list[str], before: Profile, now: Profile) -> dict[str, str]:
    """Pair lost columns with new ones, the likest first; each is paired once at most."""
    pairs = sorted(
        ((_likeness(one, other, before, now), one, other) for one in gone for other in new),
        reverse=True,
    )
    found: dict[str, str] = {}
    for likeness, one, other in pairs:
        if likeness >= MIN_ALIKE and one not in found and other not in found.values():
            found[one] = other
    return found


def _likeness(gone: str, new: str, before: Profile, now: Profile) -> float:
    """Compare names; one that stands at the lost one's place is nearly as good as its name."""
    is_in_place = _neighbour(gone, before) == _neighbour(new, now)
    return max(fuzz.ratio(normal_form(gone), normal_form(new)), _IN_PLACE * is_in_place)


def _neighbour(name: str, profile: Profile) -> str | None:
    order = list(profile.columns)
    at = order.index(name)
    return order[at - 1] if at else None
