from datetime import UTC, datetime

import pytest

from federation.reading.file_names import day_in_name


@pytest.mark.parametrize(
    "name", ["20250716.csv", "price_list_20250716.csv", "목록_20250716.cp949.csv"]
)
def test_the_day_in_a_file_s_name_begins_at_midnight_utc(name):
    assert day_in_name(name) == datetime(2025, 7, 16, tzinfo=UTC)


@pytest.mark.parametrize("name", ["prices.csv", "20259916.csv", "120250716.csv", "30250716.csv"])
def test_digits_that_are_no_day_state_none(name):
    assert day_in_name(name) is None
