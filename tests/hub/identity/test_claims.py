import math
from dataclasses import replace

import pytest

from hub.errors import Unauthenticated
from hub.identity.tokens.claims import read_claims
from hub.identity.trust.trusted import ClaimMap, ClaimSource
from hub.identity.types import Confirmation, Purpose, Role
from tests.hub.identity import forge

TEXTS = ["iss", "sub", "client_id", "aud", "jti", "organisation"]


def read(**changes):
    return read_claims(forge.claims(**changes), ClaimMap())


def cause_of(**changes):
    with pytest.raises(Unauthenticated) as caught:
        read(**changes)
    return caught.value.detail


def test_claims_are_typed():
    claims = read(roles=["agency", "regulator", "agency"])
    assert claims.roles == {Role.AGENCY, Role.REGULATOR}
    assert claims.purposes == {Purpose.EXERCISE}
    assert (claims.issued_at, claims.expires_at) == (forge.NOW, forge.NOW + 600)


def test_missing_not_before_is_the_issue_time():
    assert read(nbf=forge.ABSENT).not_before == forge.NOW


def test_foreign_claims_are_ignored():
    assert read(scope=5, groups=["a"]) == read()


@pytest.mark.parametrize("name", [*TEXTS, "iat", "exp", "member", "roles", "purpose"])
def test_missing_claim_is_refused_by_name(name):
    assert cause_of(**{name: forge.ABSENT}).startswith(f"{name}: missing")


@pytest.mark.parametrize(
    "value",
    [5, None, True, ["x", "x"], {"x": 1}, "", " ", "x" * 257, "a\nb", "a\x00", "\ud800", "a\u202e"],
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
    assert read(iat=forge.NOW - 0.5).issued_at == forge.NOW - 0.5


@pytest.mark.parametrize("value", ["kr", "XX", "", 5, None, ["KR"], {"KR": 1}])
def test_member_off_the_list_is_refused(value):
    assert cause_of(member=value).startswith("member: ")


WORDS_OFF_THE_LIST = ["anything", "", 5, None, [], [""], [["regulator"]], {"exercise": 1}]


@pytest.mark.parametrize("value", [*WORDS_OFF_THE_LIST, "exercise ", ["exercise", "owner"]])
def test_purpose_off_the_list_is_refused(value):
    assert cause_of(purpose=value).startswith("purpose: missing, or no")


@pytest.mark.parametrize("value", [*WORDS_OFF_THE_LIST, "regulator  agency", ["regulator", 5]])
def test_roles_off_the_list_are_refused(value):
    assert cause_of(roles=value).startswith("roles: missing, or no")


@pytest.mark.parametrize("value", ["exercise supply-mapping", ["supply-mapping", "exercise"]])
def test_several_purposes_come_in_a_list_or_with_blanks_between(value):
    assert read(purpose=value).purposes == {Purpose.EXERCISE, Purpose.SUPPLY_MAPPING}


def test_audience_in_a_list_of_its_own_is_that_audience():
    assert read(aud=[forge.AUDIENCE]).audience == forge.AUDIENCE


# Where other issuers say it.

FOREIGN = ClaimMap(
    client=ClaimSource("azp"),
    member=ClaimSource("address.country", words={"kr": "KR"}),
    organisation=ClaimSource(fixed=("MFDS",)),
    roles=ClaimSource("realm_access.roles", words={"hub-officer": "regulator"}),
    purposes=ClaimSource("scope", words={"hub:drill": "exercise"}),
)


def read_foreign(said=FOREIGN, **changes):
    foreign = {
        "azp": "portal",
        "address": {"country": "kr"},
        "realm_access": {"roles": ["offline_access", "hub-officer"]},
        "scope": "openid hub:drill",
    }
    ours = dict.fromkeys(("client_id", "member", "organisation", "roles", "purpose"), forge.ABSENT)
    return read_claims(forge.claims(**(ours | foreign | changes)), said)


def test_claims_are_found_where_the_registration_says():
    claims = read_foreign()
    assert (claims.client, claims.member, claims.organisation) == ("portal", "KR", "MFDS")
    assert (claims.roles, claims.purposes) == ({Role.REGULATOR}, {Purpose.EXERCISE})


def test_name_with_dots_is_looked_up_whole_first():
    said = replace(FOREIGN, member=ClaimSource("https://hub.example/member"))
    assert read_foreign(said, **{"https://hub.example/member": "JP"}).member == "JP"


def test_word_of_ours_stands_for_itself():
    assert read_foreign(address={"country": "JP"}).member == "JP"
    assert read_foreign(scope="supply-mapping").purposes == {Purpose.SUPPLY_MAPPING}


def test_fixed_words_hold_for_every_token_whatever_it_says():
    said = replace(
        FOREIGN,
        member=ClaimSource(fixed=("IN",)),
        roles=ClaimSource(fixed=("agency",)),
        purposes=ClaimSource(fixed=("exercise", "supply-mapping")),
    )
    claims = read_foreign(said, member="US", roles=["regulator"], purpose="policy-research")
    assert (claims.member, claims.roles) == ("IN", {Role.AGENCY})
    assert claims.purposes == {Purpose.EXERCISE, Purpose.SUPPLY_MAPPING}


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("client_id", {"azp": forge.ABSENT, "client_id": "portal"}),
        ("member", {"address": forge.ABSENT, "member": "KR"}),
        ("member", {"address": "kr"}),
        ("member", {"address": {"country": {"country": "kr"}}}),
        ("member", {"address": [{"country": "kr"}]}),
        ("roles", {"realm_access": {}, "roles": ["regulator"]}),
        ("roles", {"realm_access": {"roles": ["offline_access"]}}),
        ("purpose", {"scope": "openid", "purpose": "exercise"}),
        ("purpose", {"scope": forge.ABSENT}),
    ],
    ids=str,
)
def test_claim_elsewhere_does_not_stand_in_for_the_one_that_is_registered(name, changes):
    with pytest.raises(Unauthenticated) as caught:
        read_foreign(**changes)
    assert caught.value.detail.startswith(f"{name}: missing, or no")


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("organisation", ClaimSource()),
        ("organisation", ClaimSource(fixed=("a", "b"))),
        ("roles", ClaimSource()),
        ("purposes", ClaimSource()),
    ],
    ids=str,
)
def test_source_that_says_nothing_refuses_every_token(name, source):
    with pytest.raises(Unauthenticated, match="no valid access token"):
        read_foreign(replace(FOREIGN, **{name: source}))


