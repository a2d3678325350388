"""A list that changes while its pages are read is read again, or refused; it is never a mixture."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import SourceFault
from federation.reading.native import Document
from federation.sources.exchange import Fetched, Request
from federation.sources.paging import READINGS, ListMoved, Page, Reading, read_whole
from tests.federation.sources.conversation import answer, converse

SIZE = 2


def page(*ids, total, edition="1"):
    rows = [{"id": number} for number in ids]
    return answer(json.dumps({"rows": rows, "total": total, "edition": edition}))


def _page(number, got):
    found = json.loads(got.content)
    document = Document(f"page-{number}.json", got.content)
    return Page(document, found["rows"], found["total"], found["edition"])


def _begin():
    reading = Reading("id", SIZE)
    while not reading.pages or reading.received < reading.pages[0].total:
        got = yield Request(f"http://list.test/{len(reading.pages) + 1}")
        found = _page(len(reading.pages) + 1, got)
        reading.take(found)
        if not found.rows:
            break
    again = None
    if len(reading.pages) > 1:
        again = _page(1, (yield Request("http://list.test/1")))
    reading.end(again)
    return reading


def _read():
    reading = yield from read_whole(_begin, "the list")
    return Fetched(reading.documents)


def ids(fetched):
    return [row["id"] for one in fetched.documents for row in json.loads(one.content)["rows"]]


STILL = [page(1, 2, total=3), page(3, total=3), page(1, 2, total=3)]

CHANGES = {
    "a row more": [page(1, 2, total=3), page(3, total=4)],
    "another edition": [page(1, 2, total=3), page(3, total=3, edition="2")],
    "another first page at the end": [
        page(1, 2, total=3),
        page(4, total=3),
        page(1, 3, total=3),
    ],
    "another total at the end": [page(1, 2, total=3), page(3, total=3), page(1, 2, total=4)],
    "a row read twice": [page(1, 2, total=4), page(2, 3, total=4), page(1, 2, total=4)],
    "a row less than it says": [page(1, 2, total=3), page(total=3), page(1, 2, total=3)],
    "a short page": [
        page(1, total=4),
        page(2, 3, total=4),
        page(4, total=4),
        page(1, total=4),
    ],
}


def test_a_list_that_stands_still_is_read_once():
    fetched, requests = converse(_read(), *STILL)
    assert (ids(fetched), len(requests)) == ([1, 2, 3], 3)


@pytest.mark.parametrize("change", CHANGES)
def test_a_list_that_changed_is_read_again_from_its_first_page(change):
    fetched, requests = converse(_read(), *CHANGES[change], *STILL)
    assert ids(fetched) == [1, 2, 3]
    assert len(requests) == len(CHANGES[change]) + len(STILL)


@pytest.mark.parametrize("change", CHANGES)
def test_a_list_that_goes_on_changing_is_given_up_with_what_showed_it(change):
    moving = [
        one
        for number in range(READINGS)
        for one in [*CHANGES[change][:-1], page(*range(number), 9, total=number + 1)]
    ]
    with pytest.raises(SourceFault, match=r"in 3 readings: .*: pull again later") as given_up:
        converse(_read(), *moving, *moving)
    assert given_up.value.public_code == "SOURCE_MOVING"


@pytest.mark.parametrize("change", ["a row read twice", "a short page"])
def test_an_oddity_that_is_the_same_in_two_readings_is_the_sources_own(change):
    fetched, requests = converse(_read(), *CHANGES[change], *CHANGES[change])
    assert len(ids(fetched)) == 4
    assert len(requests) == 2 * len(CHANGES[change])


def test_a_list_without_end_is_refused(monkeypatch):
    monkeypatch.setattr("federation.sources.paging.MAX_PAGES", 3)
    with pytest.raises(SourceFault, match="over 3 pages") as refused:
        converse(_read(), *(page(n, n + 100, total=99) for n in range(9)))
    assert not isinstance(refused.value, ListMoved)


@st.composite
def _edits(draw):
    """What happens to the list between answers: at each, a row comes, one goes, or nothing."""
    return draw(st.lists(st.sampled_from(["add", "drop", "none"]), min_size=1, max_size=25))


@given(st.integers(0, 7), _edits())
def test_what_is_read_is_one_state_of_the_list_or_nothing(rows, edits):
    states = [list(range(rows))]
    for number, edit in enumerate(edits, 100):
        now = list(states[-1])
        if edit == "add":
            now.insert(0, number)
        elif edit == "drop" and now:
            now.pop(0)
        states.append(now)
    read = _carried_out(iter(states), states[-1])
    if read is None:
        assert len({tuple(state) for state in states}) > 1
    else:
        assert read in states


def _carried_out(states, last):
    """Read the list with a state for each answer; None where it is given up."""

    def serve(request):
        state = next(states, last)
        start = (int(request.url.rsplit("/", 1)[-1]) - 1) * SIZE
        return page(*state[start : start + SIZE], total=len(state), edition=None)

    steps, got = _read(), None
    try:
        while True:
            got = serve(next(steps) if got is None else steps.send(got))
    except StopIteration as stop:
        return ids(stop.value)
    except ListMoved:
        return None
