"""One spelling for each name in any script, one form for each code, and what a text asks for."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.search.terms import MAX_CODE, MAX_FORM, Sought, form_of_code, form_of_name, words_of

ONE_NAME = [
    ("ｱｾﾄｱﾐﾉﾌｪﾝ", "アセトアミノフェン"),
    ("あせとあみのふぇん", "アセトアミノフェン"),
    ("ｶﾞｽﾀｰ", "ガスター"),
    ("ＤＯＬＩＰＲＡＮＥ　５００ｍｇ", "doliprane 500mg"),
    ("Paracétamol", "PARACETAMOL"),
    ("Überdosis", "uberdosis"),
    ("STRASSE", "straße"),
    ("ŒSTRADIOL", "oestradiol"),
    ("아세트아미노펜", unicodedata.normalize("NFD", "아세트아미노펜")),
    ("co-trimoxazole", "Co trimoxazole"),
    ("㎎", "mg"),
    ("β-carotene", "beta-carotene"),
]


@pytest.mark.parametrize(("one", "other"), ONE_NAME)
def test_two_spellings_of_a_name_have_one_form(one, other):
    assert form_of_name(one) == form_of_name(other)


@pytest.mark.parametrize(
    ("one", "other"), [("ハ", "バ"), ("カ", "ガ"), ("가", "각"), ("ö", "ä"), ("5", "50")]
)
def test_what_differs_has_another_form(one, other):
    assert form_of_name(one) != form_of_name(other)


@given(st.text(max_size=400))
def test_a_form_is_its_own_form_and_holds_words_alone(text):
    form = form_of_name(text)
    assert form_of_name(form) == form
    assert len(form) <= MAX_FORM
    assert form == " ".join(form.split())
    assert all(sign.isalnum() or sign == " " for sign in form)


@given(st.text(max_size=100), st.text(max_size=100))
def test_a_text_within_another_is_found_by_its_words(one, other):
    whole = form_of_name(f"{one} {other}")
    if len(whole) < MAX_FORM:
        assert {*words_of(form_of_name(other))} <= {*words_of(whole)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("타이레놀정500밀리그람", ["타이", "이레", "레놀", "놀정", "500", "밀리", "리그", "그람"]),
        ("錠", ["錠"]),
        ("アセト錠", ["アセ", "セト", "ト錠"]),
        ("Doliprane 500mg", ["doliprane", "500", "mg"]),
        ("vitamin B12 B12", ["vitamin", "b", "12"]),
        ("، دواء", ["دواء"]),
    ],
)
def test_a_name_is_cut_into_words_and_pairs_of_signs(text, words):
    assert words_of(form_of_name(text)) == words


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("0002-1433-80", "0002143380"),
        ("n02be01", "N02BE01"),
        ("１１４１００７Ｆ１０１２", "1141007F1012"),
        ("EMEA/H/C/000315", "EMEAHC000315"),
        ("103-90-2", "103902"),
        ("takeda pharms usa", None),
        ("제1호", None),
        ("", None),
        ("1" * (MAX_CODE + 1), None),
    ],
)
def test_a_code_is_its_letters_and_digits(text, form):
    assert form_of_code(text) == form


NDC = "0002-1433-80", "0002143380", "00002-1433-80", "00002143380"


@pytest.mark.parametrize("asked", NDC)
@pytest.mark.parametrize("stored", NDC)
def test_every_form_of_an_ndc_finds_every_other(asked, stored):
    assert form_of_code(stored) in Sought.of(asked).codes


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("57844-140-01", "57844014001"),
        ("5784414001", "57844014001"),
        ("16571-6000-1", "16571600001"),
        ("57844014001", "57844-140-01"),
        ("PZN 4300118", "04300118"),
        ("PZN-04300118", "04300118"),
        ("CIP13: 3400937905282", "3400937905282"),
        ("08806482009409", "8806482009409"),
        ("UNII 362O9ITL9D", "362O9ITL9D"),
        ("FEI:3002806523", "3002806523"),
        ("doliprane 3400937905282", "3400937905282"),
    ],
)
def test_a_code_is_found_with_its_label_or_in_another_form(asked, stored):
    assert form_of_code(stored) in Sought.of(asked).codes


@pytest.mark.parametrize("text", ["doliprane 500 mg", "타이레놀", "v 12"])
def test_a_number_in_a_name_is_no_code(text):
    assert [code for code in Sought.of(text).codes if code.isdigit()] == []


@pytest.mark.parametrize("text", ["", " ", "💊", "%_'\";--", "\0", "\u200f\u202e", "、。"])
def test_a_text_without_letters_and_digits_asks_for_nothing(text):
    assert Sought.of(text) == Sought("", (), (), (), None, ())


@given(st.text(max_size=250))
def test_nothing_is_bound_that_a_database_would_not_take(text):
    found = Sought.of(text)
    bound = [found.form, *found.words, *found.codes, *(span.form for span in found.spans)]
    assert "\0" not in "".join(bound)
    "".join(bound).encode()


def test_a_substance_is_sought_in_a_few_words_beside_the_others():
    spans = {span.form: span.rest for span in Sought.of("acetylsalicylic acid 500 mg").spans}
    assert spans["acetylsalicylic acid"] == ("500", "mg")
    assert spans["acetylsalicylic acid 500 mg"] == ()


def test_a_long_text_is_not_tried_in_all_its_parts():
    assert len(Sought.of("a " * 100).spans) <= 12 * 5