@pytest.mark.parametrize("word", ["secretariat", "auditor"])
def test_no_mapping_makes_an_alliance_body_of_a_member_s(word):
    said = replace(FOREIGN, roles=ClaimSource("role", words={"chief": word}))
    with pytest.raises(Unauthenticated) as caught:
        read_foreign(said, role="chief")
    assert caught.value.detail == "roles: not held by bodies of this member"


# What the token is bound to.

JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"  # RFC 9449 section 6.1
X5T = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"  # RFC 8705 appendix A


@pytest.mark.parametrize(
    ("bound", "confirmation"),
    [
        ({"jkt": JKT}, Confirmation(JKT)),
        ({"x5t#S256": X5T}, Confirmation(None, X5T)),
        ({"jkt": JKT, "x5t#S256": X5T}, Confirmation(JKT, X5T)),
        (forge.ABSENT, Confirmation()),
    ],
)
def test_confirmation_is_read(bound, confirmation):
    assert read(cnf=bound).confirmation == confirmation


@pytest.mark.parametrize(
    ("confirmation", "key"),
    [(Confirmation(JKT, X5T), JKT), (Confirmation(None, X5T), X5T), (Confirmation(), None)],
)
def test_key_is_the_one_its_holder_proves(confirmation, key):
    assert confirmation.key == key


@pytest.mark.parametrize(
    "bound",
    [
        {},
        None,
        "x",
        [JKT],
        {"jkt": JKT, "jwk": {}},
        {"kid": "x"},
        {"jkt": None},
        {"jkt": ""},
        {"jkt": [JKT]},
        {"jkt": JKT[:-1]},
        {"jkt": JKT + "="},
        {"jkt": JKT + "\n"},
        {"jkt": JKT.replace("-", "+")},
        {"jkt": JKT, "x5t#S256": 5},
    ],
    ids=str,
)
def test_confirmation_that_is_not_understood_is_refused(bound):
    assert cause_of(cnf=bound).startswith("cnf: ")


# Who acts for the subject.


@pytest.mark.parametrize(
    ("actor", "actors"),
    [
        (forge.ABSENT, ()),
        ({"sub": "portal"}, ("portal",)),
        ({"sub": "portal", "iss": "https://a.example", "client_id": "c"}, ("portal",)),
        ({"sub": "portal", "act": {"sub": "agency"}}, ("portal", "agency")),
    ],
)
def test_actors_are_read_the_present_one_first(actor, actors):
    assert read(act=actor).actors == actors


@pytest.mark.parametrize(
    "actor",
    [
        {},
        None,
        "portal",
        ["portal"],
        {"sub": 5},
        {"sub": ""},
        {"sub": "a\nb"},
        {"sub": "x" * 257},
        {"iss": "https://a.example"},
        {"sub": "portal", "iss": 5},
        {"sub": "portal", "client_id": ""},
        {"sub": "portal", "exp": forge.NOW},
        {"sub": "portal", "act": None},
        {"sub": "portal", "act": {}},
        {"sub": "1", "act": {"sub": "2", "act": {"sub": "3"}}},
    ],
    ids=str,
)
def test_more_or_other_actors_are_refused(actor):
    assert cause_of(act=actor).startswith("act: ")
