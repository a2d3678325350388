"""Strengths in German product names, as `Fingolimod Zentiva 0,5 mg Hartkapseln`.

Decimals have a comma, thousands a full stop. A name's amount is that of a product of one substance.
"""

import re
from collections.abc import Sequence

from federation.harmonize.strengths import strengths_in

_THOUSANDS = re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?![0-9])")
_DECIMAL_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])")


def named_strength(name: str | None, substances: Sequence[str]) -> str | None:
    """Find the only strength in a product's name; none for a product of several substances."""
    if not name or len(substances) != 1:
        return None
    whole = _THOUSANDS.sub(lambda number: number[0].replace(".", ""), name)
    found = strengths_in(_DECIMAL_COMMA.sub(".", whole))
    return found[0] if len(found) == 1 else None
