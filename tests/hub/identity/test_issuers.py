"""How an issuer comes to be trusted, is changed, and is trusted no longer."""

import psycopg
import pytest

from hub.errors import Conflict, Forbidden, InvalidInput, NotFound
from hub.identity.trust import issuers
from hub.identity.trust.issuers import VersionState, in_force
from hub.identity.trust.log import CHANNEL
from tests.hub.identity.registrations import (
    AUDITOR,
    ISSUER,
    KR,
    KR_AGENCY,
    KR_OTHER,
    SECRETARY,
    SECRETARY_2,
    US,
    person,
    registered,
    registration,
)
from tests.hub.store.databases import migrated_database

PROPOSED, IN_FORCE, SUPERSEDED, WITHDRAWN = VersionState


async def states(connection, issuer=ISSUER):
    return [version.state for version in await issuers.read_one(connection, issuer)]


async def refused(doing, code="NOT_YOURS"):
    with pytest.raises((Forbidden, Conflict)) as error:
        await doing
    assert error.value.public_code == code
    return error.value.message


@pytest.mark.parametrize(
    ("proposer", "approver"),
    [(KR, SECRETARY), (KR_AGENCY, SECRETARY), (SECRETARY, KR), (SECRETARY, KR_OTHER)],
)
async def test_issuer_is_in_force_once_both_sides_agree(connection, proposer, approver):
    proposed = await issuers.propose(connection, proposer, registration(), "ours")
    assert (proposed.state, proposed.number, proposed.sides) == (PROPOSED, 1, {"KR", "ALLIANCE"})
    assert in_force(await issuers.read_one(connection, ISSUER)) is None
    approved = await issuers.approve(connection, approver, ISSUER, 1, "looked at")
    assert (approved.state, approved.missing) == (IN_FORCE, frozenset())
    assert in_force(await issuers.read_one(connection, ISSUER)) == approved
    assert [(each.actor.subject, each.reason) for each in approved.deeds] == [
        (proposer.subject, "ours"),
        (approver.subject, "looked at"),
    ]
    assert approved.deeds[0].at <= approved.deeds[1].at


@pytest.mark.parametrize(
    ("proposer", "approver", "code"),
    [
        (KR, KR, "FOUR_EYES"),
        (SECRETARY, SECRETARY, "FOUR_EYES"),
        (KR, KR_OTHER, "NOT_YOURS"),
        (SECRETARY, SECRETARY_2, "NOT_YOURS"),
        (SECRETARY, KR_AGENCY, "NOT_YOURS"),
        (KR, US, "NOT_YOURS"),
        (SECRETARY, US, "NOT_YOURS"),
        (KR, AUDITOR, "NOT_YOURS"),
    ],
)
async def test_one_side_or_one_person_alone_can_not_have_an_issuer_trusted(
    connection, proposer, approver, code
):
    await issuers.propose(connection, proposer, registration(), "ours")
    await refused(issuers.approve(connection, approver, ISSUER, 1, "looked at"), code)
    assert await states(connection) == [PROPOSED]


@pytest.mark.parametrize("caller", [US, AUDITOR, person("x", "KR")])
async def test_issuer_is_proposed_by_its_sides_alone(connection, caller):
    await refused(issuers.propose(connection, caller, registration(), "ours"))
    assert await states(connection) == []


async def test_issuer_of_the_alliance_takes_two_people_of_the_secretariat(connection):
    found = registration(members=["ALLIANCE"], roles=["secretariat"])
    await refused(issuers.propose(connection, KR, found, "ours"))
    await issuers.propose(connection, SECRETARY, found, "ours")
    await refused(issuers.approve(connection, SECRETARY, ISSUER, 1, "yes"), "FOUR_EYES")
    await refused(issuers.approve(connection, KR, ISSUER, 1, "yes"))
    assert (await issuers.approve(connection, SECRETARY_2, ISSUER, 1, "yes")).state is IN_FORCE


async def test_issuer_of_two_members_waits_for_the_word_of_both(connection):
    found = registration(members=["KR", "US"])
    await issuers.propose(connection, KR, found, "shared")
    assert (await issuers.approve(connection, SECRETARY, ISSUER, 1, "yes")).missing == {"US"}
    assert await states(connection) == [PROPOSED]
    assert (await issuers.approve(connection, US, ISSUER, 1, "yes")).state is IN_FORCE


async def test_edit_waits_for_approval_and_the_old_version_holds_meanwhile(connection):
    await registered(connection)
    changed = registration(jwks_uri=f"{ISSUER}/new")
    await issuers.propose(connection, SECRETARY, changed, "moved")
    assert await states(connection) == [IN_FORCE, PROPOSED]
    await issuers.approve(connection, KR, ISSUER, 2, "indeed")
    assert await states(connection) == [SUPERSEDED, IN_FORCE]
    found = in_force(await issuers.read_one(connection, ISSUER))
    assert found.registration.jwks_uri == f"{ISSUER}/new"


async def test_no_member_takes_over_the_issuer_of_another(connection):
    await registered(connection)
    theirs = registration(members=["US"])
    await refused(issuers.propose(connection, US, theirs, "ours now"))
    await issuers.propose(connection, SECRETARY, theirs, "theirs now")
    assert (await issuers.approve(connection, US, ISSUER, 2, "yes")).missing == {"KR"}
    assert await states(connection) == [IN_FORCE, PROPOSED]


