from hypothesis import given
from hypothesis import strategies as st

from federation.substances.normalise import apart, fold, in_speech_order, key


def test_full_width_text_is_folded_to_half_width_lower_case():
    assert fold("ＡＭＬＯＤＩＰＩＮＥ　５ｍｇ") == "amlodipine 5mg"


def test_no_break_and_ideographic_blanks_are_blanks():
    assert fold("Cefixime\xa050\xa0mg\u3000\u3000syrup\n") == "cefixime 50 mg syrup"


def test_latin_accents_go_and_ligatures_open():
    assert fold("KÉTAMINE, œstradiol, Zoledronsäure") == "ketamine, oestradiol, zoledronsaure"


def test_voiced_kana_and_hangul_keep_their_marks():
    assert fold("ガバペンチン") == "ガバペンチン"
    assert fold("ｶﾞﾊﾞﾍﾟﾝﾁﾝ") == "ガバペンチン"
    assert fold("가바펜틴") == "가바펜틴"


def test_every_dash_is_one_dash_but_the_long_vowel_stays():
    assert fold("１−２－３–４") == "1-2-3-4"
    assert fold("アルファー２ー３") == "アルファー2-3"


def test_greek_letters_are_written_out_and_micro_is_u():
    assert fold("follitropin-α") == "follitropin-alpha"
    assert fold("2.5μg") == fold("2.5µg") == "2.5ug"


def test_names_broken_by_a_source_have_the_key_of_whole_ones():
    assert key("Fexofenadin e Hydrochlori de") == key("fexofenadine-hydrochloride")


@given(st.text())
def test_a_key_holds_no_blank_or_sign_and_is_its_own_key(text: str):
    once = key(text)
    assert all(mark.isalnum() for mark in once if mark.isascii())
    assert key(once) == once


def test_a_french_inversion_is_put_as_one_says_it():
    assert in_speech_order("apomorphine (chlorhydrate d')") == "chlorhydrate d' apomorphine"
    assert in_speech_order("tranexamique (acide)") == "acide tranexamique"
    assert in_speech_order("insulin (human)") == "insulin (human)"


def test_brackets_come_out_with_what_they_nest():
    assert apart("x정(에스(s)체)_(10mg/1정)") == ("x정  _".strip(" _"), ("에스(s)체", "10mg/1정"))


def test_a_bracket_that_never_closes_holds_the_rest():
    assert apart("name (cut off") == ("name", ("cut off",))
