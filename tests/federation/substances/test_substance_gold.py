"""The resolver on the development half of the gold set: measured here, learned from nowhere."""

import csv
from collections import Counter

import pytest

from federation.members.alliance.compilation import load_reference
from federation.substances.register import load_register
from federation.substances.resolver import Resolver
from federation.vocabularies.terms import ResolutionMethod

pytestmark = pytest.mark.real

ORIGINS = ("KR", "US", "JP", "IN", "EU")


@pytest.fixture(scope="module")
def gold(shared_data):
    path = shared_data / "reference/substance_gold_dev.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def outcomes(gold):
    return counted(gold, Resolver(load_register()))


@pytest.fixture(scope="module")
def by_rule(shared_data):
    """A resolver whose register has no Korean, Japanese or German name of any substance."""
    return Resolver(load_reference(shared_data, lambda _inn: True))


@pytest.fixture(scope="module")
def outcomes_by_rule(gold, by_rule):
    return counted(gold, by_rule)


def counted(gold, resolver):
    """Count by origin and by all: right and wrong answers, and texts that have an answer."""
    counts = Counter()
    for row in gold:
        answer = resolver.resolve(row["native_text"], row["origin"]).inn
        for group in ("all", row["origin"]):
            counts[group, "resolvable"] += row["canonical_inn"] != ""
            if answer is not None:
                counts[group, "right" if answer == row["canonical_inn"] else "wrong"] += 1
    return counts


@pytest.mark.parametrize(("group", "least"), [("all", 0.985), *((each, 0.97) for each in ORIGINS)])
def test_answers_are_precise(outcomes, group, least):
    right, wrong = outcomes[group, "right"], outcomes[group, "wrong"]
    assert right / (right + wrong) >= least


@pytest.mark.parametrize("group", ["all", *ORIGINS])
def test_answers_are_not_few(outcomes, group):
    assert outcomes[group, "right"] / outcomes[group, "resolvable"] >= 0.15


@pytest.mark.parametrize(
    ("group", "precision", "recall"),
    [("all", 0.985, 0.88), *((each, 0.97, 0.75) for each in ORIGINS)],
)
def test_rules_alone_reach_the_bar_without_any_native_name(
    outcomes_by_rule, group, precision, recall
):
    right, wrong = outcomes_by_rule[group, "right"], outcomes_by_rule[group, "wrong"]
    assert right / (right + wrong) >= precision
    assert right / outcomes_by_rule[group, "resolvable"] >= recall


def test_every_method_is_a_term_that_records_may_hold(gold, by_rule):
    found = {by_rule.resolve_single(row["native_text"], row["origin"]).method for row in gold}
    assert {"exact", "salt", "transliteration", "none"} <= found
    assert {method.upper() for method in found} <= set(ResolutionMethod)


@pytest.mark.parametrize(
    ("origin", "text", "inn"),
    [
        ("EU", "cetrizine hydrochloride", "cetirizine"),
        ("IN", "BETAHISTI NE DIHYDROC HLORIDE TABLETS", "betahistine"),
        ("EU", "etofylline", None),
        ("EU", "co-trimoxazole", "sulfamethoxazole+trimethoprim"),
        ("EU", "TECHNÉTIUM (99mTc) (SUCCIMER)", "technetium (99mtc) succimer"),
        ("EU", "[99mTc]Technetium-Succimer", "technetium (99mtc) succimer"),
        ("EU", "Alli (previously Orlistat GSK)", "orlistat"),
        ("US", "olmesartan", "olmesartan"),
        ("US", "fluticasone furoate", "fluticasone furoate"),
        ("JP", "ヒドロコルチゾン酪酸エステル", "hydrocortisone butyrate"),
        ("JP", "セフォタキシムナトリウム静注用１ｇ「ナシメーカー」", "cefotaxime"),
        ("JP", "マクロゴール４０００・塩化ナトリウム", "macrogol+sodium chloride"),
        ("KR", "없는제약아테놀롤정50mg_(50mg/1정)", "atenolol"),
        ("KR", "에탄올(합성)", "ethanol"),
        ("IN", "Vitamin B Complex Tablets NFI", None),
        ("KR", "행인", None),
        ("US", "histamin-like nosuchdrug", None),
    ],
)
def test_known_traps_are_read_right_or_left_open(by_rule, origin, text, inn):
    assert by_rule.resolve(text, origin).inn == inn
