"""Figures are withheld so that nobody who knows all margins, and the rules, learns a small one."""

import random
from collections import Counter
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.disclosure.suppression import PERCENT, Rule, withheld

SMALLEST = 3
RULE = Rule(SMALLEST)
SUM = Rule(SMALLEST, is_sum=True)


def table(counts):
    """Cells of so many holders each, every one with one row."""
    holders = list(range(sum(counts.values())))
    random.Random(1).shuffle(holders)
    return {
        place: {holders.pop(): Decimal(1) for _ in range(count)}
        for place, count in counts.items()
        if count
    }


def whole(cells, rule=RULE, already=None):
    """The cells withheld of the whole table."""
    axes = tuple(range(len(next(iter(cells)))))
    return withheld(cells, rule, already)[axes]


def shown(counts):
    """All that questions by these dimensions, or fewer of them, bring."""
    cells = table(counts)
    found = {}
    for axes, hidden in withheld(cells, RULE).items():
        sums = Counter()
        for place, cell in cells.items():
            sums[tuple(place[axis] for axis in axes)] += len(cell)
        found[axes] = {place: count for place, count in sums.items() if place not in hidden}
    return found


def margins(counts):
    """The members of each margin that is shown."""
    *fewer, whole_axes = shown(counts).items()
    for axes, figures in fewer:
        for margin in figures:
            yield [p for p in counts if tuple(p[axis] for axis in axes) == margin]
    assert len(whole_axes[0]) > len(fewer[-1][0])


def solutions(unknown, margins_known, most):
    """All ways in which unknown cells can meet the margins."""
    order = sorted(unknown)

    def search(at, found):
        for members, total in margins_known:
            known = [found[place] for place in members if place in found]
            if sum(known) > total or (len(known) == len(members) and sum(known) != total):
                return
        if at == len(order):
            yield dict(found)
            return
        for value in range(most + 1):
            yield from search(at + 1, found | {order[at]: value})

    yield from search(0, {})


def pinned(counts):
    """The cells of too few holders whose size follows from what is shown.

    The attacker has every answer about these dimensions or fewer, and tries all tables that would
    bring the same figures.
    """
    told = list(shown(counts).values())[-1]
    unknown = [place for place in counts if place not in told]
    known = [
        ([p for p in margin if p in unknown], sum(counts[p] for p in margin if p in unknown))
        for margin in margins(counts)
    ]
    small = {place for place in unknown if 0 < counts[place] < SMALLEST}
    possible = {place: set() for place in small}
    most = max((total for _, total in known), default=SMALLEST)
    for found in solutions(unknown, known, most):
        for place in small:
            possible[place].add(found[place])
        if all(len(values) > 1 for values in possible.values()):
            return set()
    return {place for place, values in possible.items() if len(values) == 1}


def counts_of(*sizes, most=6):
    places = list(product(*(("a", "b", "c", "d")[:size] for size in sizes)))
    return st.fixed_dictionaries({place: st.integers(0, most) for place in places}).filter(
        lambda counts: any(counts.values())
    )


@settings(deadline=None, max_examples=150)
@given(st.one_of(counts_of(2, 2), counts_of(3, 2), counts_of(4), counts_of(2, 2, 2, most=4)))
def test_no_attacker_pins_a_small_cell_while_any_cell_is_shown(counts):
    cells = table(counts)
    hidden = whole(cells)
    assert {place for place, cell in cells.items() if len(cell) < SMALLEST} <= hidden
    if len(hidden) < len(cells):
        assert not pinned(counts)


@settings(deadline=None, max_examples=300)
@given(st.one_of(counts_of(4, 4), counts_of(3, 3), counts_of(3, 2, 2), counts_of(2, 2, 2, 2)))
def test_in_every_margin_shown_two_cells_or_none_are_withheld_and_enough_holders_together(counts):
    cells = table(counts)
    hidden = whole(cells)
    for margin in margins(counts):
        out = [place for place in margin if place in hidden]
        if out and len(out) < sum(place in cells for place in margin):
            assert len(out) > 1
            assert sum(counts[place] for place in out) >= SMALLEST