async def test_member_that_left_has_no_say_from_then_on(connection):
    await issuers.propose(connection, KR, registration(members=["KR", "US"]), "shared")
    await issuers.approve(connection, US, ISSUER, 1, "yes")
    await issuers.approve(connection, SECRETARY, ISSUER, 1, "yes")
    await issuers.propose(connection, US, registration(), "we leave")
    assert (await issuers.approve(connection, SECRETARY, ISSUER, 2, "yes")).missing == {"KR"}
    await issuers.approve(connection, KR, ISSUER, 2, "farewell")
    await refused(issuers.withdraw(connection, US, ISSUER, None, "rivals"))
    proposed = await issuers.propose(connection, KR, registration(), "again")
    assert proposed.sides == {"KR", "ALLIANCE"}


async def test_one_proposal_at_a_time_waits(connection):
    await issuers.propose(connection, KR, registration(), "ours")
    await refused(issuers.propose(connection, SECRETARY, registration(), "too"), "WRONG_STATE")


async def test_proposal_is_approved_once(connection):
    await registered(connection)
    await refused(issuers.approve(connection, SECRETARY_2, ISSUER, 1, "again"), "WRONG_STATE")
    with pytest.raises(NotFound):
        await issuers.approve(connection, SECRETARY, ISSUER, 2, "which")
    with pytest.raises(NotFound):
        await issuers.approve(connection, SECRETARY, "https://other.example", 0, "which")


@pytest.mark.parametrize("caller", [KR, KR_AGENCY, SECRETARY_2])
async def test_either_side_withdraws_all_that_is_open_alone(connection, caller):
    await registered(connection)
    await issuers.propose(connection, SECRETARY, registration(hosts=["a.example"]), "more")
    gone = await issuers.withdraw(connection, caller, ISSUER, None, "leak")
    assert [version.state for version in gone] == [WITHDRAWN, WITHDRAWN]
    assert await states(connection) == [WITHDRAWN, WITHDRAWN]
    await refused(issuers.withdraw(connection, caller, ISSUER, None, "leak"), "WRONG_STATE")


async def test_withdrawn_version_revives_no_older_one(connection):
    await registered(connection)
    await registered(connection, hosts=["a.example"])
    await issuers.withdraw(connection, KR, ISSUER, 2, "leak")
    assert await states(connection) == [SUPERSEDED, WITHDRAWN]
    assert in_force(await issuers.read_one(connection, ISSUER)) is None
    assert (await registered(connection)).state is IN_FORCE


async def test_refused_proposal_leaves_the_version_in_force_alone(connection):
    await registered(connection)
    await issuers.propose(connection, KR, registration(members=["KR", "US"]), "shared")
    await issuers.approve(connection, US, ISSUER, 2, "yes")
    await issuers.withdraw(connection, SECRETARY, ISSUER, 2, "no")
    assert await states(connection) == [IN_FORCE, WITHDRAWN]


@pytest.mark.parametrize("caller", [US, AUDITOR])
async def test_others_withdraw_nothing(connection, caller):
    await registered(connection)
    await refused(issuers.withdraw(connection, caller, ISSUER, None, "rivals"))
    assert await states(connection) == [IN_FORCE]


async def test_issuer_on_this_machine_needs_the_operators_leave(connection):
    local = registration(issuer="http://127.0.0.1:9", jwks_uri="http://127.0.0.1:9/jwks")
    with pytest.raises(InvalidInput, match="need https addresses"):
        await issuers.propose(connection, KR, local, "ours")
    assert await issuers.propose(connection, KR, local, "ours", allow_loopback=True)


@pytest.mark.parametrize("reason", ["", " \n", "x" * 2001, "a\0b"])
async def test_every_step_says_why(connection, reason):
    with pytest.raises(InvalidInput, match="must say why"):
        await issuers.propose(connection, KR, registration(), reason)


@pytest.mark.parametrize(
    ("caller", "may"),
    [(KR, True), (KR_AGENCY, True), (US, False), (SECRETARY, True), (AUDITOR, True)],
)
async def test_own_issuers_are_read_and_the_alliances_bodies_read_all(connection, caller, may):
    version = await registered(connection)
    found = await issuers.readable(connection, caller)
    assert [(each.name, each.versions) for each in found] == [(ISSUER, (version,))] * may


@pytest.mark.parametrize("table", ["issuer_version", "trust_event"])
@pytest.mark.parametrize("change", ["UPDATE {} SET issuer = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
async def test_what_was_done_can_not_be_undone_in_the_database(connection, table, change):
    await registered(connection)
    cascade = " CASCADE" if "TRUNCATE" in change else ""
    with pytest.raises(psycopg.errors.RestrictViolation, match="is append-only"):
        await connection.execute(change.format(table) + cascade)


async def test_gateways_hear_of_each_step_once_it_is_committed(database_url):
    async with (
        migrated_database(database_url) as url,
        await psycopg.AsyncConnection.connect(url, autocommit=True) as hearing,
        await psycopg.AsyncConnection.connect(url) as doing,
    ):
        await hearing.execute(f"LISTEN {CHANNEL}")
        await issuers.propose(
            doing,
            KR,
            registration(issuer="https://heard.example", hosts=["login.mfds.example"]),
            "x",
        )
        assert [each async for each in hearing.notifies(timeout=0.05, stop_after=1)] == []
        await doing.commit()
        [heard] = [each async for each in hearing.notifies(timeout=10, stop_after=1)]
    assert heard.channel == CHANNEL
