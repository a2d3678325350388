import math

import pytest

from hub.errors import Unauthenticated
from hub.identity.claims import read_claims
from hub.identity.types import Purpose, Role
from tests.hub.identity import forge

TEXTS = ["iss", "sub", "client_id", "aud", "jti", "organisation"]


def cause_of(**changes):
    with pytest.raises(Unauthenticated) as caught:
        read_claims(forge.claims(**changes))
    return caught.value.detail


def test_claims_are_typed():
    claims = read_claims(forge.claims(roles=["agency", "regulator", "agency"]))
    assert claims.roles == {Role.AGENCY, Role.REGULATOR}
    assert claims.purpose is Purpose.EXERCISE
    assert (claims.issued_at, claims.expires_at) == (forge.NOW, forge.NOW + 600)


def test_missing_not_before_is_the_issue_time():
    assert read_claims(forge.claims(nbf=forge.ABSENT)).not_before == forge.NOW


def test_foreign_claims_are_ignored():
    plain, extended = forge.claims(), forge.claims(scope=5, groups=["a"])
    assert read_claims(extended) == read_claims(plain)


@pytest.mark.parametrize("name", [*TEXTS, "iat", "exp", "member", "roles", "purpose"])
def test_missing_claim_is_refused_by_name(name):
    assert cause_of(**{name: forge.ABSENT}).startswith(f"{name}: missing")


@pytest.mark.parametrize(
    "value",
    [5, None, True, ["x"], {"x": 1}, "", " ", "x" * 257, "a\nb", "a\x00", "\ud800", "a\u202e"],
)
@pytest.mark.parametrize("name", TEXTS)
def test_text_claim_of_another_form_is_refused(name, value):
    assert cause_of(**{name: value}).startswith(f"{name}: ")


@pytest.mark.parametrize(
    "value", ["600", None, True, [], math.nan, math.inf, -math.inf, -1, 1e308, 10**400]
)
@pytest.mark.parametrize("name", ["iat", "nbf", "exp"])
def test_time_of_another_form_is_refused(name, value):
    assert cause_of(**{name: value}).startswith(f"{name}: ")


def test_fraction_of_a_second_is_a_time():
    assert read_claims(forge.claims(iat=forge.NOW - 0.5)).issued_at == forge.NOW - 0.5


@pytest.mark.parametrize("value", ["kr", "XX", "", 5, None, ["KR"], {"KR": 1}])
def test_member_off_the_list_is_refused(value):
    assert cause_of(member=value) == "member: missing, or not on its list"


@pytest.mark.parametrize("value", ["anything", "", 5, None, ["exercise"], "exercise "])
def test_purpose_off_the_list_is_refused(value):
    assert cause_of(purpose=value) == "purpose: missing, or not on its list"


@pytest.mark.parametrize(
    "value", ["regulator", [], None, ["owner"], ["regulator", "owner"], [["regulator"]], [5]]
)
def test_roles_off_the_list_are_refused(value):
    assert cause_of(roles=value).startswith("roles: missing, or no")


@pytest.mark.parametrize("value", [{"jkt": "x"}, {}, None, "x"])
def test_any_confirmation_claim_is_refused(value):
    assert cause_of(cnf=value).startswith("cnf: ")