@settings(deadline=None, max_examples=100)
@given(counts_of(3, 3), st.randoms())
def test_the_choice_is_the_same_whatever_order_cells_come_in(counts, chance):
    cells = list(table(counts).items())
    first = withheld(dict(cells), RULE)
    chance.shuffle(cells)
    assert withheld(dict(cells), RULE) == first


def test_the_smallest_other_cell_goes_first():
    cells = table({("a",): 1, ("b",): 9, ("c",): 4, ("d",): 5})
    assert whole(cells) == {("a",), ("c",)}


def test_a_table_without_small_cells_is_shown_whole():
    assert whole(table({("a",): 3, ("b",): 4})) == frozenset()


def test_an_empty_table_withholds_nothing():
    assert withheld({}, RULE) == {(): frozenset()}


def test_two_small_cells_of_enough_holders_hide_one_another():
    cells = table({("a",): 1, ("b",): 2, ("c",): 9})
    assert whole(cells) == {("a",), ("b",)}


def test_two_small_cells_of_one_holder_do_not_hide_one_another():
    cells = {("a",): {1: Decimal(1)}, ("b",): {1: Decimal(1)}} | {
        (name,): {number + each: Decimal(1) for each in range(3)}
        for name, number in (("c", 10), ("d", 20))
    }
    assert whole(cells) == {("a",), ("b",), ("c",)}


def test_a_cell_that_lines_alone_would_pin_is_found_by_their_combination():
    """Two blocks of withheld cells with one cell between them: every line has two or more."""
    blocks = [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")]
    blocks += [("c", "c"), ("c", "d"), ("d", "c"), ("d", "d")]
    counts = dict.fromkeys(product("abcd", repeat=2), 9)
    counts |= dict.fromkeys(blocks, 2) | {("b", "c"): 1}
    cells = table(counts)
    hidden = whole(cells)
    assert hidden > {*blocks, ("b", "c")}


@pytest.mark.parametrize(
    ("amounts", "is_safe"),
    [
        ((10, 10, 10), True),
        ((100, 5, 6), False),
        ((100, 50, 11), True),
        ((100, 50, 10), False),
        ((-100, 5, 6), False),
        ((0, 0, 0), False),
        ((10, 10), False),
    ],
)
def test_a_sum_is_safe_if_the_second_holder_is_off_by_more_than_p_percent(amounts, is_safe):
    cell = {holder: Decimal(amount) for holder, amount in enumerate(amounts)}
    assert PERCENT == 10
    assert SUM.is_safe([cell]) is is_safe


def test_a_dominated_sum_takes_another_with_it():
    even = dict.fromkeys(range(3), Decimal(10))
    other = {holder + 10: amount * 2 for holder, amount in even.items()}
    ruled = {20: Decimal(100), 21: Decimal(1), 22: Decimal(1)}
    cells = {("a",): ruled, ("b",): even, ("c",): other}
    assert whole(cells, SUM) == {("a",), ("b",)}
    assert whole(cells) == frozenset()


def test_what_is_already_withheld_stays_so_and_is_covered():
    cells = table({("a",): 5, ("b",): 6, ("c",): 7})
    assert whole(cells, already={(0,): [("c",)]}) == {("a",), ("c",)}


def test_one_holder_in_a_line_of_its_own_costs_a_few_cells_and_not_the_table():
    counts = {(row, column): 9 for row in range(6) for column in range(6)}
    hidden = whole(table(counts | {(0, 6): 1}))
    assert (0, 6) in hidden
    assert len(hidden) <= 6


def test_margins_that_are_withheld_themselves_are_answered_so():
    """A table by one dimension fewer is withheld as if it had been asked for by itself."""
    counts = {("a", "x"): 1, ("a", "y"): 1, ("b", "x"): 5, ("b", "y"): 6, ("c", "x"): 7}
    cells = table(counts)
    by_row = {("a",): 2, ("b",): 11, ("c",): 7}
    assert withheld(cells, RULE)[0,] == whole(table(by_row)) == {("a",), ("c",)}
