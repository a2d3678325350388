"""The gate between mapping and publishing: a pull too unlike the last good one is held.

So is one whose source changed its form; its reader says so, before there is anything to judge.

The last good data goes on being served. Thresholds per feed, and releasing a held pull, come with
the sync work; these few catch a truncated or shifted file.
"""

from dataclasses import dataclass

from federation.harmonize.run import Harmonized

MAX_ROW_LOSS = 0.3
"""Largest share of the last good pull's rows that may be missing."""

MAX_QUARANTINE_SHARE = 0.2
"""Largest share of rows that may be unusable."""


@dataclass(frozen=True, slots=True)
class Held:
    """Why a pull is not published, with the figures."""

    code: str
    reason: str


NO_ROWS = Held("NO_ROWS", "the source holds no row: ask the member whether its export ran")
"""No list of the members is ever empty; an empty one is an export that failed."""


def judge(harmonized: Harmonized, last_good_rows: int | None) -> Held | None:
    """Say whether to hold a pull; None lets it through.

    `last_good_rows` is None where there is no pull to compare with, or no sense in it: a list that
    is not the full one may be of any length.
    """
    unusable = harmonized.quarantined.height
    if unusable > harmonized.rows * MAX_QUARANTINE_SHARE:
        return Held(
            "MOSTLY_UNUSABLE",
            f"{unusable} of {harmonized.rows} rows could not become records: look at the "
            "quarantine, then mend the mapping or ask the member",
        )
    if last_good_rows and harmonized.rows < last_good_rows * (1 - MAX_ROW_LOSS):
        return Held(
            "ROWS_LOST",
            f"{harmonized.rows} rows where the last good pull had {last_good_rows}: ask the member "
            "whether the list was cut",
        )
    return None
