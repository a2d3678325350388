"""How old a feed's data may become, by its cron line or as it states."""

from dataclasses import replace
from datetime import timedelta

import pytest

from federation.cadence import cadence_of
from federation.members.registry import FEEDS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("*/15 * * * *", timedelta(minutes=15) + HOUR),
        ("0 * * * *", 2 * HOUR),
        ("0 8,12,16,20 * * *", 15 * HOUR),
        ("30 4 * * *", 30 * HOUR),
        ("30 18 * * 1-5", 3 * DAY + 18 * HOUR),
        ("0 2 * * 0", 8 * DAY),
        ("0 6 1 * *", 32 * DAY),
    ],
)
def test_cadence_is_the_longest_wait_between_two_pulls_and_grace(cron, expected):
    assert cadence_of(cron) == expected


def test_feed_states_its_cadence_where_its_cron_line_does_not_tell():
    feed = FEEDS["kr.mfds_shortages"]
    assert feed.cadence == cadence_of(feed.cron)
    assert replace(feed, stated_cadence=DAY).cadence == DAY


@pytest.mark.parametrize("feed", FEEDS.values(), ids=lambda feed: feed.id)
def test_no_feed_is_stale_before_its_next_pull(feed):
    assert HOUR < feed.cadence <= 32 * DAY
    assert feed.stated_cadence is None or feed.stated_cadence > cadence_of(feed.cron)
