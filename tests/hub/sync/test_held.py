"""Cases of held pulls: one open a feed, none twice, none left behind."""

import asyncio
import dataclasses

import psycopg
import pytest

from federation.members.registry import FEEDS
from hub.errors import Forbidden, NotFound
from hub.identity.types import Role
from hub.sync import history, releasing
from hub.sync.held import pulls as held
from hub.sync.types import Outcome
from tests.hub.sync.held_scene import ANNA, BORA, FEED, SECRETARY, cases, hold, person, shortened


async def test_held_pull_opens_a_case_with_its_reason_and_figures(hub, members):
    pull_id = await hold(hub, members)
    async with hub.tools.pool.connection() as connection:
        [case] = await held.readable(connection, ANNA)
        assert await held.open_cases(connection) == {FEED: _bare(case)}
    assert (case.pull_id, case.feed, case.state) == (pull_id, FEED, "OPEN")
    assert case.reason_code == "ROWS_LOST"
    assert case.reason.startswith("20 rows where the last good pull had 74")
    assert (case.breaches[0]["before"], case.breaches[0]["now"]) == (74, 20)
    assert case.breaches[0]["limit"] == 52
    assert [event.step for event in case.events] == ["HELD"]
    assert case.events[0].actor is None
    assert case.proposal is None


def _bare(case):
    return dataclasses.replace(case, events=())


async def test_same_bytes_again_raise_no_second_case(hub, members):
    first = await hold(hub, members)
    second = await hold(hub, members)
    assert second > first
    assert await cases(hub) == [(first, "OPEN", ["HELD"])]


async def test_newer_held_pull_supersedes_the_older(hub, members):
    first, second = await hold(hub, members), await hold(hub, members, 21)
    assert await cases(hub) == [
        (first, "SUPERSEDED", ["HELD", "SUPERSEDED"]),
        (second, "OPEN", ["HELD"]),
    ]


async def test_published_newer_pull_supersedes_the_held_one(hub, members):
    first = await hold(hub, members)
    with members.changed(FEED, shortened(members, 70)):
        assert (await hub.pull(FEED)).outcome is Outcome.PUBLISHED
    assert await cases(hub) == [(first, "SUPERSEDED", ["HELD", "SUPERSEDED"])]


async def test_source_that_takes_its_list_back_ends_the_case(hub, members):
    first = await hold(hub, members)
    assert (await hub.pull(FEED)).outcome is Outcome.UNCHANGED
    assert await cases(hub) == [(first, "SUPERSEDED", ["HELD", "SUPERSEDED"])]


async def test_older_pull_that_is_held_late_opens_no_case(hub, members):
    first, second = await hold(hub, members), await hold(hub, members, 21)
    async with hub.tools.pool.connection() as connection:
        await connection.execute("DELETE FROM held_pull WHERE pull_id = %s", [first])
        await held.open_case(connection, FEED, first)
    assert await cases(hub) == [(second, "OPEN", ["HELD"])]


async def test_pulls_held_at_once_leave_one_case_open(hub, members):
    await hub.pull(FEED)
    with members.changed(FEED, shortened(members, 20)):
        results = await asyncio.gather(*(hub.pull(FEED) for _ in range(5)))
    assert {result.outcome for result in results} == {Outcome.HELD}
    assert len([case for case in await cases(hub) if case[1] == "OPEN"]) == 1


async def test_database_takes_no_second_open_case_of_a_feed(hub, members):
    await hold(hub, members)
    with pytest.raises(psycopg.errors.UniqueViolation):
        await hub.query(
            "INSERT INTO held_pull (pull_id, feed, since, state) "
            "SELECT min(id), min(feed), now(), 'OPEN' FROM pull RETURNING pull_id"
        )


async def test_crash_between_the_log_and_the_case_leaves_neither(hub, members, monkeypatch):
    await hub.pull(FEED)

    async def lose_the_connection(connection, *_):
        await connection.close()
        await connection.execute("SELECT 1")

    with members.changed(FEED, shortened(members, 20)):
        monkeypatch.setattr(held, "open_case", lose_the_connection)
        assert (await hub.pull(FEED)).outcome is Outcome.FAILED
        assert await cases(hub) == []
        assert await hub.last(FEED, "outcome, rows") == ("FAILED", None)
        monkeypatch.undo()
        monkeypatch.setenv("DATA_GO_KR_SERVICE_KEY", "key")
        held_id = (await hub.pull(FEED)).pull_id
    assert await cases(hub) == [(held_id, "OPEN", ["HELD"])]


