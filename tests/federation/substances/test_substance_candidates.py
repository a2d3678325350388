"""What the explainer offers for texts that the resolver leaves open."""

import pytest

from federation.substances.candidates import Explainer
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

RESOLVER = Resolver(load_register())
EXPLAINER = Explainer(RESOLVER)
ACICLOVIR, AMOXICILLIN = "X4HES1O11F", "9EM05410Q9"


def _inns(*asked, **codes):
    return [each.inn for each in EXPLAINER.explain(*asked, **codes).candidates]


@pytest.mark.parametrize(
    ("text", "origin", "inn"),
    [
        ("amoxicillin, mystery powder", "EU", "amoxicillin"),  # a part of it
        ("Amoxicilin Potasium Mystery", "IN", "amoxicillin"),  # a word of it
        ("mystery (amoxicillin)", "US", "amoxicillin"),  # a bracket of it
        ("Amoxixixillin", "US", "amoxicillin"),  # near in spelling
        ("아목시실린나트륨수화믈", "KR", "amoxicillin"),  # a start heard in Korean
        ("アモキシシリンナトリイム", "JP", "amoxicillin"),  # and in Japanese
    ],
)
def test_text_left_open_has_its_likeliest_candidate_first(text, origin, inn):
    explanation = EXPLAINER.explain(text, origin)
    assert explanation.resolution == RESOLVER.resolve_single(text, origin)
    assert explanation.resolution.inn is None
    first = explanation.candidates[0]
    assert (first.inn, first.unii) == (inn, AMOXICILLIN)
    assert 0 < first.confidence <= 1
    assert first.reasons


def test_combination_offers_each_of_its_members():
    found = _inns("amoxicillin + aciclovir", "EU")
    assert found[:2] == ["aciclovir", "amoxicillin"]
    steps = EXPLAINER.explain("amoxicillin + aciclovir", "EU").resolution.steps
    assert steps[-1] == "one substance was expected, not a combination: left open"


def test_codes_of_the_same_records_are_candidates_with_their_reason():
    explanation = EXPLAINER.explain(
        "수수께끼", "KR", unii=["ZZZZZZZZZZ", ACICLOVIR], atc=["J01CA04"]
    )
    assert [(each.inn, each.method, each.reasons) for each in explanation.candidates] == [
        ("aciclovir", "unii", (f"unii `{ACICLOVIR}` stands in the same record",)),
        ("amoxicillin", "atc", ("the product has atc `J01CA04`",)),
    ]


def test_reasons_for_one_substance_are_joined_under_the_strongest():
    (found,) = EXPLAINER.explain(
        "amoxicillin mystery", "EU", unii=[AMOXICILLIN], atc=["J01CA04"]
    ).candidates
    assert found.method == "exact"
    assert len(found.reasons) >= 3


def test_code_that_contradicts_the_text_is_a_candidate_beside_it():
    explanation = EXPLAINER.explain("amoxicillin", "US", unii=[ACICLOVIR])
    assert explanation.resolution.inn is None
    assert explanation.resolution.steps[-1].endswith("disagrees: left open")
    assert "aciclovir" in [each.inn for each in explanation.candidates]


@pytest.mark.parametrize(
    "text", ["", " ", "()", "12345", "수수께끼", "謎の粉", "zzzzqqqqzzzz", "\0"]
)
def test_text_like_nothing_has_no_candidates(text):
    assert _inns(text, "KR") == []


def test_candidates_are_few_and_each_once():
    found = _inns("aciclovir, amoxicillin, amlodipine, atenolol, aspirin, cetirizine, x, y", "EU")
    assert len(found) == len(set(found)) <= 8


@pytest.mark.parametrize("inn", ["amoxicillin", " Amoxicillin "])
def test_substance_is_found_by_its_inn_in_any_case(inn):
    assert EXPLAINER.substance(inn).unii == AMOXICILLIN


def test_names_that_are_no_inn_lead_to_the_ones_meant():
    assert EXPLAINER.substance("paracetamol") != EXPLAINER.substance("acetaminophen") is None
    assert EXPLAINER.near_names("acetaminophen")[0] == "paracetamol"
    assert EXPLAINER.near_names("amoxicilin")[0] == "amoxicillin"
    assert EXPLAINER.near_names("zzzzqqqqzzzz") == ()
