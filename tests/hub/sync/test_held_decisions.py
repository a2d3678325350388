"""Held pulls released or rejected: by two people, once, all of it or nothing."""

import asyncio
import dataclasses

import psycopg
import pytest
from structlog.testing import capture_logs

import hub.sync.pull as hub_pull
from hub.errors import Conflict, Forbidden, InvalidInput
from hub.identity.types import Role
from hub.sync import releasing
from hub.sync.comparison import Difference
from hub.sync.held import pulls as held
from hub.sync.types import Outcome
from tests.hub.sync.held_scene import ANNA, BORA, FEED, SECRETARY, cases, hold, person, shortened

LISTED = "SELECT count(*) FROM supply_notice WHERE superseded_at IS NULL AND listing = 'LISTED'"


async def release(hub, caller, pull_id, reason="the member confirms it"):
    return await releasing.release(hub.tools, caller, pull_id, reason)


async def reject(hub, caller, pull_id, reason="the export broke off"):
    return await releasing.reject(hub.tools.pool, caller, pull_id, reason)


async def test_two_people_release_exactly_what_was_landed(hub, members):
    pull_id = await hold(hub, members)
    proposed = await release(hub, ANNA, pull_id)
    assert (proposed.case.state, proposed.published) == ("OPEN", None)
    assert (await hub.query(LISTED)) == [(72,)]
    assert releasing.remark_on(proposed) == (
        f"the release of pull {pull_id} of `{FEED}` is proposed: another person has to agree"
    )
    released = await release(hub, BORA, pull_id, "so do I")
    assert await hub.query(LISTED) == [(20,)]
    assert released.published.merged.absent >= 52
    assert not released.is_remapped
    assert await cases(hub) == [(pull_id, "RELEASED", ["HELD", "RELEASE_PROPOSED", "RELEASED"])]
    mine, theirs = await hub.query(
        "SELECT documents, validator, stated_at FROM pull WHERE id IN (%s, %s)",
        pull_id,
        released.case.released_as,
    )
    assert mine == theirs
    assert [(event.reason, event.actor.subject) for event in released.case.events[1:]] == [
        ("the member confirms it", "anna"),
        ("so do I", "bora"),
    ]
    assert releasing.remark_on(released).startswith(
        f"pull {pull_id} of `{FEED}` is released as pull {released.case.released_as}: 0 added"
    )


async def test_a_release_is_told_though_what_follows_it_fails(hub, members, monkeypatch):
    async def fail(_):
        raise psycopg.OperationalError("the connection is lost")

    pull_id = await hold(hub, members)
    await release(hub, ANNA, pull_id)
    monkeypatch.setattr("hub.sync.pipeline.link_after", fail)
    with capture_logs() as logged:
        released = await release(hub, BORA, pull_id)
    assert (released.case.state, released.published.outcome) == ("RELEASED", "PUBLISHED")
    assert "entities and search terms wait for the next pull" in [one["event"] for one in logged]


async def test_after_a_release_the_same_bytes_are_nothing_new(hub, members):
    pull_id = await hold(hub, members)
    await release(hub, ANNA, pull_id)
    await release(hub, SECRETARY, pull_id)
    with members.changed(FEED, shortened(members, 20)):
        assert (await hub.pull(FEED)).outcome is Outcome.UNCHANGED


async def test_secretariat_alone_is_two_people_too(hub, members):
    pull_id = await hold(hub, members)
    await release(hub, SECRETARY, pull_id)
    other = person("dirk", "ALLIANCE", Role.SECRETARIAT)
    assert (await release(hub, other, pull_id)).case.state == "RELEASED"


async def test_one_person_is_not_two_whichever_client_they_come_by(hub, members):
    pull_id = await hold(hub, members)
    await release(hub, ANNA, pull_id)
    with pytest.raises(Forbidden, match=r"you, `anna`, proposed this .* another person") as error:
        await release(hub, dataclasses.replace(ANNA, client="another", issuer="elsewhere"), pull_id)
    assert error.value.public_code == "FOUR_EYES"
    assert await hub.query(LISTED) == [(72,)]
    await reject(hub, BORA, pull_id)
    with pytest.raises(Forbidden, match="another person"):
        await reject(hub, BORA, pull_id)


