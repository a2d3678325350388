import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.substances.normalise import key
from federation.substances.sounds import Script, latin_sounds, script_of, sound


@pytest.mark.parametrize(
    ("native", "inn"),
    [
        ("암로디핀", "amlodipine"),
        ("텔미사르탄", "telmisartan"),
        ("텔미사탄", "telmisartan"),
        ("젬시타빈", "gemcitabine"),
        ("게피티니브", "gefitinib"),
        ("슈도에페드린", "pseudoephedrine"),
        ("하이드로코르티손", "hydrocortisone"),
        ("히드로코르티손", "hydrocortisone"),
        ("트라넥사민산", "tranexamic acid"),
        ("트라넥삼산", "tranexamic acid"),
        ("아세틸-L-카르니틴", "acetyl-l-carnitine"),
        ("フロセミド", "furosemide"),
        ("ジアゼパム", "diazepam"),
        ("ホルモテロール", "formoterol"),
        ("フルオロウラシル", "fluorouracil"),
        ("モルヒネ", "morphine"),
        ("トラネキサム酸", "tranexamic acid"),
        ("ジャカビ", "jakavi"),
        ("アンブリセンタン", "ambrisentan"),
        ("ヒューマログ", "humalog"),
        ("リュープロレリン", "leuprorelin"),
    ],
)
def test_a_name_sounds_in_its_script_as_the_inn_does(native, inn):
    script = script_of(key(native))
    assert sound(key(native), script) in latin_sounds(key(inn), script)


@pytest.mark.parametrize(
    ("native", "other"),
    [
        ("세티리진", "levocetirizine"),
        ("오메프라졸", "esomeprazole"),
        ("オメプラゾール", "lansoprazole"),
        ("プレドニゾン", "prednisolone"),
        ("クロトリマゾール", "co-trimoxazole"),
    ],
)
def test_names_of_different_substances_sound_different(native, other):
    script = script_of(key(native))
    assert sound(key(native), script) not in latin_sounds(key(other), script)


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("암로디핀", Script.HANGUL),
        ("l멘톨", Script.HANGUL),
        ("アムロジピン", Script.KANA),
        ("バルプロ酸", Script.KANA),
        ("塩化カルシウム", None),
        ("amlodipine", None),
        ("정", None),
        ("", None),
    ],
)
def test_the_script_of_a_key_is_told_by_its_letters(text, script):
    assert script_of(text) is script


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=2))
def test_any_hangul_has_a_sound_of_latin_letters(text):
    assert sound(key(text), Script.HANGUL).replace("#", "").isascii()
