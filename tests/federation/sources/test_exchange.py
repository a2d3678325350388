from datetime import UTC, datetime, timedelta

import pytest

from federation.errors import SourceFault
from federation.sources.exchange import Request, Response, Terms


def stated_at(**headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(200, named, b"").stated_at


def test_last_modified_is_read_with_its_zone():
    assert stated_at(last_modified="Tue, 15 Jul 2025 16:00:00 GMT") == datetime(
        2025, 7, 15, 16, tzinfo=UTC
    )


def test_a_zone_of_minus_zero_is_utc():
    assert stated_at(last_modified="Tue, 15 Jul 2025 16:00:00 -0000").tzinfo is UTC


@pytest.mark.parametrize("value", ["", "yesterday", "2025-07-15", "Tue, 45 Jul 2025 16:00:00 GMT"])
def test_a_last_modified_that_is_no_date_is_none(value):
    assert stated_at(last_modified=value) is None


def test_no_last_modified_is_none():
    assert stated_at() is None


@pytest.mark.parametrize("status", [204, 301, 403, 404, 429, 500, 503])
def test_anything_but_200_is_refused_with_its_status(status):
    with pytest.raises(SourceFault, match=f"the list answered with HTTP {status}"):
        Response(status, {}, b"").require_ok("the list")


NOW = datetime(2026, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stated", "after"),
    [
        ("0", timedelta()),
        (" 120 ", timedelta(minutes=2)),
        ("Wed, 04 Mar 2026 05:00:30 GMT", timedelta(seconds=30)),
        ("86401", timedelta(days=1)),
        ("9" * 40, timedelta(days=1)),
        ("Wed, 04 Mar 2036 05:00:30 GMT", timedelta(days=1)),
    ],
)
def test_retry_after_is_read_and_bounded(stated, after):
    assert Response(429, {"retry-after": stated}, b"", NOW).retry_at == NOW + after


@pytest.mark.parametrize("stated", ["", "soon", "-5", "1.5"])
def test_a_retry_after_that_says_nothing_is_none(stated):
    assert Response(429, {"retry-after": stated}, b"", NOW).retry_at is None


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_source_says_so_and_when_to_come_back(status):
    with pytest.raises(SourceFault) as refused:
        Response(status, {"retry-after": "90"}, b"", NOW).require_ok("the list")
    assert refused.value.public_code == "SOURCE_BUSY"
    assert refused.value.retry_at == NOW + timedelta(seconds=90)


def test_neither_request_nor_terms_nor_answer_show_what_may_hold_a_key():
    shown = repr(
        [
            Request("https://list.test/?key=SECRET", {"authorization": "SECRET"}),
            Terms("https://list.test", credential="SECRET"),
            Response(200, {"link": "SECRET"}, b"SECRET"),
        ]
    )
    assert "SECRET" not in shown