async def test_proposal_of_the_opposite_takes_the_first_one_s_place(hub, members):
    pull_id = await hold(hub, members)
    await release(hub, ANNA, pull_id)
    await reject(hub, BORA, pull_id)
    assert (await release(hub, SECRETARY, pull_id)).published is None
    assert (await release(hub, BORA, pull_id)).case.state == "RELEASED"


async def test_two_people_reject_and_the_bytes_stay_landed(hub, members):
    pull_id = await hold(hub, members)
    await reject(hub, ANNA, pull_id)
    rejected = await reject(hub, SECRETARY, pull_id)
    assert "is rejected: its bytes stay landed" in releasing.remark_on(rejected)
    assert await cases(hub) == [
        (pull_id, "REJECTED", ["HELD", "REJECTION_PROPOSED", "REJECTED"])
    ]  # fmt: skip
    ((documents,),) = await hub.query("SELECT documents FROM pull WHERE id = %s", pull_id)
    assert await hub.tools.landing.get(documents[0]) == shortened(members, 20)
    assert await hub.query(LISTED) == [(72,)]


async def test_rejected_bytes_are_held_again_without_a_second_case(hub, members):
    pull_id = await hold(hub, members)
    await reject(hub, ANNA, pull_id)
    await reject(hub, BORA, pull_id)
    again = await hold(hub, members)
    reason_code, reason = await hub.last(FEED, "reason_code, reason")
    assert reason_code == "REJECTED_BEFORE"
    assert f"what was rejected as pull {pull_id}" in reason
    assert "the export broke off" in reason
    assert [case[0] for case in await cases(hub)] == [pull_id]
    assert again > pull_id
    other = await hold(hub, members, 21)
    assert (await cases(hub))[-1] == (other, "OPEN", ["HELD"])


async def test_rejection_is_taken_back_by_two_who_release(hub, members):
    pull_id = await hold(hub, members)
    await reject(hub, ANNA, pull_id)
    await reject(hub, BORA, pull_id)
    with pytest.raises(Conflict, match=r"rejected .*: release it if that was wrong"):
        await reject(hub, SECRETARY, pull_id)
    await release(hub, ANNA, pull_id)
    assert (await release(hub, BORA, pull_id)).case.state == "RELEASED"


@pytest.mark.parametrize("decide", [release, reject])
@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "in 1 to 2000 characters"),
        ("  ", "in 1 to 2000 characters"),
        ("x" * 2001, "in 1 to 2000 characters"),
        ("a\0b", "in text that can be kept: leave out its NUL"),
    ],
)
async def test_decision_without_a_reason_is_refused(hub, decide, reason, said):
    with pytest.raises(InvalidInput, match=f"^`reason` must say why,? {said}$"):
        await decide(hub, ANNA, 1, reason)


@pytest.mark.parametrize("decide", [release, reject])
@pytest.mark.parametrize(
    "caller", [person("dana", role=Role.REGULATOR), person("emil", "ALLIANCE", Role.AUDITOR)]
)
async def test_who_may_read_may_not_decide(hub, members, decide, caller):
    pull_id = await hold(hub, members)
    with pytest.raises(Forbidden, match="by the agency of KR or the secretariat: ask") as error:
        await decide(hub, caller, pull_id)
    assert error.value.public_code == "NOT_YOURS"
    assert await cases(hub) == [(pull_id, "OPEN", ["HELD"])]


async def test_other_member_may_not_even_look(hub, members):
    pull_id = await hold(hub, members)
    for decide in (release, reject):
        with pytest.raises(Forbidden, match="is KR's"):
            await decide(hub, person("finn", "US"), pull_id)


async def test_release_of_what_is_held_no_more_says_what_became_of_it(hub, members):
    pull_id = await hold(hub, members)
    await release(hub, ANNA, pull_id)
    released = await release(hub, BORA, pull_id)
    with pytest.raises(Conflict, match="nothing is left to do") as error:
        await release(hub, SECRETARY, pull_id)
    assert error.value.public_code == "NOT_HELD"
    assert str(released.case.released_as) in error.value.message
    superseded = await hold(hub, members, 5)
    newest = await hold(hub, members, 6)
    with pytest.raises(Conflict, match=r"is held no more.*decide on the newest one"):
        await release(hub, ANNA, superseded)
    assert (await release(hub, ANNA, newest)).case.state == "OPEN"


