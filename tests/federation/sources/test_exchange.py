from datetime import UTC, datetime

import pytest

from federation.errors import SourceFault
from federation.sources.exchange import Response


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
