import pytest

from hub.policy.parties import is_party, knows


@pytest.mark.parametrize(
    ("recipients", "parties"),
    [
        ({"members": ["KR"]}, {"JP", "KR"}),
        ({"members": [], "roles": ["agency"]}, {"KR", "US", "JP", "IN", "EU", "ALLIANCE"}),
        ({"organisations": ["authority"]}, {"KR", "US", "JP", "IN", "EU", "ALLIANCE"}),
        ({"members": ["KR", "US"], "organisations": ["office"]}, {"JP"}),
    ],
)
def test_parties_are_the_owner_and_the_recipients_whatever_their_role(
    agreement, caller, recipients, parties
):
    terms = agreement(recipients=recipients)
    members = ("KR", "US", "JP", "IN", "EU", "ALLIANCE")
    assert {each for each in members if is_party(caller(each), terms)} == parties


@pytest.mark.parametrize("role", ["secretariat", "auditor"])
def test_the_alliances_own_bodies_know_every_agreement(agreement, caller, role):
    terms = agreement(recipients={"members": ["KR"]})
    assert knows(caller("ALLIANCE", role=role), terms)
    assert not knows(caller("US"), terms)
