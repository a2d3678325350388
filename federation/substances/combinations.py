"""The members of a combination, taken apart where the text itself says so.

A separator inside a dose or a bracket is none, and a comma may be part of a name: whether the parts
are substances is for the resolver to find out.
"""

import re
from collections.abc import Iterator

from federation.substances.ions import STATES
from federation.substances.noise import bare, without_doses
from federation.substances.normalise import key
from federation.substances.salts import SUFFIXES

_OPENING, _CLOSING = "([{<", ")]}>"
_SIGNS = "/+;&|・·、"
_COMMA = re.compile(r",(?!\d)|(?<!\d),")
_WORDS = re.compile(r"(?:^|\s)(?:and|with|plus|et|und)\s")
_STATE_NAMES = frozenset(ion.en.split()[0] for ion in STATES)


def members(folded: str) -> tuple[str, ...]:
    """Take a folded text apart into the members it names, in its order.

    A part that is only dose, form or state ("injection", "hemiheptahydrate") names no member.
    """
    parts = _parts(without_doses(folded))
    return tuple(part for part in parts if not _is_no_name(part))


def _parts(text: str) -> Iterator[str]:
    """Cut at separators outside brackets."""
    depth = 0
    plain = []
    for mark in text:
        depth += (mark in _OPENING) - (mark in _CLOSING)
        # Within brackets every mark becomes one that separates nothing.
        plain.append(mark if depth <= 0 else "_")
    hidden = "".join(plain)
    start = 0
    for end, after in _cuts(hidden):
        yield text[start:end].strip()
        start = after
    yield text[start:].strip()


def _cuts(hidden: str) -> Iterator[tuple[int, int]]:
    cuts = [(at, at + 1) for at, mark in enumerate(hidden) if mark in _SIGNS]
    cuts += [match.span() for pattern in (_COMMA, _WORDS) for match in pattern.finditer(hidden)]
    return iter(sorted(cuts))


def _is_no_name(part: str) -> bool:
    name = key(bare(part))
    return not name or SUFFIXES.get(name) in _STATE_NAMES
