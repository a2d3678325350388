"""What is written of tallies in few steps is what `tallies.read` makes of them, as JSON."""

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.records.declaration import Group
from hub.gateway.hot.showing import Showing
from hub.gateway.planning.tallies import Measure, Tally, read

GROUPS = (Group.PUBLIC, Group.NATIVE)
ORIGINS = ("EU", "KR")
WIDTH = 8
TALLIES = [
    Tally(name, measure, *((GROUPS, ORIGINS, WIDTH) if measure is Measure.ROWS else ()))
    for name in ("Product", "SupplyNotice")
    for measure in (Measure.OLDEST, Measure.NEWEST, Measure.ROWS)
]
COUNTS = st.integers(0, (1 << WIDTH * len(GROUPS) * len(ORIGINS)) - 1)
INSTANTS = st.integers(1_500_000_000_000, 1_900_000_000_000)


@st.composite
def answers(draw):
    """Tallies of some fields at the root in a row, and several answers' numbers."""
    shows = draw(st.lists(st.sampled_from(TALLIES), max_size=9))
    numbers = [COUNTS if tally.measure is Measure.ROWS else INSTANTS for tally in shows]
    some = st.tuples(*(st.just(0) | each for each in numbers))
    return shows, draw(st.lists(some, min_size=1, max_size=4))


@settings(max_examples=300)
@given(answers())
def test_it_says_what_the_slower_way_says(asked):
    shows, answered = asked
    showing = Showing(shows)
    # Twice, so that what is kept is used too.
    for numbers in [*answered, *answered]:
        shown = {}
        read(shows, numbers, shown)
        expected = orjson.loads(orjson.dumps(shown, option=orjson.OPT_UTC_Z))
        assert orjson.loads(showing.written(numbers)) == expected
