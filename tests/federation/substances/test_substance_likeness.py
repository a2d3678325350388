from types import MappingProxyType

import pytest

from federation.substances.likeness import LikenessIndex
from federation.substances.register import Substance, SubstanceRegister


def substance(inn, *synonyms, atc=("A01AA01",)):
    names = MappingProxyType({"en": (), "und": synonyms})
    return Substance(inn, None, None, atc, names)


@pytest.fixture
def index():
    return LikenessIndex(
        SubstanceRegister(
            [
                substance("flecainide"),
                substance("clotrimazole"),
                substance("nosuchonide"),
                substance("nosuchonine"),
                substance("sulfadiazine"),
                substance("sulfadoxine", atc=()),
                substance("thiamine", "aneurine"),
            ]
        )
    )


@pytest.mark.parametrize(
    ("name", "inn", "method"),
    [
        ("flecainid", "flecainide", "spelling"),
        ("klotrimazol", "clotrimazole", "spelling"),
        ("クロトリマゾール", "clotrimazole", "transliteration"),
        ("클로트리마졸", "clotrimazole", "transliteration"),
    ],
)
def test_one_spelling_or_sound_is_one_substance(index, name, inn, method):
    likeness = index.same(name)
    assert (likeness.substance.inn, likeness.method) == (inn, method)
    assert inn in likeness.step


@pytest.mark.parametrize("name", ["flecanide", "clotrimozole", "클로트리마돌"])
def test_what_is_near_one_and_far_from_all_others_is_found(index, name):
    assert index.same(name) is None
    assert index.near(name).method == "fuzzy"


@pytest.mark.parametrize(
    "name",
    ["cotrimoxazole", "histamine", "nosuchonire", "sulfadoxinee", "thiam", "1234", "", "塩化"],
)
def test_what_is_far_or_between_two_or_short_is_left_open(index, name):
    assert index.near(name) is None