async def test_last_good_data_is_served_meanwhile_and_says_since_when(hub, members):
    pull_id = await hold(hub, members)
    async with hub.tools.pool.connection() as connection:
        [status] = [one for one in await history.statuses(connection) if one.feed == FEED]
    ((published_at,),) = await hub.query("SELECT finished_at FROM pull WHERE id < %s", pull_id)
    assert (status.outcome, status.rows, status.served_since) == ("HELD", 74, published_at)


@pytest.mark.parametrize(
    ("caller", "sees"),
    [
        (ANNA, True),
        (person("dana", role=Role.REGULATOR), True),
        (SECRETARY, True),
        (person("emil", "ALLIANCE", Role.AUDITOR), True),
        (person("finn", "US"), False),
    ],
)
async def test_owner_and_the_alliance_s_bodies_read_of_it_and_no_one_else(
    hub, members, caller, sees
):
    pull_id = await hold(hub, members)
    async with hub.tools.pool.connection() as connection:
        assert bool(await held.readable(connection, caller)) is sees
        assert bool(await held.readable(connection, caller, feed="us.drugsatfda")) is False
        if sees:
            assert (await held.one(connection, caller, pull_id)).pull_id == pull_id
        else:
            with pytest.raises(Forbidden, match="is KR's: ask with a client of theirs"):
                await held.one(connection, caller, pull_id)


async def test_pull_that_was_never_held_is_not_found(hub):
    async with hub.tools.pool.connection() as connection:
        with pytest.raises(NotFound, match="pull 404 is none that was held: list them"):
            await held.one(connection, SECRETARY, 404)


# Modes.


async def test_mode_that_is_set_holds_until_another_is(hub, members):
    await hub.pull(FEED)
    pool = hub.tools.pool
    await releasing.set_mode(pool, ANNA, FEED, "FREEZE", "an audit")
    with members.changed(FEED, shortened(members, 73)):
        assert (await hub.pull(FEED)).outcome is Outcome.HELD
        assert await hub.last(FEED, "reason_code") == ("FROZEN",)
        found = await releasing.set_mode(pool, SECRETARY, FEED, None, "it is over")
        assert (found.mode, found.set_by) == ("HOLD", None)
        assert (await hub.pull(FEED)).outcome is Outcome.PUBLISHED
    assert [state for _, state, _ in await cases(hub)] == ["SUPERSEDED"]
    assert await hub.query("SELECT mode, subject, reason FROM gate_mode_change ORDER BY id") == [
        ("FREEZE", "anna", "an audit"),
        (None, "carla", "it is over"),
    ]


async def test_mode_says_who_set_it_and_why(hub):
    await releasing.set_mode(hub.tools.pool, BORA, FEED, "EVOLVE", "new columns are announced")
    async with hub.tools.pool.connection() as connection:
        found = await held.mode_in_force(connection, FEEDS[FEED])
        other = await held.mode_in_force(connection, FEEDS["kr.mfds_permits"])
    assert (found.mode, found.declared, found.set_by) == ("EVOLVE", "HOLD", "bora of KR")
    assert found.reason == "new columns are announced"
    assert (other.mode, other.set_at) == ("HOLD", None)


@pytest.mark.parametrize(
    "caller",
    [
        person("dana", role=Role.REGULATOR),
        person("finn", "US"),
        person("emil", "ALLIANCE", Role.AUDITOR),
    ],
)
async def test_mode_is_set_by_the_owner_s_agency_and_the_secretariat_alone(hub, caller):
    with pytest.raises(Forbidden, match="by the agency of KR or the secretariat: ask with a"):
        await releasing.set_mode(hub.tools.pool, caller, FEED, "EVOLVE", "please")


async def test_mode_of_an_unknown_feed_is_refused(hub):
    with pytest.raises(NotFound, match=r"there is no feed `kr.none`: `hub status` lists them"):
        await releasing.set_mode(hub.tools.pool, ANNA, "kr.none", "EVOLVE", "please")
