import pytest

from federation.substances.combinations import members
from federation.substances.normalise import fold


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ATENOLOL; CHLORTHALIDONE", ("atenolol", "chlorthalidone")),
        ("Telmisartan 40mg and Amlodipine 5mg Tablets", ("telmisartan", "amlodipine tablets")),
        ("FUMARATE DE X / PÉRINDOPRIL ARGININE", ("fumarate de x", "perindopril arginine")),
        ("아세트아미노펜/트라마돌염산염", ("아세트아미노펜", "트라마돌염산염")),
        ("サルメテロール・フルチカゾン", ("サルメテロール", "フルチカゾン")),
        ("Piroxicam with Benzyl alcohol", ("piroxicam", "benzyl alcohol")),
        ("dextrose, sodium chloride", ("dextrose", "sodium chloride")),
        ("Epinephrine, Lidocaine & Water", ("epinephrine", "lidocaine", "water")),
    ],
)
def test_members_are_taken_apart_at_every_separator(text, named):
    assert members(fold(text)) == named


def test_parts_that_are_only_form_grade_or_hydrate_name_no_member():
    assert members("tranilast, jp") == ("tranilast",)
    assert members("injection, solution") == ()
    assert members("dantrolene sodium, hemiheptahydrate") == ("dantrolene sodium",)


def test_an_inorganic_salt_is_a_member_though_it_is_only_ions():
    assert members("glucose, sodium lactate") == ("glucose", "sodium lactate")


@pytest.mark.parametrize("name", ["x (a, b/c) y", "2,6-diisopropylphenol", "x 10mg/5ml"])
def test_brackets_locants_and_doses_separate_nothing(name):
    assert len(members(name)) == 1
