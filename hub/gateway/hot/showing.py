"""Which rows an answer shows, written as the JSON of its disclosure entry.

What `hub/gateway/planning/tallies.py` reads into `ShownRows`, in fewer steps: the counts of an
operation's answers recur, and are kept as text; their dates hardly do, and are put in.
"""

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache

import orjson

from hub.disclosure.shown import Shown, instant
from hub.gateway.planning.tallies import Measure, Tally, read
from hub.gateway.recent import Recent

MAX_COUNTS = 50
"""Most outcomes of one operation's counts whose text is kept."""

MAX_INSTANTS = 1_000


class Showing:
    """Writes what the tallies of one operation's answers say."""

    def __init__(self, shows: Sequence[Tally]) -> None:
        """Keep what each number means, those of all fields at the root in a row."""
        self._counts = [
            (place, tally) for place, tally in enumerate(shows) if tally.measure is Measure.ROWS
        ]
        self._dates: dict[str, list[int]] = {tally.record_type: [] for tally in shows}
        for place, tally in enumerate(shows):
            if tally.measure is not Measure.ROWS:
                self._dates[tally.record_type].append(place)
        self._kept = Recent[Hashable, Mapping[str, bytes]](MAX_COUNTS)

    def written(self, numbers: Sequence[int]) -> bytes:
        """Write what the numbers of an answer say."""
        counted = self._counted([numbers[place] for place, _ in self._counts])
        parts = []
        for record_type, places in self._dates.items():
            rows = counted.get(record_type)
            dates = [numbers[place] for place in places if numbers[place]]
            if rows or dates:
                oldest, newest = min(dates, default=0), max(dates, default=0)
                parts.append(
                    b'"%b":{"rows":%b,"oldest":%b,"newest":%b}'
                    % (record_type.encode(), rows or b"{}", _instant(oldest), _instant(newest))
                )
        return b"{%b}" % b",".join(parts)

    def _counted(self, counts: Sequence[int]) -> Mapping[str, bytes]:
        """Write the counts of each record type that has any."""
        key = tuple(counts)
        found = self._kept.find(key)
        if found is None:
            shown: Shown = {}
            read([tally for _, tally in self._counts], counts, shown)
            found = {record_type: orjson.dumps(each.rows) for record_type, each in shown.items()}
            self._kept.keep(key, found)
        return found


@lru_cache(maxsize=MAX_INSTANTS)
def _instant(milliseconds: int) -> bytes:
    """Write an instant; 0 is none."""
    found = instant(milliseconds) if milliseconds else None
    return orjson.dumps(found, option=orjson.OPT_UTC_Z)
