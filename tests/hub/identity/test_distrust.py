"""Distrust of an issuer or a key: one person at once, and two to lift it."""

import pytest

from hub.errors import Conflict, Forbidden, InvalidInput
from hub.identity.trust import issuers
from hub.identity.trust.distrust import distrust, distrusted, lift, readable, standing
from tests.hub.identity.registrations import (
    AUDITOR,
    ISSUER,
    KR,
    KR_AGENCY,
    KR_OTHER,
    SECRETARY,
    SECRETARY_2,
    US,
    registered,
)

PRINT = "A" * 43
KEY = distrusted(ISSUER, kid="k1")
ALL = distrusted(ISSUER)
ANYWHERE = distrusted(thumbprint=PRINT)


async def refused(doing, code="NOT_YOURS"):
    with pytest.raises((Forbidden, Conflict)) as error:
        await doing
    assert error.value.public_code == code
    return error.value.message


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ({"issuer": ISSUER}, f"`{ISSUER}`"),
        ({"issuer": ISSUER, "kid": "k"}, f"the key `k` of `{ISSUER}`"),
        ({"issuer": ISSUER, "thumbprint": PRINT}, f"the key `{PRINT}` of `{ISSUER}`"),
        ({"thumbprint": PRINT}, f"the key `{PRINT}` of any issuer"),
    ],
)
def test_what_is_distrusted_is_named(named, text):
    assert str(distrusted(**named)) == text


@pytest.mark.parametrize(
    "named",
    [
        {},
        {"kid": "k"},
        {"issuer": ISSUER, "kid": "k", "thumbprint": PRINT},
        {"thumbprint": "A" * 42},
        {"thumbprint": "A" * 42 + "="},
        {"thumbprint": ""},
        {"issuer": ""},
        {"issuer": ISSUER, "kid": ""},
        {"issuer": "x" * 257},
        {"issuer": ISSUER, "kid": "a\0b"},
    ],
)
def test_what_names_nothing_is_refused(named):
    with pytest.raises(InvalidInput):
        distrusted(**named)


def test_key_is_named_where_a_key_is_meant():
    assert distrusted(ISSUER, "k1", is_key=True) == KEY
    with pytest.raises(InvalidInput, match="name an issuer, or a key"):
        distrusted(ISSUER, is_key=True)


@pytest.mark.parametrize("caller", [KR, KR_AGENCY, SECRETARY])
@pytest.mark.parametrize("subject", [KEY, ALL, distrusted(ISSUER, thumbprint=PRINT)])
async def test_one_person_of_either_side_distrusts_at_once(connection, caller, subject):
    await registered(connection)
    await distrust(connection, caller, subject, "stolen")
    assert set(await standing(connection)) == {subject}


@pytest.mark.parametrize(
    ("caller", "subject"),
    [
        (US, ALL), (US, KEY), (AUDITOR, ALL), (KR, ANYWHERE), (US, ANYWHERE),
        (KR, distrusted("https://hub.example")),
    ],
)  # fmt: skip
async def test_nobody_distrusts_for_others(connection, caller, subject):
    await registered(connection)
    await refused(distrust(connection, caller, subject, "rivals"))
    assert not await standing(connection)


async def test_member_whose_issuer_is_withdrawn_has_none_to_distrust(connection):
    await registered(connection)
    await issuers.withdraw(connection, SECRETARY, ISSUER, None, "over")
    await refused(distrust(connection, KR, ALL, "stolen"))


@pytest.mark.parametrize("subject", [ANYWHERE, distrusted("https://hub.example", kid="k")])
async def test_secretariat_distrusts_any_key_and_the_hubs_own(connection, subject):
    await distrust(connection, SECRETARY, subject, "stolen")
    assert set(await standing(connection)) == {subject}


async def test_distrust_is_lifted_by_two_people(connection):
    await registered(connection)
    await distrust(connection, KR, KEY, "stolen")
    assert not await lift(connection, KR, KEY, "found again")
    await refused(lift(connection, KR, KEY, "found again"), "FOUR_EYES")
    assert set(await standing(connection)) == {KEY}
    assert await lift(connection, KR_OTHER, KEY, "seen it")
    assert not await standing(connection)
    await refused(lift(connection, KR, KEY, "again"), "WRONG_STATE")


@pytest.mark.parametrize("by", [SECRETARY, KR])
async def test_side_that_distrusts_is_among_those_who_lift_it(connection, by):
    others = (KR, KR_OTHER) if by is SECRETARY else (SECRETARY, SECRETARY_2)
    await registered(connection)
    await distrust(connection, by, KEY, "stolen")
    assert not await lift(connection, others[0], KEY, "please")
    assert by.member in await refused(lift(connection, others[1], KEY, "please"))
    assert await lift(connection, by, KEY, "very well")


async def test_what_both_sides_distrust_takes_both_to_lift(connection):
    await registered(connection)
    for caller in (KR, SECRETARY):
        await distrust(connection, caller, KEY, "stolen")
    await lift(connection, KR, KEY, "found")
    assert "ALLIANCE" in await refused(lift(connection, KR_OTHER, KEY, "found"))
    assert await lift(connection, SECRETARY, KEY, "found")


async def test_distrust_anew_ends_the_wish_to_lift_it(connection):
    await registered(connection)
    await distrust(connection, KR, KEY, "stolen")
    await lift(connection, KR, KEY, "found")
    await distrust(connection, KR, KEY, "no, it was another")
    assert not await lift(connection, KR_OTHER, KEY, "found")


async def test_others_lift_nothing(connection):
    await registered(connection)
    await distrust(connection, KR, KEY, "stolen")
    await refused(lift(connection, US, KEY, "why not"))


@pytest.mark.parametrize(
    ("caller", "subjects"), [(KR, [KEY, ANYWHERE]), (US, [ANYWHERE]), (AUDITOR, [KEY, ANYWHERE])]
)
async def test_distrust_of_own_issuers_and_of_any_is_read(connection, caller, subjects):
    await registered(connection)
    await distrust(connection, KR, KEY, "stolen")
    await distrust(connection, SECRETARY, ANYWHERE, "weak")
    assert [each.subject for each in await readable(connection, caller)] == subjects
