"""Who sees and changes feeds' schedules over GraphQL, and what each change leaves behind."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.hub.gateway.office import open_office

FEED = "kr.mfds_shortages"

SHOWN = """fragment shown on FeedSchedule {
  feed cron timeZone isOwnLine nextRunAt pausedAt pausedBy pauseReason
  run { slot since attempts nextTryAt isPulling }
  changes { step cron client subject member at reason }
}"""
MEMBERS = """{ members { code feeds { id
  schedule { ...shown }
  breaker { feed { ...breaker } host { ...breaker } } } } }
fragment breaker on SourceBreaker { name state failures openUntil reason }
""" + SHOWN  # fmt: skip


@pytest.fixture(scope="module")
async def office(database_url, tmp_path_factory):
    """A hub that all tests of this module change; each takes a feed of its own or resets it."""
    async with open_office(database_url, tmp_path_factory.mktemp("office")) as opened:
        yield opened


@pytest.fixture(autouse=True)
async def clean(office):
    """Begin with no schedule changed and nothing pulled."""
    await write(
        office,
        "TRUNCATE feed_run, feed_schedule, feed_schedule_event, pull, feed_state, "
        "procrastinate_jobs CASCADE",
    )


async def write(office, sql, *values):
    async with await psycopg.AsyncConnection.connect(office.url, autocommit=True) as connection:
        await connection.execute(sql, values)


async def read(office, sql, *values):
    async with await psycopg.AsyncConnection.connect(office.url, autocommit=True) as connection:
        return await (await connection.execute(sql, values)).fetchall()


def mutation(name, kind="FeedChangeInput"):
    return f"mutation ($input: {kind}!) {{ done: {name}(input: $input) {{ ...shown }} }}" + SHOWN


QUESTIONS = {
    "pauseFeed": mutation("pauseFeed"),
    "resumeFeed": mutation("resumeFeed"),
    "pullFeed": mutation("pullFeed"),
    "scheduleFeed": mutation("scheduleFeed", "FeedScheduleInput"),
}


async def change(office, client, step, feed=FEED, **more):
    given = {"feed": feed, "reason": "in order"} | more
    return (await office.data(client, QUESTIONS[step], input=given))["done"]


async def refused(office, client, step, feed=FEED, **more):
    given = {"feed": feed, "reason": "in order"} | more
    return await office.error(client, QUESTIONS[step], input=given)


async def seen(office, client, feed=FEED):
    members = (await office.data(client, MEMBERS))["members"]
    [found] = [each for member in members for each in member["feeds"] if each["id"] == feed]
    return found


@pytest.mark.parametrize("client", ["kr-mfds", "secretariat", "auditor"])
async def test_the_owner_and_the_alliances_bodies_see_schedule_and_breaker(office, client):
    found = await seen(office, client)
    assert found["schedule"] == {
        "feed": FEED,
        "cron": "30 13 * * *",
        "timeZone": "Asia/Seoul",
        "isOwnLine": False,
        "nextRunAt": None,
        "pausedAt": None,
        "pausedBy": None,
        "pauseReason": None,
        "run": None,
        "changes": [],
    }
    assert found["breaker"] == {
        "feed": {"name": FEED, "state": "CLOSED", "failures": 0, "openUntil": None, "reason": None},
        "host": None,
    }


@pytest.mark.parametrize("client", ["us-fda", "jp-mhlw", "in-cdsco", "eu-ema"])
async def test_other_members_see_neither(office, client):
    found = await seen(office, client)
    assert (found["schedule"], found["breaker"]) == (None, None)


async def test_an_open_breaker_is_shown_with_its_reason_and_when_one_pull_may_try(office):
    await write(
        office,
        "INSERT INTO pull (feed, host, started_at, finished_at, outcome, reason_code, reason, "
        "documents) SELECT %s, 'source.example', now(), now(), 'FAILED', 'SOURCE_TIMEOUT', "
        "'it hung', '{}' FROM generate_series(1, 5)",
        FEED,
    )
    breaker = (await seen(office, "kr-mfds"))["breaker"]
    until = breaker["feed"].pop("openUntil")
    assert breaker["feed"] == {"name": FEED, "state": "OPEN", "failures": 5, "reason": "it hung"}
    assert datetime.fromisoformat(until) > datetime.now(UTC) + timedelta(minutes=14)
    host = {key: breaker["host"][key] for key in ("name", "state", "failures")}
    assert host == {"name": "source.example", "state": "CLOSED", "failures": 5}


@pytest.mark.parametrize("client", ["kr-office", "secretariat"])
async def test_a_feed_is_paused_and_resumed_with_actor_time_and_reason(office, client):
    paused = await change(office, client, "pauseFeed", reason=" the portal moves ")
    assert paused["pausedAt"]
    assert (paused["pausedBy"], paused["pauseReason"]) == (client, "the portal moves")
    assert paused["nextRunAt"] is None
    resumed = await change(office, client, "resumeFeed", reason="it has moved")
    assert (resumed["pausedAt"], resumed["pausedBy"]) == (None, None)
    assert datetime.fromisoformat(resumed["nextRunAt"]) > datetime.now(UTC)
    events = [(each["step"], each["client"], each["reason"]) for each in resumed["changes"]]
    assert events == [("RESUMED", client, "it has moved"), ("PAUSED", client, "the portal moves")]


async def test_a_new_line_holds_at_once_on_the_members_clock(office):
    changed = await change(office, "kr-office", "scheduleFeed", cron="15  6 * * 1-5")
    assert (changed["cron"], changed["isOwnLine"]) == ("15 6 * * 1-5", True)
    run = datetime.fromisoformat(changed["nextRunAt"])
    seoul = run + timedelta(hours=9)
    assert (
        timedelta()
        <= timedelta(hours=seoul.hour, minutes=seoul.minute) - timedelta(hours=6, minutes=15)
        < timedelta(minutes=4)
    )
    assert (changed["changes"][0]["step"], changed["changes"][0]["cron"]) == (
        "RESCHEDULED",
        "15 6 * * 1-5",
    )
    back = await change(office, "kr-office", "scheduleFeed", cron=None)
    assert (back["cron"], back["isOwnLine"]) == ("30 13 * * *", False)


async def test_a_pull_that_is_asked_for_waits_in_the_queue_once(office):
    first = await change(office, "kr-office", "pullFeed")
    assert first["run"]["slot"] is None
    assert first["run"]["attempts"] == 0
    await write(office, "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 day'")
    await write(office, "UPDATE feed_run SET next_try_at = now() + interval '1 day'")
    again = await change(office, "secretariat", "pullFeed")
    assert datetime.fromisoformat(again["run"]["nextTryAt"]) <= datetime.now(UTC)
    assert await read(
        office, "SELECT args->>'run' = (SELECT id::text FROM feed_run), scheduled_at <= now() "
        "FROM procrastinate_jobs"
    ) == [(True, True)]  # fmt: skip
    assert [each["step"] for each in again["changes"]] == ["TRIGGERED", "TRIGGERED"]


async def test_a_paused_feed_can_be_pulled_when_asked_for(office):
    await change(office, "kr-office", "pauseFeed")
    assert (await change(office, "kr-office", "pullFeed"))["run"]


@pytest.mark.parametrize("step", ["pauseFeed", "resumeFeed", "pullFeed", "scheduleFeed"])
@pytest.mark.parametrize("client", ["us-fda", "kr-lab", "auditor"])
async def test_others_change_nothing(office, client, step):
    error = await refused(office, client, step, **({"cron": None} if "sched" in step else {}))
    assert error["extensions"]["code"] == "NOT_YOURS"
    assert await read(office, "SELECT count(*) FROM feed_schedule_event") == [(0,)]


@pytest.mark.parametrize(
    ("step", "given", "code", "says"),
    [
        ("pauseFeed", {"feed": "kr.nothing"}, "NOT_FOUND", "no feed `kr.nothing`"),
        ("pauseFeed", {"reason": "  "}, "INVALID_INPUT", "`reason` must say why"),
        ("pauseFeed", {"reason": "x" * 2001}, "INVALID_INPUT", "1 to 2000 characters"),
        ("resumeFeed", {}, "CONFLICT", "is not paused"),
        ("scheduleFeed", {"cron": "every day"}, "CRON_INVALID", "such as `30 4 * * 1-5`"),
        ("scheduleFeed", {"cron": "* * * * *"}, "CRON_TOO_FREQUENT", "the least is 5 min"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_the_reason(office, step, given, code, says):
    error = await refused(office, "kr-office", step, **given)
    assert error["extensions"]["code"] == code
    assert says in error["message"]
    assert await read(office, "SELECT count(*) FROM feed_schedule_event") == [(0,)]


async def test_a_feed_is_not_paused_twice(office):
    await change(office, "kr-office", "pauseFeed")
    error = await refused(office, "secretariat", "pauseFeed")
    assert error["extensions"]["code"] == "CONFLICT"
    assert "has been paused since 20" in error["message"]
