import re

import pytest

from federation.errors import DeclarationFault
from federation.substances.normalise import key
from federation.substances.register import LANGUAGES, is_cas_number, load_register

HEADER = "inn,unii,cas,atc,en,ko,ja,fr,de,in\n"
AMLODIPINE = "amlodipine,1J444QC288,88150-42-9,C08CA01,,암로디핀,アムロジピン,,Amlodipin,\n"


@pytest.fixture
def load(tmp_path):
    def load_lines(*lines, header=HEADER):
        path = tmp_path / "own.csv"
        path.write_text(header + "".join(lines), encoding="utf-8")
        return load_register(path)

    return load_lines


def test_a_substance_is_found_by_name_unii_and_inn(load):
    register = load(AMLODIPINE)
    (amlodipine,) = register
    assert register.named("Ａｍｌｏｄｉｐｉｎ") is amlodipine
    assert register.named("암로디핀") is amlodipine
    assert register.with_unii("1J444QC288") is amlodipine
    assert register.with_inn("amlodipine") is amlodipine
    assert amlodipine.atc == ("C08CA01",)
    assert register.named("nifedipine") is register.with_unii("") is register.with_inn("x") is None


def test_empty_cells_are_none_and_no_names(load):
    (water,) = load("water,,,,,,,,,\n")
    assert (water.unii, water.cas, water.atc) == (None, None, ())
    assert list(water.all_names()) == ["water"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Amlodipine,,,,,,,,,\n", "line 3: inn `Amlodipine` is not a lower-case name"),
        ("zinc,123,,,,,,,,\n", "line 3: unii `123` is not ten capitals or digits"),
        ("zinc,,50-78-3,,,,,,,\n", "line 3: cas `50-78-3` fails its check digit"),
        ("zinc,,,A12CB,,,,,,\n", "line 3: atc `A12CB` is no level-5 code"),
        ("zinc,,,,a||b,,,,,\n", "line 3: `a||b` holds an empty or padded name"),
        ("zinc,,,\n", "line 3: the line has not 10 cells"),
        ("zinc,,,,,,,,,,\n", "line 3: the line has not 10 cells"),
        ("acid,,,,,,,,,\n", "line 3: `acid` stands after `amlodipine`: sort by inn"),
        ("amlodipine,,,,,,,,,\n", "line 3: `amlodipine` is there twice"),
        ("zinc,1J444QC288,,,,,,,,\n", "line 3: unii `1J444QC288` is also that of `amlodipine`"),
        ("zinc,,,,,,,,AMLO-DIPIN,\n", "line 3: `AMLO-DIPIN` of `zinc` also names `amlodipine`"),
    ],
)
def test_a_bad_line_is_refused_by_number_and_with_the_mend(load, line, message):
    with pytest.raises(DeclarationFault, match=re.escape("own.csv " + message)):
        load(AMLODIPINE, line)


def test_another_header_is_refused(load):
    with pytest.raises(DeclarationFault, match=r"own\.csv line 1: write the columns inn,unii"):
        load(header="inn,unii\n")


@pytest.mark.parametrize(("number", "is_one"), [("50-78-2", True), ("50-78-20", False)])
def test_cas_numbers_are_told_by_shape_and_check_digit(number, is_one):
    assert is_cas_number(number) is is_one


def test_the_bundled_register_is_well_formed_and_of_its_promised_size():
    register = load_register()
    assert 280 <= len(register) <= 360
    for substance in register:
        assert substance.unii is None or re.fullmatch(r"[A-Z0-9]{10}", substance.unii)
        assert substance.cas is None or is_cas_number(substance.cas)
        assert all(re.fullmatch(r"[A-Z]\d\d[A-Z]{2}\d\d", code) for code in substance.atc)
        assert substance.atc == tuple(sorted(set(substance.atc)))
        for names in substance.names.values():
            assert len({key(name) for name in names}) == len(names), substance.inn


def test_most_of_the_bundled_register_is_named_in_every_language():
    register = load_register()
    for language in {*LANGUAGES} - {"en", "in"}:
        named = sum(bool(substance.names[language]) for substance in register)
        assert named >= 0.9 * len(register), language


def test_an_atc_code_of_several_substances_finds_none(load):
    register = load("iron,,,B03AA01;B03AA07,,,,,,\n", "zinc,,,B03AA07,,,,,,\n")
    assert register.with_atc("B03AA01") is register.with_inn("iron")
    assert register.with_atc("B03AA07") is register.with_atc("B03AA02") is None
