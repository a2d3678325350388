import polars as pl
import pytest

from federation.harmonize.names import company_id


def reduce(name):
    return pl.select(company_id(pl.lit(name, dtype=pl.String))).item()


@pytest.mark.parametrize(
    ("name", "reduced"),
    [
        ("Pfizer Inc.", "pfizer"),
        ("PFIZER, INC", "pfizer"),
        ("Merck & Co., Inc.", "merck"),
        ("Sanofi S.A.S.", "sanofi"),
        ("Sanofi S.A.", "sanofi"),
        ("Eli Lilly Nederland B.V.", "eli lilly nederland"),
        ("Chiesi Farmaceutici S.p.A.", "chiesi farmaceutici"),
        ("Sun Pharma  Pvt. Ltd.", "sun pharma"),
        ("Teva Pharmaceuticals (Ireland) Limited", "teva pharmaceuticals ireland"),
        ("武田薬品工業株式会社", "武田薬品工業"),
        ("㈱ツムラ", "ツムラ"),
        ("（株）ツムラ", "ツムラ"),
        ("(주)휴온스", "휴온스"),
        ("ﾌｧｲｻﾞｰ株式会社", "ファイザー"),
    ],
)
def test_legal_form_punctuation_and_width_are_dropped(name, reduced):
    assert reduce(name) == reduced


@pytest.mark.parametrize("name", ["Agfa", "Saga", "Corporal Health", "Incyte", "Abbott", "Sasol"])
def test_a_word_that_only_begins_like_a_legal_form_stays(name):
    assert reduce(name) == name.lower()


def test_a_name_that_is_nothing_but_legal_form_is_kept_whole():
    assert reduce("AB") == "ab"


@pytest.mark.parametrize("name", [None, "", "  "])
def test_a_blank_is_no_company(name):
    assert reduce(name) is None