async def test_release_of_older_data_than_is_served_is_refused(hub, members):
    pull_id = await hold(hub, members)
    await reject(hub, ANNA, pull_id)
    await reject(hub, BORA, pull_id)
    with members.changed(FEED, shortened(members, 70)):
        newer = (await hub.pull(FEED)).pull_id
    with pytest.raises(Conflict, match=f"pull {newer}, which is newer") as error:
        await release(hub, ANNA, pull_id)
    assert error.value.public_code == "NEWER_PUBLISHED"


async def test_pull_that_publishes_while_a_release_maps_wins(hub, members, monkeypatch):
    pull_id = await hold(hub, members)
    await release(hub, ANNA, pull_id)
    landed_documents = hub_pull.landed_documents

    async def overtaken(*asked):
        monkeypatch.undo()
        monkeypatch.setenv("DATA_GO_KR_SERVICE_KEY", "key")
        with members.changed(FEED, shortened(members, 70)):
            assert (await hub.pull(FEED)).outcome is Outcome.PUBLISHED
        return await landed_documents(*asked)

    monkeypatch.setattr(hub_pull, "landed_documents", overtaken)
    with pytest.raises(Conflict, match=r"was not released: .* held no more"):
        await release(hub, BORA, pull_id)
    assert await hub.query(LISTED) == [(69,)]
    assert [case[1] for case in await cases(hub)] == ["SUPERSEDED"]


async def test_release_that_is_no_longer_proposed_once_it_is_mapped_is_refused(
    hub, members, monkeypatch
):
    pull_id = await hold(hub, members)
    await release(hub, ANNA, pull_id)
    landed_documents = hub_pull.landed_documents

    async def withdrawn(*asked):
        await reject(hub, SECRETARY, pull_id)
        return await landed_documents(*asked)

    monkeypatch.setattr(hub_pull, "landed_documents", withdrawn)
    with pytest.raises(Conflict, match="is proposed no more: look at it") as refusal:
        await release(hub, BORA, pull_id)
    assert refusal.value.public_code == "NOT_PROPOSED"
    assert await hub.query(LISTED) == [(72,)]


async def test_race_of_many_second_people_publishes_once(hub, members):
    pull_id = await hold(hub, members)
    await release(hub, ANNA, pull_id)
    others = [person(f"person-{number}") for number in range(5)]
    done = await asyncio.gather(
        *(release(hub, each, pull_id) for each in others), return_exceptions=True
    )
    assert [each.case.state for each in done if not isinstance(each, Exception)] == ["RELEASED"]
    assert {each.public_code for each in done if isinstance(each, Exception)} <= {
        "NOT_HELD",
        "NEWER_PUBLISHED",
        "OVERTAKEN",
    }
    assert await cases(hub) == [(pull_id, "RELEASED", ["HELD", "RELEASE_PROPOSED", "RELEASED"])]
    assert await hub.query(
        "SELECT count(*) FROM pull WHERE outcome = 'PUBLISHED' AND of_pull_id = %s", pull_id
    ) == [(1,)]
    assert await hub.query("SELECT count(*) FROM pull WHERE outcome = 'RUNNING'") == [(0,)]
    ((good, last),) = await hub.query(
        "SELECT good_pull_id, last_pull_id FROM feed_state WHERE feed = %s", FEED
    )
    assert good == last


async def test_race_of_release_and_rejection_publishes_all_or_nothing(hub, members):
    pull_id = await hold(hub, members)
    await release(hub, ANNA, pull_id)
    done = await asyncio.gather(
        release(hub, BORA, pull_id), reject(hub, SECRETARY, pull_id), return_exceptions=True
    )
    ((_, state, steps),) = await cases(hub)
    assert (state == "RELEASED") is (await hub.query(LISTED) == [(20,)]), done
    assert state in {"RELEASED", "OPEN"}
    assert (steps[-1] == "RELEASED") is (state == "RELEASED")


