from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.policy.expression import Instant
from hub.policy.instants import instant_text, read_instant

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "epoch_ms"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("1970-01-01T00:00:00+0100", -3_600_000),
        ("1970-01-01T00:00:00.001-0130", 5_400_001),
        ("2000-02-29", 951_782_400_000),
        ("0001-01-01", -62_135_596_800_000),
        ("0000-01-01", -62_167_219_200_000),
        ("0000-02-29T00:00:00Z", -62_162_121_600_000),
        ("0000-01-01T00:00:00+2359", -62_167_305_540_000),
        ("9999-12-31T23:59:59.999-2359", 253_402_387_139_999),
    ],
)
def test_a_cedar_datetime_is_read_exactly(text, epoch_ms):
    assert read_instant(text) == Instant(epoch_ms)


@pytest.mark.parametrize(
    "text", ["", "2025-13-01", "2025-02-29", "2025-01-01T00:00:00", "2025-01-01T00:00:00.5Z", "now"]
)
def test_another_form_is_refused(text):
    with pytest.raises(ValueError):
        read_instant(text)


@given(st.integers(0, 253_402_300_799_999 + 62_135_596_800_000))
def test_python_agrees_wherever_it_can_count(offset_ms):
    epoch_ms = offset_ms - 62_135_596_800_000
    shown = EPOCH + timedelta(milliseconds=epoch_ms)
    text = f"{shown.year:04d}-{shown:%m-%dT%H:%M:%S}.{shown.microsecond // 1000:03d}Z"
    assert read_instant(text) == Instant(epoch_ms)


@pytest.mark.parametrize(
    "epoch_ms",
    [0, -1, 951_782_400_001, -62_135_596_800_000, -62_167_305_540_000, 253_402_387_139_999],
)
async def test_postgresql_reads_the_very_millisecond(connection, epoch_ms):
    await connection.execute("SET LOCAL timezone = 'Asia/Kathmandu'")
    text = instant_text(Instant(epoch_ms))
    found = await connection.execute(f"SELECT extract(epoch FROM '{text}'::timestamptz) * 1000")
    assert await found.fetchone() == (epoch_ms,)
