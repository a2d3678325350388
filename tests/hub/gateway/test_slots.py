"""A slot may be bound, and not looked at without its being known."""

import operator
from decimal import Decimal

import pytest

from hub.gateway.planning.slots import LookedAt, Slots, made_of, place_of, told_of

LOOKS = [
    bool,
    int,
    str,
    repr,
    len,
    list,
    hash,
    float,
    "{}".format,
    lambda slot: slot == "KR",
    lambda slot: slot != "KR",
    lambda slot: slot > 1,
    lambda slot: slot >= 1,
    lambda slot: slot.isoformat(),
    lambda slot: slot[0],
    lambda slot: "K" in slot,
    lambda slot: "KR" + slot,
    lambda slot: {slot},
    lambda slot: Decimal(int(slot)),
    lambda slot: getattr(slot, "value", slot),
    operator.index,
]


@pytest.mark.parametrize("look", LOOKS)
def test_whoever_looks_at_a_slot_is_told_whose_value_it_is(look):
    slot = Slots(["KR", "US"]).slot(1)
    with pytest.raises(LookedAt) as caught:
        look(slot)
    assert caught.value.place == 1


def test_what_is_made_of_a_slot_is_a_slot_and_a_step_to_make_it():
    slots = Slots(["a", "b"])
    made = made_of(made_of(slots.slot(1), str.upper), list)
    assert place_of(made) == 3
    assert slots.values == ["a", "b", "B", ["B"]]
    assert slots.steps == [(1, str.upper), (2, list)]
    with pytest.raises(LookedAt) as caught:
        len(made)
    assert caught.value.place == 1


def test_what_is_told_of_a_slot_is_kept_as_a_question():
    slots = Slots(["abc"])
    assert told_of(slots.slot(0), len) == 3
    assert slots.told == [(0, len)]
    with pytest.raises(LookedAt):
        told_of(made_of(slots.slot(0), str.upper), len)


def test_a_known_value_is_made_and_told_of_as_it_is():
    assert made_of("a", str.upper) == "A"
    assert told_of("abc", len) == 3
    assert place_of("a") is None
    assert place_of(["a"]) is None


def test_a_slot_within_a_list_counts_as_looked_at():
    with pytest.raises(LookedAt):
        place_of(["a", Slots(["b"]).slot(0)])
