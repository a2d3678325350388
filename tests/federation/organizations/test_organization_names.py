import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.organizations.legal_forms import COUNTRIES_OF_FORM, FORM_BY_SIGN, FORM_BY_WORDS
from federation.organizations.names import Name, fold, read_name


@pytest.mark.parametrize(
    ("text", "core", "form"),
    [
        ("Hospira, Inc.", "hospira", "INC"),
        ("Sun Pharma Pvt. Ltd.", "sun pharma", "PVT LTD"),
        ("MAC CHEM PRODUCTS (INDIA) PRIVATE LIMITED", "mac chem products india", "PVT LTD"),
        ("Shandong Zhongyuan Greentech Co..Ltd", "shandong zhongyuan greentech", "LTD"),
        ("Liebel-Flarsheim Company LLC", "liebel flarsheim", "LLC"),
        ("The Mentholatum Company", "the mentholatum", None),
        ("Teva GmbH & Co. KG", "teva", "GMBH & CO KG"),
        ("H e x a l Aktiengesellschaft", "h e x a l", "AG"),
        ("Zambon S.p.A.", "zambon", "SPA"),
        ("Laboratoires d'Été S.A.S", "laboratoires dete", "SAS"),
        ("Omrix Biopharmaceuticals N. V.", "omrix biopharmaceuticals", "NV"),
        ("Accord Healthcare Polska Sp.z o.o.", "accord healthcare polska", "SP Z OO"),
        ("Oresund Pharma A/S", "oresund pharma", "AS"),
        ("Laboratorios Zeyco S.A. de C.V.", "laboratorios zeyco", "SA DE CV"),
        ("Dr. Reddy’s Laboratories Limited", "dr reddys laboratories", "LTD"),
        ("한미약품(주)", "한미약품", "주식회사"),
        ("㈜한미약품", "한미약품", "주식회사"),
        ("주식회사 한미약품", "한미약품", "주식회사"),
        ("한국먼디파마 유한회사", "한국먼디파마", "유한회사"),
        ("한국먼디파마(유)", "한국먼디파마", "유한회사"),
        ("국제산업가스(주) 안양", "국제산업가스안양", "주식회사"),
        ("武田薬品工業株式会社", "武田薬品工業", "株式会社"),
        ("Ｍｅｉｊｉ　Ｓｅｉｋａ　ファルマ", "meijiseikaファルマ", None),
        ("Lee Pharma Limited (BS 1)", "lee pharma", "LTD"),
        ("IMS S.R.L. Beiname: Micronizzazioni", "ims", "SRL"),
        ("[출발물질(독시사이클린)]Shandong Guobang Co., Ltd.", "shandong guobang", "LTD"),
        ("Shandong Anxin Co., Ltd.(구 Qilu Tianhe Co. Ltd)", "shandong anxin", "LTD"),
        ("Ltd", "ltd", None),
        ("(주)", "주", None),
    ],
)
def test_name_is_parted_into_core_and_legal_form(text, core, form):
    assert read_name(text) == Name(core, form)


@pytest.mark.parametrize("text", ["", " . ", "--", "　"])
def test_name_without_a_letter_is_no_name(text):
    assert read_name(text) is None


def test_blanks_that_sources_put_in_or_leave_out_tell_nothing_apart():
    assert read_name("H e x a l AG").joined == read_name("Hexal AG").joined


def test_plants_of_one_company_are_told_apart_by_their_numerals():
    assert read_name("MSN Unit-II").numerals == ("ii", "unit")
    assert read_name("MSN Unit-III").numerals != read_name("MSN Unit-II").numerals


FORMS = [*(" ".join(words) for words in FORM_BY_WORDS), *FORM_BY_SIGN, "S.p.A.", "B.V.", "㈜", "㈱"]
WORDS = st.one_of(
    st.sampled_from(["Teva", "제약", "製薬", "ファルマ", "Été", "&", "H e", "(BS 2)", "A/S", "d'"]),
    st.text(max_size=12),
    st.sampled_from(FORMS),
)
TEXTS = st.lists(WORDS, max_size=6).map(" ".join)


@given(TEXTS)
def test_core_of_a_core_is_itself(text):
    name = read_name(text)
    if name is not None:
        again = read_name(name.core)
        assert again is not None
        assert again.core == name.core


@given(TEXTS)
def test_folded_text_is_its_own_fold(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(min_size=1))
def test_capitals_and_wide_letters_change_nothing(text):
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert read_name(wide) == read_name(text)


def test_every_form_is_known_by_one_spelling_alone():
    assert len(FORM_BY_WORDS) > 90
    assert {*FORM_BY_WORDS.values(), *FORM_BY_SIGN.values()} == set(COUNTRIES_OF_FORM)
