from federation.records.declaration import Origin
from hub.identity.types import Purpose, Role
from hub.policy.principals import MEMBERS, Mode, PrincipalClass, sample_classes


def test_a_class_holds_nothing_of_a_person_or_token(caller):
    assert PrincipalClass.of(caller("KR", subject="a")) == PrincipalClass.of(
        caller("KR", subject="b")
    )


def test_whatever_policies_may_ask_sets_classes_apart(caller):
    callers = [
        caller("KR"),
        caller("US"),
        caller("KR", role="agency"),
        caller("KR", purpose="exercise"),
        caller("KR", organisation="other"),
    ]
    assert len({PrincipalClass.of(each) for each in callers}) == 5
    assert PrincipalClass.of(caller("KR"), Mode.CRISIS) != PrincipalClass.of(caller("KR"))


def test_the_alliance_itself_is_no_member():
    assert set(Origin) - set(MEMBERS) == {Origin.ALLIANCE}


def test_samples_hold_every_member_role_purpose_and_mode():
    sample = list(sample_classes())
    assert {each.member for each in sample} == set(MEMBERS)
    assert {role for each in sample for role in each.roles} == set(Role)
    assert {each.purpose for each in sample} == set(Purpose)
    assert {each.mode for each in sample} == set(Mode)
    assert {each.sender_constrained for each in sample} == {True, False}
