"""What a feed's pulls are measured by before they are published: its gate's mode and bounds.

Shares are of 0 to 1. A rise is in points of a share: from 2 % to 7 % is a rise of 0.05. How the
bounds are applied is the hub's matter (`hub/sync/gate/rules.py`); why a feed has others than
these, that of its module.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class GateMode(StrEnum):
    """How much of what differs from the last good pull is let through."""

    EVOLVE = "EVOLVE"  # new columns are let through and told as a finding; the rest is held
    HOLD = "HOLD"  # any change of form and any big jump is held
    FREEZE = "FREEZE"  # nothing new is published until it is released


@dataclass(frozen=True, slots=True)
class GateRules:
    """The mode of a feed's gate, and its bounds.

    Attributes:
        mode: as declared; the feed's agency and the secretariat may set another.
        max_loss: largest share of the last good pull's rows that may be missing.
        max_growth: most new rows, as a share of the last good pull's.
        least_growth: new rows that are no jump, however short the list was.
        max_unusable: largest share of rows in quarantine.
        max_unusable_rise: largest rise of that share.
        max_unmapped_rise: largest rise of the share of a field's terms with no common one.
        max_shared_keys_rise: largest rise of the share of rows whose key an earlier row has.
        least_rows: fewest rows that make a rise.
        max_chance: a column that some rows leave out is gone, or new, where chance alone would do
            that more seldom: a source may state only what it fills.
        max_back: how far the list's own date may go back: servers of one source differ a little.
        max_ahead: how far in the future a date may lie.
        max_ahead_rise: largest rise of the share of rows that state a later date than that.
        max_newest_back: how far back the newest date of a field may go.
        max_median_shift: how far a field's median date may move, beside the time gone by.
        least_dates: fewest dates that have a median worth comparing.
    """

    mode: GateMode = GateMode.HOLD
    max_loss: float = 0.3
    max_growth: float = 1.0
    least_growth: int = 50
    max_unusable: float = 0.2
    max_unusable_rise: float = 0.05
    max_unmapped_rise: float = 0.1
    max_shared_keys_rise: float = 0.05
    least_rows: int = 5
    max_chance: float = 0.001
    max_back: timedelta = timedelta(hours=1)
    max_ahead: timedelta = timedelta(days=1)
    max_ahead_rise: float = 0.01
    max_newest_back: timedelta = timedelta(days=7)
    max_median_shift: timedelta = timedelta(days=90)
    least_dates: int = 20
