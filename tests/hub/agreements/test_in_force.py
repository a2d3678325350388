"""Kept sets: used as they were admitted, never damaged, and made anew on another ground."""

import asyncio
from datetime import timedelta

import pytest
from psycopg import AsyncConnection

from hub.agreements import applying, history, proceedings
from hub.agreements.applying import stand_on
from hub.agreements.in_force import read_coming, read_in_force
from hub.agreements.types import AgreementState
from hub.errors import Conflict, Unavailable
from hub.policy.findings import PolicyFault
from tests.hub.agreements.parties import (
    APPROVER,
    AUDITOR,
    BASELINE,
    KR,
    TODAY,
    active,
    members,
    ratified,
    text,
)

WIDER = BASELINE + '@id("baseline/all") permit (principal, action, resource);'

DAMAGE = {
    "a policy more": "UPDATE policy_set SET policies = replace(policies, 'KR', 'US')",
    "broken JSON": "UPDATE policy_set SET policies = '[['",
    "another baseline": "UPDATE policy_set SET baseline = ''",
    "another digest": "UPDATE policy_set SET digest = 'x'",
    "an agreement less": "DELETE FROM policy_set_member",
}


async def damage(connection, how):
    await connection.execute(DAMAGE[how])


async def test_kept_set_is_the_admitted_one_to_the_letter(ground):
    version = await active(ground)
    found = await read_in_force(ground)
    admitted = applying.admit(BASELINE, [version.agreement])
    assert found.policy_set == admitted
    assert found.policy_set.digest == admitted.digest
    assert found.members == {version.key}


@pytest.mark.parametrize("how", DAMAGE)
async def test_damaged_set_is_not_used(ground, how):
    await active(ground)
    await damage(ground, how)
    with pytest.raises(Unavailable) as caught:
        await read_in_force(ground)
    assert caught.value.public_code == "DAMAGED_POLICIES"
    assert "restart the hub" in caught.value.message


async def test_agreement_ends_even_while_the_set_is_damaged_and_the_next_start_mends_it(ground):
    await active(ground)
    other = await ratified(ground, text("kr-other"))
    await active(ground, text("kr-stays"))
    await damage(ground, "broken JSON")
    ended = await proceedings.end(ground, KR, "kr-supply", "no longer")
    assert ended.state is AgreementState.ENDED
    with pytest.raises(Unavailable):
        await proceedings.approve(ground, APPROVER, [other], "yes")
    with pytest.raises(Unavailable):
        await read_in_force(ground)
    await stand_on(ground, BASELINE)
    assert await members(ground) == ["kr-stays@1"]
    assert {each.agreement for each in (await read_in_force(ground)).policy_set.policies} == {
        None, "kr-stays",
    }  # fmt: skip


async def test_end_is_not_hidden_by_damage_to_a_set_that_was_yet_to_come(ground):
    await active(ground)
    await active(ground, text(groups="[operational]", valid_from=TODAY + timedelta(days=9)))
    await ground.execute("UPDATE policy_set SET policies = '[[' WHERE in_force_until IS NULL")
    assert len((await read_in_force(ground)).members) == 1
    await proceedings.end(ground, KR, "kr-supply", "no longer")
    with pytest.raises(Unavailable, match="no policies are in force") as caught:
        await read_in_force(ground)
    assert caught.value.public_code == "NO_POLICIES"
    await stand_on(ground, BASELINE)
    assert (await read_in_force(ground)).members == frozenset()


async def test_approval_of_an_older_baseline_than_a_start_brought_meanwhile_is_refused(
    own_ground_url, monkeypatch
):
    async with (
        await AsyncConnection.connect(own_ground_url) as approving,
        await AsyncConnection.connect(own_ground_url) as starting,
    ):
        key = await ratified(approving)
        await approving.commit()
        ask = applying._ask_examples

        def start_meanwhile(*args):
            asyncio.run_coroutine_threadsafe(start(), loop).result(30)
            ask(*args)

        async def start():
            monkeypatch.setattr(applying, "_ask_examples", ask)
            await stand_on(starting, WIDER)
            await starting.commit()

        loop = asyncio.get_running_loop()
        monkeypatch.setattr(applying, "_ask_examples", start_meanwhile)
        with pytest.raises(Conflict, match="another change of the policies came first"):
            await proceedings.approve(approving, APPROVER, [key], "yes")
        await approving.commit()
        version = await history.version(approving, AUDITOR, key)
        assert version.state is AgreementState.RATIFIED
        (version,) = await proceedings.approve(approving, APPROVER, [key], "again")
        assert version.state is AgreementState.ACTIVE
        assert (await read_in_force(approving)).baseline == WIDER


async def test_start_on_the_same_ground_changes_nothing(ground):
    await active(ground)
    before = await history.sets(ground)
    await stand_on(ground, BASELINE)
    assert await history.sets(ground) == before


async def test_start_with_another_baseline_admits_anew_and_keeps_the_agreements(ground):
    await active(ground)
    await stand_on(ground, WIDER)
    found = await read_in_force(ground)
    assert [each.id for each in found.policy_set.policies] == [
        "baseline/owners", "baseline/all", "kr-supply/1",
    ]  # fmt: skip
    assert found.baseline == WIDER
    assert await members(ground) == ["kr-supply@1"]


async def test_start_with_a_broken_baseline_is_refused_and_changes_nothing(ground):
    before = await history.sets(ground)
    with pytest.raises(PolicyFault):
        await stand_on(ground, "permit (principal, action, resource)")
    assert await history.sets(ground) == before


async def test_set_of_other_cedar_words_than_todays_is_admitted_anew(ground, monkeypatch):
    await active(ground)
    before = await history.sets(ground)
    monkeypatch.setattr("hub.agreements.in_force.source_digest", lambda *_: "of today")
    monkeypatch.setattr("hub.agreements.applying.source_digest", lambda *_: "of today")
    await stand_on(ground, BASELINE)
    after = await history.sets(ground)
    assert [each.members for each in after[:2]] == [before[0].members] * 2
    (found,) = await read_coming(ground)
    assert found.is_fresh


async def test_what_is_cut_from_a_stale_set_is_stale(ground, monkeypatch):
    await active(ground)
    await active(ground, text("kr-other"))
    await ground.execute("UPDATE policy_set SET source_digest = 'of yesterday'")
    await proceedings.end(ground, KR, "kr-other", "no longer")
    (found,) = await read_coming(ground)
    assert not found.is_fresh


async def test_history_says_which_set_was_in_force_at_an_instant(ground):
    await active(ground)
    await proceedings.suspend(ground, KR, "kr-supply", "a moment")
    await proceedings.resume(ground, KR, "kr-supply", "it is over")
    instants = [each.in_force_from for each in reversed(await history.sets(ground))]
    assert [await members(ground, at) for at in instants] == [
        [], ["kr-supply@1"], [], ["kr-supply@1"],
    ]  # fmt: skip
    before = instants[0] - timedelta(milliseconds=1)
    assert await history.set_at(ground, before) is None
