import pytest

from federation.substances.brands import BrandSounds
from federation.substances.normalise import key
from federation.substances.register import Substance, SubstanceRegister


def _substance(inn):
    return Substance(inn, None, None, (), {})


ONE, OTHER = _substance("oneacil"), _substance("otheracil")
BRANDS = {
    "rinvoq": frozenset({ONE}),
    "kombivastala": frozenset({ONE, OTHER}),
    "valtomidala": frozenset({ONE}),
    "valtomitala": frozenset({OTHER}),
    "remo": frozenset({ONE}),
}
SOUNDS = BrandSounds(SubstanceRegister((ONE, OTHER), BRANDS))


@pytest.mark.parametrize(
    ("native", "contents"),
    [
        ("リンヴォック", {ONE}),
        ("린복", {ONE}),
        ("コンビバスタラ", {ONE, OTHER}),
        ("コンピバスタラ", {ONE, OTHER}),  # one edit off
        ("コルシガスタラ", set()),  # further off
        ("バルトミザラ", set()),  # as near to a brand of something else
        ("レモ", set()),
        ("rinvoq", set()),  # read as it is written, elsewhere
        ("", set()),
    ],
)
def test_brand_is_heard_in_a_native_name_only_when_it_is_long_and_clear(native, contents):
    assert SOUNDS.contents(key(native)) == contents


def test_two_brands_of_one_sound_are_none():
    brands = {"cardevim": frozenset({ONE}), "kardevim": frozenset({OTHER})}
    sounds = BrandSounds(SubstanceRegister((ONE, OTHER), brands))
    assert sounds.contents(key("カルデビム")) == set()
