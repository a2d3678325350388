"""Breakers are read from the pull log: what counts, what opens them, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.sync.breaker import (
    FEED_FAILURES,
    FIRST_PAUSE,
    HOST_FAILURES,
    LONGEST_PAUSE,
    Breaker,
    BreakerState,
    feed_breakers,
    host_breakers,
)

FEED, OTHER, HOST = "kr.mfds_shortages", "kr.mfds_recalls", "source.example"
START = datetime(2026, 11, 1, tzinfo=UTC)


async def log(connection, *pulls, feed=FEED, host=HOST):
    """Log pulls, each an outcome and a code, a minute apart."""
    for outcome, code in pulls:
        await connection.execute(
            "INSERT INTO pull (feed, host, started_at, finished_at, outcome, reason_code, reason, "
            "documents) SELECT %s, %s, at, at, %s, %s, 'reason ' || %s, '{}' FROM "
            "(SELECT %s + make_interval(mins => count(*)::int) AS at FROM pull) AS clock",
            [feed, host, outcome, code, code, START],
        )


FAILED = ("FAILED", "SOURCE_UNREACHABLE")
GOOD = ("PUBLISHED", None)


async def of_feed(connection, feed=FEED):
    return (await feed_breakers(connection, [feed]))[feed]


async def of_host(connection, host=HOST):
    return (await host_breakers(connection, [host]))[host]


async def test_a_feed_that_was_never_pulled_has_a_closed_breaker(connection):
    assert await of_feed(connection) == Breaker(FEED, FEED_FAILURES)
    assert (await of_feed(connection)).state_at(START) is BreakerState.CLOSED


async def test_failures_in_a_row_open_it_and_the_last_one_says_why(connection):
    await log(connection, GOOD, *[FAILED] * (FEED_FAILURES - 1))
    assert (await of_feed(connection)).open_until is None
    await log(connection, ("FAILED", "SOURCE_FAULT"))
    breaker = await of_feed(connection)
    assert breaker.failures == FEED_FAILURES
    assert breaker.reason == "reason SOURCE_FAULT"
    assert breaker.open_until == START + timedelta(minutes=FEED_FAILURES) + FIRST_PAUSE


@pytest.mark.parametrize("outcome", ["PUBLISHED", "UNCHANGED", "HELD"])
async def test_a_pull_that_the_source_answered_closes_it(connection, outcome):
    await log(connection, *[FAILED] * 7, (outcome, None), FAILED)
    assert (await of_feed(connection)).failures == 1


@pytest.mark.parametrize("code", ["CUT_OFF", "OVERTAKEN", "SOURCE_QUOTA", "UNAVAILABLE"])
async def test_what_tells_nothing_of_the_source_neither_counts_nor_closes(connection, code):
    await log(connection, FAILED, FAILED, ("FAILED", code), FAILED)
    assert (await of_feed(connection)).failures == 3
    assert (await of_host(connection)).failures == 3


async def test_pulls_of_landed_bytes_and_those_under_way_count_for_nothing(connection):
    await log(connection, FAILED, FAILED, ("RUNNING", None))
    await connection.execute(
        "INSERT INTO pull (feed, started_at, finished_at, outcome, documents, of_pull_id) "
        "SELECT feed, started_at, started_at, 'PUBLISHED', '{}', id FROM pull LIMIT 1"
    )
    assert (await of_feed(connection)).failures == 2


@pytest.mark.parametrize(
    ("failures", "pause"),
    [(4, None), (5, FIRST_PAUSE), (6, 2 * FIRST_PAUSE), (9, 16 * FIRST_PAUSE),
     (11, 64 * FIRST_PAUSE), (12, LONGEST_PAUSE), (10_000, LONGEST_PAUSE)],
)  # fmt: skip
def test_the_pause_doubles_up_to_a_day(failures, pause):
    breaker = Breaker(FEED, FEED_FAILURES, failures, START)
    assert breaker.open_until == (pause and START + pause)


def test_it_is_open_until_its_pause_is_over_and_then_half_open():
    breaker = Breaker(FEED, FEED_FAILURES, FEED_FAILURES, START)
    assert breaker.state_at(START + FIRST_PAUSE - timedelta(seconds=1)) is BreakerState.OPEN
    assert breaker.state_at(START + FIRST_PAUSE) is BreakerState.HALF_OPEN


async def test_feeds_of_one_host_open_its_breaker_together(connection):
    for feed in (FEED, OTHER):
        await log(connection, *[FAILED] * (HOST_FAILURES // 2), feed=feed)
    breaker = await of_host(connection)
    assert breaker.failures == HOST_FAILURES
    assert breaker.state_at(START + timedelta(minutes=HOST_FAILURES)) is BreakerState.OPEN
    assert (await of_host(connection, "elsewhere.example")).failures == 0


async def test_a_host_that_answers_one_feed_wrongly_is_there(connection):
    await log(connection, *[FAILED] * 9)
    await log(connection, ("FAILED", "SOURCE_FAULT"), feed=OTHER)
    await log(connection, FAILED)
    assert (await of_host(connection)).failures == 1
    assert (await of_feed(connection)).failures == 10
