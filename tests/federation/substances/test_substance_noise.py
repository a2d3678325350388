import time

import pytest

from federation.substances.noise import bare, without_doses
from federation.substances.normalise import fold


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Amlodipine Besilate Tablets IP 5 mg", "amlodipine besilate"),
        ("Metronidazole Infusion B.P. 0.5% w/v", "metronidazole"),
        ("Salbutamol Film-coated Prolonged-release Tablets 200", "salbutamol"),
        ("Amoxicillin 250mg/5ml per 5 ml Oral Suspension", "amoxicillin"),
        ("CHOLÉCALCIFÉROL 100 000 UI", "cholecalciferol"),
        ("Adrenaline Injection (1:80000)", "adrenaline ( )"),
        ("SOLUTION DE TRINITRINE", "trinitrine"),
        ("レボセチリジン塩酸塩錠５ｍｇ「トーワ」", "レボセチリジン塩酸塩"),
        ("メロペネム点滴静注用０．２５ｇ「日医工」", "メロペネム"),
        ("오플록사신정100밀리그램", "오플록사신"),
        ("영풍인슐린주사액", "영풍인슐린"),
        ("Sterile powder for injection", ""),
    ],
)
def test_doses_forms_grades_and_makers_are_taken_away(text, left):
    assert bare(fold(text)) == left


@pytest.mark.parametrize("name", ["vitamin b12", "interferon alfa-2a", "5-fluorouracil"])
def test_numbers_that_belong_to_a_name_stay(name):
    assert bare(name) == name


def test_marks_of_origin_and_later_brands_are_taken_away():
    text = fold("ダルベポエチン　アルファ（遺伝子組換え）［ダルベポエチン　アルファ後続１］")
    assert bare(text) == "ダルベポエチン アルファ( )[ ]"


def test_slashes_of_doses_are_gone_before_members_are_looked_for():
    assert without_doses("telmisartan 40/12.5 mg, x 10mg/5ml") == "telmisartan , x"


def test_long_runs_of_form_words_take_no_longer_than_their_length():
    started = time.process_time()
    bare("配合剤" * 5_000 + "x")
    bare("[" * 5_000 + "後続")
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("text", "name"), [("ビタミンB6散10%", "ビタミンb6"), ("비타민B1정", "비타민b1")]
)
def test_the_letter_of_a_vitamin_is_no_strength(text, name):
    assert bare(fold(text)) == name
