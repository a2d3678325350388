import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.substances.ions import ACIDS
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

REGISTER = load_register()
RESOLVER = Resolver(REGISTER)
AMLODIPINE, FUROSEMIDE, UNHEARD_OF = "1J444QC288", "7LXU5N7ZO5", "ZZZZZZZZZZ"


@pytest.mark.parametrize(
    ("origin", "text", "inn"),
    [
        ("US", "Albuterol Sulfate Inhalation Solution", "salbutamol"),
        ("US", "Meperidine Hydrochloride Injection, USP", "pethidine"),
        ("US", "Adalimumab-adaz", "adalimumab"),
        ("US", "Clavulanate Potassium", "clavulanic acid"),
        ("KR", "furosemide (as furosemide)", "furosemide"),
        ("KR", "가짜상표정100밀리그램(오플록사신)_(0.1g/1정)", "ofloxacin"),
        ("KR", "염산세티리진", "cetirizine"),
        ("KR", "세티리진염산염", "cetirizine"),
        ("JP", "ドネペジル塩酸塩ＯＤ錠５ｍｇ「トーワ」", "donepezil"),
        ("JP", "インスリン　アスパルト（遺伝子組換え）", "insulin aspart"),
        ("JP", "ブドウ糖", "glucose"),
        ("IN", "Frusemide Tablets I.P. 40mg (Nosuchbrand-40)", "furosemide"),
        ("IN", "Metformin Hydrochlori de Sustained Release Tablets", "metformin"),
        ("IN", "Lignocaine (Lidocaine) Hydrochloride 2%", "lidocaine"),
        ("EU", "CHLORHYDRATE DE KÉTAMINE", "ketamine"),
        ("EU", "MORPHINE (SULFATE DE) 10 mg - NOSUCHBRAND 10 mg, comprimé", "morphine"),
        ("EU", "Dexamethasondihydrogenphosphat-Dinatrium (Ph.Eur.)", "dexamethasone"),
        ("EU", "TRANEXAMIQUE (ACIDE)", "tranexamic acid"),
    ],
)
def test_texts_of_each_member_reach_the_inn(origin, text, inn):
    assert RESOLVER.resolve(text, origin).inn == inn


@pytest.mark.parametrize(
    ("origin", "text", "inn"),
    [
        ("US", "dextrose, sodium chloride", "glucose+sodium chloride"),
        ("IN", "Amoxycillin 500mg and Potassium Clavulanate 125mg Tablets IP",
         "amoxicillin+clavulanic acid"),
        ("KR", "아세트아미노펜/트라마돌염산염", "paracetamol+tramadol"),
        ("JP", "ドネペジル塩酸塩・メマンチン塩酸塩", "donepezil+memantine"),
        ("EU", "insulin degludec;insulin aspart", "insulin aspart+insulin degludec"),
        ("US", "AMPHETAMINE SULFATE; AMPHETAMINE ASPARTATE", "amfetamine"),
    ],
)  # fmt: skip
def test_combinations_are_their_members_sorted_each_once(origin, text, inn):
    assert RESOLVER.resolve(text, origin).inn == inn


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        ("US", "amlodipine; nosuchsubstance"),
        ("US", "sodium"),
        ("US", "hydrochloride"),
        ("US", "Dextrose Sodium Chloride Injection"),
        ("US", "(-)-omeprazole"),
        ("US", "Hydrocortisone Butyrate Cream"),
        ("US", "Adenosine Triphosphate Disodium"),
        ("US", "nosuchbrand (amlodipine)"),
        ("US", "amlodipine (nosuchword)"),
        ("KR", "amlodipine besylate (as valsartan)"),
        ("KR", "oyster shell powder (as calcium chloride)"),
        ("IN", "Vitamin B Complex Tablets NFI"),
        ("IN", "Ceftriaxone Injection (with Sulbactam)"),
        ("IN", "Ceftriaxone Injection (with nosuchsubstance)"),
        ("IN", "Ceftriaxone Injection (nosuch, othersuch)"),
        ("JP", "カプセル"),
        ("JP", "ヘパリン類似物質"),
        ("EU", "MORPHINUM POUR PRÉPARATIONS HOMÉOPATHIQUES"),
        ("EU", "AMLODIPINE 5 mg - VALSARTAN 80 mg"),
        ("EU", "clotrimazole ou co-trimoxazole"),
        ("IN", ""),
    ],
)
def test_what_is_not_sure_is_left_open_and_says_why(origin, text):
    resolution = RESOLVER.resolve(text, origin)
    assert (resolution.inn, resolution.unii, resolution.method) == (None, None, "none")
    assert resolution.confidence == 0
    assert resolution.steps


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("Amlodipine", "exact"),
        ("Furosemid", "synonym"),
        ("amlodipine besilate", "salt"),
        ("valproate", "salt"),
        ("atenolol; chlorthalidone", "combination"),
    ],
)
def test_the_method_names_the_step_that_answered(text, method):
    assert RESOLVER.resolve(text, "EU").method == method


def test_a_name_around_a_bracket_taken_for_a_brand_is_less_sure_than_a_plain_one():
    bracketed = RESOLVER.resolve("가짜상표정(로라제팜)", "KR")
    assert bracketed.method == "bracket"
    assert 0.9 < bracketed.confidence < RESOLVER.resolve("로라제팜", "KR").confidence


