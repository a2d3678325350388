import pytest

from federation.substances.normalise import key
from federation.substances.spellings import skeleton


@pytest.mark.parametrize(
    "names",
    [
        ("chloroprocaine", "Chloroprocain", "cloroprocaina", "Chloroprocainum"),
        ("chlortalidone", "chlorthalidone"),
        ("amfetamine", "amphetamine", "Amphetamin"),
        ("clonidine", "Klonidin"),
        ("tranexamic acid", "ACIDE TRANEXAMIQUE", "Tranexamsäure"),
        ("ascorbic acid", "Ascorbinsäure", "acide ascorbique", "acido ascorbico"),
        ("diatrizoic acid", "Diatrizoesäure"),
    ],
)
def test_spellings_of_one_name_have_one_skeleton(names):
    assert len({skeleton(key(name)) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("thiamine", "histamine"),
        ("prednisone", "prednisolone"),
        ("fenofibrate", "fenofibric acid"),
        ("nicotine", "nicotinic acid"),
    ],
)
def test_different_names_have_different_skeletons(one, other):
    assert skeleton(key(one)) != skeleton(key(other))
