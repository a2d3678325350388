import pytest

from federation.substances.ions import ACIDS, METALS, PARTNERS, STATES
from federation.substances.normalise import key
from federation.substances.salts import COUNTER_IONS, PREFIXES, SUFFIXES, bases, is_only_ions


def reached(name: str) -> set[str]:
    return {base.name for level in bases(key(name)) for base in level}


@pytest.mark.parametrize(
    ("salt", "base"),
    [
        ("amlodipine besylate", "amlodipine"),
        ("dexamethasone sodium phosphate", "dexamethasone"),
        ("pemetrexed disodium heptahydrate", "pemetrexed"),
        ("potassium clavulanate", "clavulanic acid"),
        ("Alendronat-Natrium-Trihydrat", "alendronic acid"),
        ("Dexamethasondihydrogenphosphat-Dinatrium", "Dexamethason"),
        ("CHLORHYDRATE DE KÉTAMINE", "kétamine"),
        ("CHLORHYDRATE D'OXYCODONE", "oxycodone"),
        ("PHOSPHATE SODIQUE DE DEXAMÉTHASONE", "dexaméthasone"),
        ("ATORVASTATINE CALCIQUE TRIHYDRATÉE", "atorvastatine"),
        ("CLAVULANATE DE POTASSIUM", "clavulanic acid"),
        ("덱스트로메토르판브롬화수소산염수화물", "덱스트로메토르판"),
        ("염산지프라시돈일수화물", "지프라시돈"),
        ("로쿠로늄브롬화물", "로쿠로늄"),
        ("プラミペキソール塩酸塩水和物", "プラミペキソール"),
        ("塩酸レボブピバカイン", "レボブピバカイン"),
        ("スキサメトニウム塩化物水和物", "スキサメトニウム"),
        ("メチルプレドニゾロンコハク酸エステルナトリウム", "メチルプレドニゾロン"),
        ("ペメトレキセドナトリウムヘミペンタ水和物", "ペメトレキセド"),
    ],
)
def test_salts_of_each_language_reach_their_base(salt, base):
    assert key(base) in reached(salt)


def test_a_name_is_its_own_first_base_with_nothing_taken():
    (first,) = next(bases("amlodipine"))
    assert (first.name, first.taken, first.is_acid) == ("amlodipine", (), False)


@pytest.mark.parametrize(
    "name", ["sodium chloride", "calcium carbonate", "염화나트륨", "塩化カリウム"]
)
def test_what_is_only_ions_leaves_no_ion_behind(name):
    assert not (reached(name) - {key(name)}) & COUNTER_IONS


def test_a_metal_before_an_anion_is_a_salt_of_its_own_and_stays():
    assert "dextrose" not in reached("dextrose sodium chloride")
    assert "ringer" not in reached("ringer sodium lactate")


def test_ions_and_states_alone_are_told_from_names():
    assert is_only_ions(key("sodium trihydrate"))
    assert not is_only_ions(key("amlodipine besilate"))


def test_every_affix_is_a_key_and_the_name_of_its_ion_is_one_too():
    for affix, ion in (*SUFFIXES.items(), *PREFIXES.items()):
        assert affix == key(affix) != ""
        assert ion == key(ion)


def test_no_affix_means_two_ions():
    rows = [*ACIDS, *METALS, *PARTNERS, *STATES]
    for language in ("en", "ko", "ja"):
        words = [word for row in rows for word in getattr(row, language).split()]
        assert len(words) == len(set(words))