@pytest.mark.parametrize("step", ["keep_event", "supersede"])
async def test_release_cut_off_in_its_transaction_leaves_all_as_it_was(
    hub, members, monkeypatch, step
):
    pull_id = await hold(hub, members)
    await release(hub, ANNA, pull_id)
    before, records = await cases(hub), await hub.current(FEED)
    done = getattr(held, step)

    async def cut_off(connection, *rest, **others):
        await done(connection, *rest, **others)
        await connection.close()

    monkeypatch.setattr(held, step, cut_off)
    with pytest.raises(Conflict, match="was not released: the database broke the connection off"):
        await release(hub, BORA, pull_id)
    assert (await cases(hub), await hub.current(FEED)) == (before, records)
    monkeypatch.setattr(held, step, done)
    assert (await release(hub, BORA, pull_id)).case.state == "RELEASED"
    assert await hub.query(LISTED) == [(20,)]


async def test_release_whose_process_dies_is_taken_up_by_asking_again(hub, members, monkeypatch):
    pull_id = await hold(hub, members)
    await release(hub, ANNA, pull_id)
    reached = asyncio.Event()

    async def hang(*_args, **_others):
        reached.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(hub_pull, "merge_all", hang)
    dying = asyncio.create_task(release(hub, BORA, pull_id))
    await reached.wait()
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    monkeypatch.undo()
    assert await hub.query(LISTED) == [(72,)]
    assert (await release(hub, BORA, pull_id)).case.state == "RELEASED"


async def test_release_after_the_mapping_changed_says_so(hub, members, monkeypatch):
    pull_id = await hold(hub, members)
    await release(hub, ANNA, pull_id)
    monkeypatch.setattr(hub_pull, "mapping_digest", lambda: "another")
    released = await release(hub, BORA, pull_id)
    assert released.is_remapped
    assert releasing.remark_on(released).endswith("the mapping changed since it was held")


async def test_release_of_bytes_that_can_not_be_read_changes_nothing(hub, members):
    await hub.pull(FEED)
    content = members.file(FEED).read_bytes().replace("보고번호".encode(), "다른것".encode())
    with members.changed(FEED, content):
        pull_id = (await hub.pull(FEED)).pull_id
    await release(hub, ANNA, pull_id)
    with pytest.raises(Conflict, match=r"was not released: .*has no column `보고번호`"):
        await release(hub, BORA, pull_id)
    assert [case[1] for case in await cases(hub)] == ["OPEN"]
    assert "can't be mapped" in await releasing.difference(hub.tools, ANNA, pull_id)


async def test_difference_tells_what_a_release_would_change(hub, members):
    pull_id = await hold(hub, members)
    before = await hub.written()
    mine = await releasing.difference(hub.tools, ANNA, pull_id)
    theirs = await releasing.difference(hub.tools, SECRETARY, pull_id)
    assert isinstance(mine, Difference)
    [notices] = [one for one in mine.types if one.record_type == "SupplyNotice"]
    assert (notices.added, notices.absent, notices.same) == (0, 52, 20)
    assert notices.absent_keys[0].startswith("KR.SupplyNotice.")
    [counts] = [one for one in theirs.types if one.record_type == "SupplyNotice"]
    assert (counts.absent, counts.absent_keys) == (52, ())
    assert await hub.written() == before


async def test_failed_release_does_not_count_as_how_the_source_s_last_pull_ended(hub, members):
    await hub.pull(FEED)
    content = members.file(FEED).read_bytes().replace("보고번호".encode(), "다른것".encode())
    with members.changed(FEED, content):
        pull_id = (await hub.pull(FEED)).pull_id
    await release(hub, ANNA, pull_id)
    with pytest.raises(Conflict):
        await release(hub, BORA, pull_id)
    assert await hub.query("SELECT last_pull_id FROM feed_state") == [(pull_id,)]


async def test_closed_connection_before_the_second_word_leaves_the_proposal(hub, members):
    pull_id = await hold(hub, members)
    async with await psycopg.AsyncConnection.connect(hub.url) as connection:
        case = await held.one(connection, ANNA, pull_id)
        decision = releasing.Decision.of("RELEASED", ANNA, "why not")
        await held.keep_event(connection, case, decision.event(is_agreed=False))
        await connection.rollback()
    assert await cases(hub) == [(pull_id, "OPEN", ["HELD"])]
