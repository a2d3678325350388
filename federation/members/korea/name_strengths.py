"""Strengths in Korean product names, of which the MFDS registers have no column.

`메트란캡슐500㎍(메코발라민)(수출명:…)` states one; what stands in brackets is the substance, or the
name for export with a strength of its own. A name's amount is that of a product of one substance:
of several (`625밀리그램`) it is the sum of all.
"""

import re
from collections.abc import Sequence

from federation.harmonize.strengths import strengths_in

_ASIDE = re.compile(r"[(\[].*|(?:/\s*)?수출명.*", re.DOTALL)
_BRACKET = re.compile(r"[(\[]([^()\[\]:：]*)[)\]]")


def named_strength(name: str | None, substances: Sequence[str]) -> str | None:
    """Find the only strength in a product's name; none for a product of several substances."""
    if not name or len(set(substances)) != 1:
        return None
    found = strengths_in(_ASIDE.sub("", name))
    if not found:
        found = [text for inside in _BRACKET.findall(name) for text in strengths_in(inside)]
    return found[0] if len(set(found)) == 1 else None
