import pytest

from federation.organizations.places import Agreement, agreement, read_place

GOTTINGEN = read_place("Hildebrandstr 12, D-37081 Göttingen", None)


@pytest.mark.parametrize(
    "other",
    ["Hildebrandstr. 12 37081 GOTTINGEN", "Hildebrandstr 12, D-37081 Göttingen, Germany"],
)
def test_addresses_of_like_words_and_the_same_numbers_agree(other):
    assert agreement(GOTTINGEN, read_place(other, None)) is Agreement.ADDRESS


def test_another_house_number_is_another_place():
    assert agreement(GOTTINGEN, read_place("Hildebrandstr 14, D-37081 Göttingen", None)) is None


def test_the_town_of_one_in_the_address_of_the_other_agrees():
    assert agreement(GOTTINGEN, read_place(None, "Gottingen, Lower Saxony")) is Agreement.TOWN


def test_part_of_a_word_is_no_town():
    assert agreement(GOTTINGEN, read_place(None, "Gotting")) is None


def test_two_towns_alone_prove_nothing():
    assert agreement(read_place(None, "Delft"), read_place(None, "Delft")) is None


def test_address_of_one_unit_of_several_is_not_meant_by_the_town():
    unit = read_place("Unit-III, 22-110 Jeedimetla, Hyderabad-500055", None)
    assert agreement(unit, read_place(None, "Hyderabad")) is None


def test_address_without_a_number_is_neither_address_nor_town():
    holder = read_place("HETERO LABS LIMITED Hyderabad IN", "Hyderabad")
    assert agreement(holder, read_place("Plot 7, Hyderabad 500055", None)) is None
