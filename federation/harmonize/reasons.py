"""The reasons for which a native row becomes no record: codes, each with its words.

A code is what is counted, filtered by and compared between pulls; its words say what to do. The
codes themselves are given where rows are refused: `run.py`, the readers, and feeds' `refuse`.
"""

from collections.abc import Mapping
from types import MappingProxyType

_MISSING = "MISSING_"

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "NO_IDENTITY": "holds no national identifier: ask the member for it",
        "IDENTITY_TAKEN": "has the identifier of another row and says otherwise: ask the member "
        "which of the two holds",
        "MALFORMED_ROW": "is not of the list's form, such as a row with too few cells: ask the "
        "member to export it again",
        "HEADING_WITHOUT_PRODUCT": "is a heading with no product below it: ask the member whether "
        "the list was cut",
        "UNKNOWN_CONCEPT": "speaks of a concept that the list does not hold: ask its publisher",
        "NO_CIS": "holds no CIS number of eight digits: ask the member for it",
        "NO_CIP13": "holds no CIP number of thirteen digits: ask the member for it",
        "NO_ATC_LEVEL_5": "holds no ATC code of the fifth level: ask the member for it",
    }
)
"""Words by code; `MISSING_…` names its field by itself."""


def words_of(code: str) -> str:
    """Say a reason in words that go on from `the row`; a code without words stands for itself."""
    if code.startswith(_MISSING):
        field = code.removeprefix(_MISSING).lower()
        return f"has nothing that `{field}` could be made of: mend the mapping or ask the member"
    return REASONS.get(code, f"was refused as `{code}`: look at its text")
