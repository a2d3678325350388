"""The steps of an agreement's life: who may take which, when, and that refusals change nothing."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from psycopg import AsyncConnection
from psycopg.errors import RestrictViolation, UniqueViolation

from hub.agreements import history, proceedings
from hub.agreements.in_force import read_in_force
from hub.agreements.types import AgreementState, Step, VersionKey
from hub.errors import Conflict, Forbidden, HubError, InvalidInput, NotFound
from hub.identity.types import Role
from hub.policy.findings import PolicyFault
from tests.hub.agreements.parties import (
    APPROVER,
    AUDITOR,
    DRAFTER,
    JP,
    KR,
    KR_DRAFTER,
    TODAY,
    US,
    active,
    caller,
    members,
    proposed,
    ratified,
    text,
)

SECOND = text(groups="[public, operational]")


async def state(connection, key) -> AgreementState:
    return (await history.version(connection, AUDITOR, key)).state


async def events(connection) -> int:
    cursor = await connection.execute("SELECT count(*) FROM agreement_event")
    return (await cursor.fetchone())[0]


async def refused(connection, kind: type[HubError], code: str, step, *args) -> str:
    """Take a step that is refused, see that it changed nothing, and give the message."""
    before = await events(connection), await members(connection)
    with pytest.raises(kind) as caught:
        await step(connection, *args)
    assert caught.value.public_code == code
    assert (await events(connection), await members(connection)) == before
    return caught.value.message


async def test_agreement_goes_from_draft_to_active_and_ends(ground):
    version = await active(ground)
    assert version.state is AgreementState.ACTIVE
    assert [event.step for event in version.events] == [
        Step.DRAFTED, Step.PROPOSED, Step.RATIFIED, Step.APPROVED,
    ]  # fmt: skip
    assert [event.actor.subject for event in version.events] == [
        "drafter", "drafter", "kim", "approver",
    ]  # fmt: skip
    assert [event.reason for event in version.events][-1] == "in order"
    assert await members(ground) == ["kr-supply@1"]
    ended = await proceedings.end(ground, KR, "kr-supply", "no longer")
    assert ended.state is AgreementState.ENDED
    assert await members(ground) == []


async def test_instants_of_events_and_sets_follow_one_another(ground):
    version = await active(ground)
    await proceedings.suspend(ground, KR, "kr-supply", "a moment")
    version = await proceedings.end(ground, KR, "kr-supply", "no longer")
    instants = [event.at for event in version.events]
    assert instants == sorted(set(instants))
    sets = await history.sets(ground)
    assert [each.in_force_until for each in sets] == [None, *(s.in_force_from for s in sets[:-1])]


async def test_clock_that_stepped_back_gives_later_instants_all_the_same(ground):
    key = await ratified(ground)
    ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    await ground.execute(
        "INSERT INTO agreement_event SELECT nextval('agreement_event_id_seq'), agreement, version, "
        "4, 'REJECTED', issuer, client, subject, member, organisation, roles, token_id, %s, NULL, "
        "reason FROM agreement_event WHERE number = 3",
        [ahead],
    )
    assert await state(ground, key) is AgreementState.REJECTED
    version = await active(ground, SECOND)
    assert [event.at > ahead for event in version.events] == [True] * 4
    assert version.state is AgreementState.ACTIVE
    assert await members(ground) == ["kr-supply@2"]
    assert (await read_in_force(ground)).members == {version.key}
    await proceedings.end(ground, KR, "kr-supply", "at once, whatever the clock says")
    assert (await read_in_force(ground)).members == frozenset()


@pytest.mark.parametrize("who", [US, JP, AUDITOR, caller("KR", Role.REGULATOR)])
async def test_draft_by_another_than_the_secretariat_and_the_owners_agency_is_refused(ground, who):
    message = await refused(
        ground, Forbidden, "NOT_YOURS", proceedings.draft, who, text(), "we would like"
    )
    assert "only by the owner's agency or the secretariat" in message


async def test_draft_under_the_id_of_another_owners_agreement_is_refused(ground):
    await proceedings.draft(ground, KR, text(), "ours")
    yaml = text(owner="US")
    await refused(ground, Conflict, "ID_TAKEN", proceedings.draft, US, yaml, "ours")


async def test_draft_that_says_what_the_open_version_says_is_refused(ground):
    await proceedings.draft(ground, KR, text(), "ours")
    same = text() + "# the same in other words\n"
    message = await refused(ground, Conflict, "SAME_VERSION", proceedings.draft, KR, same, "again")
    assert "`kr-supply@1` says the same and is draft" in message


@pytest.mark.parametrize(
    ("yaml", "place"),
    [
        (text(more="valid_until: 2026-02-01"), "valid_until: was 2026-02-01, which is over"),
        (text(recipients="{members: [ZZ]}"), "recipients.members.0"),
        (text(recipients="{organisations: [Nobody]}"), "organisations: `Nobody` is unknown"),
        (text(more="embargo_days: -3"), "embargo_days: is too small"),
        (text(more="colour: red"), "colour: is an unknown key"),
        ("id: [", "the draft"),
        ("", "the draft"),
        ("!!python/object:os.system {}", "the draft"),
        ("[" * 5000, "the draft"),
    ],
)
async def test_draft_that_says_what_an_agreement_cannot_is_refused(ground, yaml, place):
    message = await refused(
        ground, PolicyFault, "POLICY_FAULT", proceedings.draft, DRAFTER, yaml, "so"
    )
    assert place in message


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001, "a\0b"])
async def test_step_without_a_reason_that_can_be_kept_is_refused(ground, reason):
    await refused(ground, InvalidInput, "INVALID_INPUT", proceedings.draft, KR, text(), reason)


@pytest.mark.parametrize("who", [US, JP, DRAFTER, AUDITOR])
async def test_ratification_by_another_than_the_owner_is_refused(ground, who):
    key = await proposed(ground)
    with pytest.raises((Forbidden, NotFound)):
        await proceedings.ratify(ground, who, key, "we agree")
    assert await state(ground, key) is AgreementState.PROPOSED


async def test_ratification_by_who_drafted_is_refused_and_by_another_of_the_agency_holds(ground):
    key = (await proceedings.draft(ground, KR_DRAFTER, text(), "ours")).key
    await proceedings.propose(ground, KR_DRAFTER, key, "ours")
    message = await refused(
        ground, Forbidden, "FOUR_EYES", proceedings.ratify, KR_DRAFTER, key, "we agree"
    )
    assert "have another person of the owner's regulator or agency decide" in message
    assert (await proceedings.ratify(ground, KR, key, "yes")).state is AgreementState.RATIFIED


async def test_approval_by_the_drafter_or_the_ratifier_is_refused(ground):
    key = await ratified(ground)
    approve = proceedings.approve
    await refused(ground, Forbidden, "FOUR_EYES", approve, DRAFTER, [key], "yes")
    both = caller("KR", Role.REGULATOR, Role.AGENCY, Role.SECRETARIAT)
    await refused(ground, Forbidden, "FOUR_EYES", approve, both, [key], "yes")
    await refused(ground, Forbidden, "NOT_YOURS", approve, KR_DRAFTER, [key], "yes")


STEPS = {
    Step.PROPOSED: proceedings.propose,
    Step.RATIFIED: proceedings.ratify,
    Step.REJECTED: proceedings.reject,
    Step.WITHDRAWN: proceedings.withdraw,
}


@pytest.mark.parametrize("step", [Step.RATIFIED, Step.REJECTED])
async def test_step_out_of_turn_is_refused_and_says_who_may_do_what(ground, step):
    key = (await proceedings.draft(ground, DRAFTER, text(), "so")).key
    message = await refused(ground, Conflict, "WRONG_STATE", STEPS[step], KR, key, "now")
    assert message == (
        f"`kr-supply@1` is draft and can't be {step.lower()}: it can be proposed by the owner's "
        "agency or the secretariat, or withdrawn by the owner's agency or the secretariat"
    )


@pytest.mark.parametrize("step", [Step.REJECTED, Step.WITHDRAWN])
async def test_version_that_was_refused_or_taken_back_is_over(ground, step):
    key = await ratified(ground)
    assert (await STEPS[step](ground, KR, key, "no")).state.value == step.value
    for other in STEPS.values():
        message = await refused(ground, Conflict, "WRONG_STATE", other, KR, key, "yet")
        assert message.endswith("its life is over, draft a new version")
    approve = proceedings.approve
    await refused(ground, Conflict, "WRONG_STATE", approve, APPROVER, [key], "yet")
    again = await proceedings.draft(ground, KR, text(), "anew")
    assert again.key.number == 2


async def test_what_a_caller_may_not_read_is_not_there(ground):
    key = await proposed(ground)
    for who in (US, JP):
        with pytest.raises(NotFound):
            await history.version(ground, who, key)
    await proceedings.ratify(ground, KR, key, "we agree")
    await proceedings.approve(ground, APPROVER, [key], "in order")
    assert (await history.version(ground, US, key)).key == key
    with pytest.raises(NotFound):
        await history.version(ground, JP, key)
    assert await history.agreements(ground, JP) == []
    with pytest.raises(NotFound):
        await proceedings.end(ground, JP, "kr-supply", "we dislike it")
    with pytest.raises(NotFound):
        await history.version(ground, KR, VersionKey("kr-supply", 9))


async def test_end_or_suspension_by_a_third_member_is_refused(ground):
    await active(ground)
    for step in (proceedings.end, proceedings.suspend, proceedings.resume):
        await refused(ground, Forbidden, "NOT_YOURS", step, US, "kr-supply", "we dislike it")


async def test_agreement_that_was_never_approved_has_nothing_to_end(ground):
    await proposed(ground)
    for step in (proceedings.end, proceedings.suspend, proceedings.resume):
        await refused(ground, Conflict, "WRONG_STATE", step, KR, "kr-supply", "no")


async def test_suspension_is_lifted_by_the_side_that_suspended(ground):
    await active(ground)
    suspend, resume = proceedings.suspend, proceedings.resume
    assert (await suspend(ground, APPROVER, "kr-supply", "a doubt")).state.value == "SUSPENDED"
    assert await members(ground) == []
    message = await refused(ground, Forbidden, "NOT_YOURS", resume, KR, "kr-supply", "no doubt")
    assert "only the secretariat can resume it" in message
    await refused(ground, Conflict, "WRONG_STATE", suspend, DRAFTER, "kr-supply", "a doubt")
    await suspend(ground, KR, "kr-supply", "ours too")
    assert (await resume(ground, DRAFTER, "kr-supply", "settled")).state.value == "SUSPENDED"
    assert await members(ground) == []
    assert (await resume(ground, KR_DRAFTER, "kr-supply", "settled")).state.value == "ACTIVE"
    assert await members(ground) == ["kr-supply@1"]
    await refused(ground, Conflict, "WRONG_STATE", resume, KR, "kr-supply", "again")


async def test_edit_is_a_version_of_its_own_that_takes_the_place_of_the_active_one(ground):
    first = await active(ground)
    second = await ratified(ground, SECOND)
    assert await state(ground, first.key) is AgreementState.ACTIVE
    assert await members(ground) == ["kr-supply@1"]
    await proceedings.approve(ground, APPROVER, [second], "in order")
    assert await state(ground, first.key) is AgreementState.SUPERSEDED
    assert await state(ground, second) is AgreementState.ACTIVE
    assert await members(ground) == ["kr-supply@2"]


async def test_edit_with_a_later_first_day_waits_while_the_active_version_stays(ground):
    first = await active(ground)
    day = TODAY + timedelta(days=9)
    later = await active(ground, text(groups="[public, operational]", valid_from=day))
    assert later.state is AgreementState.APPROVED
    assert await state(ground, first.key) is AgreementState.ACTIVE
    starts_at = later.agreement.starts_at
    assert await members(ground, starts_at - timedelta(milliseconds=1)) == ["kr-supply@1"]
    assert await members(ground, starts_at) == ["kr-supply@2"]
    await proceedings.end(ground, KR, "kr-supply", "all of it")
    assert await state(ground, later.key) is AgreementState.ENDED
    assert await members(ground, starts_at) == []


async def test_end_closes_what_is_under_way_too(ground):
    await active(ground)
    second = await ratified(ground, SECOND)
    await proceedings.end(ground, KR, "kr-supply", "all of it")
    assert await state(ground, second) is AgreementState.ENDED
    approve = proceedings.approve
    await refused(ground, Conflict, "WRONG_STATE", approve, APPROVER, [second], "yet")


async def test_edit_of_a_suspended_agreement_is_not_approved_around_the_suspension(ground):
    await active(ground)
    second = await ratified(ground, SECOND)
    await proceedings.suspend(ground, KR, "kr-supply", "a doubt")
    approve = proceedings.approve
    message = await refused(ground, Conflict, "WRONG_STATE", approve, APPROVER, [second], "now")
    assert "while `kr-supply` is suspended" in message


async def test_several_are_approved_in_one_decision_or_none(ground):
    keys = [
        await ratified(ground, text("kr-one")),
        await ratified(ground, text("us-one", owner="US", recipients="{members: [KR]}"), US),
    ]
    third = await proposed(ground, text("kr-two"))
    approve = proceedings.approve
    await refused(ground, Conflict, "WRONG_STATE", approve, APPROVER, [*keys, third], "all")
    await approve(ground, APPROVER, [*keys, keys[0]], "both")
    assert await members(ground) == ["kr-one@1", "us-one@1"]
    made = [each.in_force_from for each in await history.sets(ground)]
    assert len(made) == 2
    with pytest.raises(InvalidInput):
        await approve(ground, APPROVER, [], "none")


async def test_approval_is_refused_with_all_findings_and_changes_nothing(ground):
    annex = "annex: '@id(\"x\") forbid (principal, action, resource) when {resource.nothing == 1};'"
    examples = (
        "examples:\n  allowed:\n"
        "    - {member: JP, purpose: exercise, record: SupplyNotice, group: public}\n"
        "  refused:\n"
        "    - {member: US, purpose: exercise, record: SupplyNotice, group: public}\n"
    )
    broken = await ratified(ground, text("kr-annex", more=annex))
    wrong = await ratified(ground, text("kr-examples", more=examples))
    approve = proceedings.approve
    message = await refused(ground, PolicyFault, "POLICY_FAULT", approve, APPROVER, [broken], "so")
    assert "kr-annex" in message
    message = await refused(ground, PolicyFault, "POLICY_FAULT", approve, APPROVER, [wrong], "so")
    assert "examples.allowed 1: is refused" in message
    assert "examples.refused 1: is allowed" in message


async def test_example_that_another_end_broke_does_not_stand_in_the_way_of_others(ground):
    example = "{member: EU, purpose: exercise, record: SupplyNotice, group: operational}"
    await active(ground, text("kr-more", groups="[operational]"))
    await active(ground, text("kr-needs", more=f"examples: {{allowed: [{example}]}}"))
    await proceedings.end(ground, KR, "kr-more", "no longer")
    assert (await active(ground, text("kr-other"))).state is AgreementState.ACTIVE


async def test_two_approvals_in_a_race_end_as_one(own_ground_url):
    async with (
        await AsyncConnection.connect(own_ground_url) as setup,
        await AsyncConnection.connect(own_ground_url) as one,
        await AsyncConnection.connect(own_ground_url) as other,
    ):
        key = await ratified(setup)
        await setup.commit()

        async def approve(connection):
            async with connection.transaction():
                return await proceedings.approve(connection, APPROVER, [key], "mine")

        found = await asyncio.gather(approve(one), approve(other), return_exceptions=True)
        assert sorted(type(each).__name__ for each in found) == ["Conflict", "tuple"]
        version = await history.version(setup, AUDITOR, key)
        assert [event.step for event in version.events].count(Step.APPROVED) == 1
        assert await members(setup) == ["kr-supply@1"]


async def test_database_takes_one_approval_and_one_event_of_a_number(ground):
    version = await active(ground)
    again = (
        "INSERT INTO agreement_event SELECT nextval('agreement_event_id_seq'), agreement, version, "
        "%s, step, issuer, client, subject, member, organisation, roles, token_id, at, "
        "effective_at, reason FROM agreement_event WHERE step = 'APPROVED'"
    )
    for number in (4, 5):
        with pytest.raises(UniqueViolation):
            async with ground.transaction():
                await ground.execute(again, [number])
    assert len((await history.version(ground, KR, version.key)).events) == 4


@pytest.mark.parametrize("table", ["agreement_version", "agreement_event"])
@pytest.mark.parametrize(
    "change", ["UPDATE {} SET agreement = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
async def test_database_refuses_to_change_what_was_said_and_what_happened(ground, table, change):
    await proposed(ground)
    with pytest.raises(RestrictViolation, match="append-only"):
        await ground.execute(change.format(table))
