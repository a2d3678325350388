"""Figures are compared with those given before, in pairs and in all combinations."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.disclosure import combinations as elimination
from hub.disclosure.audit import Figure, collision
from hub.disclosure.combinations import Combinations
from hub.errors import TooLarge


def figure(*items, of=1, demand=2):
    """A figure of items, `of` of which have one holder."""
    return Figure(tuple(items), tuple(item // of for item in items), demand)


def figures(*sets, demand):
    return [figure(*items, demand=demand) for items in sets]


def test_figures_that_share_nothing_collide_with_none():
    given_before, asked = figures({1, 2, 3}, demand=3), figures({4, 5, 6}, demand=3)
    assert collision(given_before, asked) is None


def test_one_item_more_collides_with_the_figure_without_it():
    given_before = [figure(10, 11, 12), figure(1, 2, 3, 4)]
    assert collision(given_before, [figure(1, 2, 3, 4, 5)]) == 1


def test_one_item_less_collides_too():
    assert collision([figure(1, 2, 3, 4, 5)], [figure(1, 2, 3, 4)]) == 0


def test_a_difference_of_enough_holders_is_no_collision():
    given_before = figures({1, 2, 3}, demand=3)
    assert collision(given_before, figures({1, 2, 3, 4, 5, 6}, demand=3)) is None


def test_a_difference_of_enough_items_of_one_holder_is_a_collision():
    assert collision([figure(*range(80), of=10)], [figure(*range(90), of=10)]) == 0


def test_figures_asked_for_together_may_collide_among_themselves():
    assert collision([], figures({1, 2, 3}, {1, 2, 3, 4}, demand=3)) == -1


def test_the_more_demanding_of_two_figures_decides():
    pair = [{1, 2, 3, 4, 5}, {1, 2, 3, 4, 5, 6, 7}]
    assert collision(figures(pair[0], demand=2), figures(pair[1], demand=2)) is None
    assert collision(figures(pair[0], demand=3), figures(pair[1], demand=2)) == 0
    assert collision(figures(pair[0], demand=2), figures(pair[1], demand=3)) == 0


@pytest.mark.parametrize(("demand", "found"), [(3, 1), (2, None)])
def test_a_combination_of_three_figures_is_found_though_no_pair_tells(demand, found):
    """Of a, b and c by two, each pair shares two items and differs in four."""
    given_before = figures({1, 2, 3, 4}, {3, 4, 5, 6}, demand=demand)
    assert collision(given_before, figures({1, 2, 5, 6}, demand=demand)) == found


def test_a_small_cell_between_two_groupings_is_found():
    """A 2 x 2 table of 5, 5, 5 and 1, of which the whole, a row and a column are known."""
    row, column, rest, corner = {1, 2, 3, 4, 5}, {11, 12, 13, 14, 15}, {21, 22, 23, 24, 25}, {100}
    given_before = figures(row | column | rest | corner, column | rest, demand=2)
    assert collision(given_before, figures(row, demand=2)) is not None


def test_what_figures_given_before_bring_by_themselves_bars_nothing_new():
    """Given when two holders were enough; three are wanted of what is asked for now."""
    given_before = figures({1, 2, 3, 4}, {1, 2}, demand=2)
    asked = figures({11, 12, 13}, demand=3)
    assert collision(given_before, asked) is None


@st.composite
def incidences(draw):
    columns = draw(st.integers(1, 5))
    line = st.lists(st.booleans(), min_size=columns, max_size=columns)
    return draw(st.lists(line, min_size=1, max_size=5)), columns


def rank(rows):
    rows, found = [[Fraction(value) for value in row] for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows = [
            [
                value - row[column] / pivot[column] * other
                for value, other in zip(row, pivot, strict=True)
            ]
            for row in rows
            if row is not pivot
        ]
        found += 1
    return found


@settings(deadline=None, max_examples=300)
@given(incidences())
def test_exactly_the_parts_that_some_combination_pins_stand_alone(drawn):
    lines, columns = drawn
    basis = Combinations([at for at, has in enumerate(line) if has] for line in lines)
    found = basis.rows.values()
    alone = {first for row in found for first in row if len(row) == 1}
    units = {at: [int(at == column) for column in range(columns)] for at in range(columns)}
    pinned = {at for at, unit in units.items() if rank([*lines, unit]) == rank(lines)}
    assert alone == pinned
    assert {at for at in units if basis.holds({at: 1})} == pinned
    assert len(found) == rank(lines)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.frozensets(st.integers(0, 5), min_size=1), min_size=1, max_size=4))
def test_no_holder_is_pinned_by_figures_that_were_let_through(sets):
    """An attacker who adds and subtracts what was given with small factors learns of no one."""
    given_before = []
    for items in sets:
        asked = figure(*sorted(items))
        if asked in given_before or len(items) < 2:
            continue
        if collision(given_before, [asked]) is None:
            given_before.append(asked)
    for factors in product(range(-2, 3), repeat=len(given_before)):
        total = [
            sum(f for f, each in zip(factors, given_before, strict=True) if item in each.items)
            for item in range(6)
        ]
        assert sum(map(bool, total)) != 1


def test_an_elimination_past_its_limit_is_refused(monkeypatch):
    monkeypatch.setattr(elimination, "MAX_STEPS", 3)
    with pytest.raises(TooLarge, match="group by fewer fields") as caught:
        Combinations([range(10), range(5), range(3, 9)])
    assert caught.value.public_code == "AGGREGATE_TOO_LARGE"
