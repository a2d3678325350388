import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import SourceChanged
from federation.reading.mojibake import refuse_mojibake


def damage(text):
    """Read UTF-8 as Windows does: a byte that its code page lacks is a control character."""
    return "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in text.encode())


def check(*values):
    refuse_mojibake(pl.Series(values, dtype=pl.String), "list.csv")


@pytest.mark.parametrize("text", ["médicament", "Ärzte", "µg ≥ 5 °C", "정제", "医薬品", "x – y"])
def test_utf_8_that_was_saved_as_windows_1252_is_refused_and_quoted(text):
    check(text, text)
    with pytest.raises(SourceChanged, match=f"`list.csv` is damaged, as `{damage(text)[:3]}"):
        check(damage(text), "plain", None, damage(text))


def test_bytes_without_a_character_in_windows_1252_hide_no_damage():
    lossy = "あおい".encode().decode("cp1252", "replace")
    assert "\ufffd" in lossy
    with pytest.raises(SourceChanged, match="is damaged"):
        check(lossy, lossy)


def test_one_damaged_value_is_taken_for_the_source_s_own_mistake():
    check(damage("médicament"), "plain")


def test_damage_beside_sound_text_is_the_source_s_own():
    check(*[damage("médicament")] * 8, "médicament")


def test_capitals_before_a_closing_quote_are_sound_text():
    check("« SOCIÉTÉ»", "« SANTÉ»", "société", "santé")


def test_a_document_without_text_is_let_through():
    check()
    check(None, None)


@settings(deadline=None)
@given(st.lists(st.text("abc éèàçœÉÀ’–«»öüßÄ", max_size=30), min_size=2, max_size=9))
def test_text_as_people_write_it_is_let_through(values):
    sound = [f"{value} é " for value in values]
    check(*sound, "été")


@settings(deadline=None)
@given(st.lists(st.text("héöüçñ가정나錠医°µ≥").map(lambda text: f"é{text}"), min_size=2))
def test_any_text_that_was_damaged_whole_is_refused(values):
    with pytest.raises(SourceChanged):
        check(*map(damage, values))