def test_steps_explain_themselves_in_order():
    steps = RESOLVER.resolve("Amlodipine Besilate; Valsartan", "US").steps
    assert steps == (
        "taken apart into `amlodipine besilate`, `valsartan`",
        "took besilate away",
        "`amlodipine` is amlodipine",
        "`valsartan` is valsartan",
    )


def test_uniis_stand_in_the_order_of_the_inns_and_only_if_all_are_known():
    both = RESOLVER.resolve("valsartan; amlodipine", "US")
    assert (both.inn, both.unii) == ("amlodipine+valsartan", "1J444QC288+80M03YXJ7I")
    assert REGISTER.with_inn("lithium").unii is None
    assert RESOLVER.resolve("valsartan; lithium carbonate", "US").unii is None


def test_an_agreeing_unii_raises_confidence():
    alone = RESOLVER.resolve("amlodipine besilate", "US")
    agreed = RESOLVER.resolve("amlodipine besilate", "US", [AMLODIPINE])
    assert agreed.inn == "amlodipine"
    assert alone.confidence < agreed.confidence < 1


def test_a_unii_of_another_substance_leaves_the_text_open():
    # The shortage feed joins "Furosemide Injection" to another substance by product code.
    assert RESOLVER.resolve("Amlodipine Injection", "US", [FUROSEMIDE]).inn is None


def test_a_unii_that_the_register_lacks_says_nothing():
    assert RESOLVER.resolve("amlodipine", "US", [UNHEARD_OF]) == RESOLVER.resolve(
        "amlodipine", "US"
    )


def test_uniis_answer_alone_only_for_a_text_in_which_nothing_was_recognised():
    alone = RESOLVER.resolve("Nosuchbrand Tablet", "US", [AMLODIPINE])
    assert (alone.inn, alone.method) == ("amlodipine", "unii")
    assert alone.confidence < 0.9
    assert RESOLVER.resolve("nosuchbrand; valsartan", "US", [AMLODIPINE, FUROSEMIDE]).inn is None
    assert RESOLVER.resolve("hydrocortisone butyrate", "US", [AMLODIPINE]).inn is None
    assert RESOLVER.resolve("nosuchbrand; othersuch", "US", [AMLODIPINE]).inn is None
    assert RESOLVER.resolve("Nosuchbrand", "US", [AMLODIPINE, UNHEARD_OF]).inn is None


def test_an_atc_code_answers_for_a_record_without_a_text_or_says_nothing():
    found, unknown = RESOLVER.resolve_atc("C08CA01"), RESOLVER.resolve_atc("J01CR02")
    assert (found.inn, found.unii, found.method) == ("amlodipine", AMLODIPINE, "atc")
    assert 0 < found.confidence < 1
    assert (unknown.inn, unknown.method, unknown.confidence) == (None, "none", 0)
    assert unknown.steps == ("atc `J01CR02` is of no one substance",)


def test_a_single_substance_is_expected_where_a_row_has_one():
    assert RESOLVER.resolve_single("amlodipine besilate", "US").inn == "amlodipine"
    assert RESOLVER.resolve_single("amlodipine; valsartan", "US").inn is None


@pytest.mark.parametrize("ion", ACIDS, ids=lambda ion: ion.en)
def test_every_acid_and_ester_of_the_table_is_taken_off_in_every_language(ion):
    names = [f"amlodipine {word}" for word in ion.en.split()]
    names += [f"Amlodipin{word}" for word in ion.de.split()]
    names += [f"{word} d'amlodipine" for word in (ion.fr or ion.en).split()]
    names += [f"암로디핀{word}염" for word in ion.ko.split() if word.endswith("산")]
    names += [f"アムロジピン{word}塩水和物" for word in ion.ja.split() if word.endswith("酸")]
    assert {RESOLVER.resolve(name, "EU").inn for name in names} == {"amlodipine"}


@given(st.text(), st.sampled_from(["KR", "US", "JP", "IN", "EU"]))
def test_any_text_is_answered_without_failing(text: str, origin: str):
    resolution = RESOLVER.resolve(text, origin)
    assert (resolution.inn is None) == (resolution.confidence == 0)


@given(st.sampled_from(sorted({name for each in REGISTER for name in each.all_names()})))
def test_every_name_of_the_register_resolves_to_its_substance(name: str):
    assert RESOLVER.resolve(name, "US").inn == REGISTER.named(name).inn


@pytest.mark.parametrize(
    "text",
    ["furosemide " * 1_300, "furosemide " + "(x" * 900, "furosemide " + "(" * 900 + ")" * 900],
)
def test_a_text_too_long_or_too_nested_for_a_name_stays_open(text):
    answer = RESOLVER.resolve(text, "KR")
    assert answer.inn is None
    assert answer.steps == ("a text so long or so full of brackets is no name: left open",)


def test_a_combination_of_many_members_is_read_whole():
    text = "; ".join(["furosemide (as furosemide)"] * 60)
    assert RESOLVER.resolve(text, "US").inn == "furosemide"
