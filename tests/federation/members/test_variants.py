"""Every feed against every kind of changed file: read to the same rows, or held with a reason.

Records are a function of the native columns that mappings read, so those are compared.
"""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import SourceChanged, SourceFault
from federation.members.registry import FEEDS
from tests.federation.members.native_samples import DERIVED, Sample, samples
from tests.federation.members.variants import KINDS, columns_of, swap

ROOT = Path(__file__).resolve().parents[3]
BUNDLED = ROOT / "hub" / "demo" / "samples" / "native"
SHARED = ROOT / ".." / "shared" / "data"

ALWAYS_READ = {"respelled", "moved"}
TABLES_ONLY = {"moved", "delimited"}

BUNDLED_FEEDS = sorted(samples(BUNDLED))
ALL_FEEDS = sorted(set(FEEDS) - DERIVED)


@cache
def held_in(folder: Path) -> dict[str, Sample]:
    return samples(folder)


@cache
def original(folder: Path, feed_id: str):
    sample = held_in(folder)[feed_id]
    return meaning(sample.feed, sample.documents())


def meaning(feed, documents):
    rows = feed.read(documents).rows
    read = {name for one in feed.mappings for name in (*one.native_columns, *one.explode)}
    return rows.select(sorted(read))


def outcome(folder, feed_id, variant):
    """Say whether a variant was read or held; a wrong reading fails here."""
    read, reason = None, ""
    try:
        read = meaning(FEEDS[feed_id], variant.documents)
    except (SourceChanged, SourceFault) as held:
        reason = str(held)
    if read is None:
        is_named = not variant.columns or any(column in reason for column in variant.columns)
        assert is_named, f"{variant.label}: the reason names no changed column: {reason}"
        return "held"
    assert read.equals(original(folder, feed_id)), f"{variant.label} is read wrongly in silence"
    return "read"


def check(folder, feed_id, kind):
    outcomes = [
        outcome(folder, feed_id, variant) for variant in KINDS[kind](held_in(folder)[feed_id])
    ]
    if kind in ALWAYS_READ and not any(layout.named for layout in FEEDS[feed_id].layouts):
        assert "held" not in outcomes


@pytest.mark.parametrize("feed_id", ALL_FEEDS)
def test_a_feed_declares_the_columns_that_it_reads(feed_id):
    feed = FEEDS[feed_id]
    known = {name for layout in feed.layouts for name in layout.columns}
    assert feed.layouts, f"`{feed_id}` has no layouts: declare a Layout and let `read` read by it"
    assert any(shape is not None for layout in feed.layouts for shape in layout.columns.values())
    assert {name for name in feed.contact_columns if name in known} <= known


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("feed_id", BUNDLED_FEEDS)
def test_a_changed_sample_is_read_the_same_or_held(feed_id, kind):
    check(BUNDLED, feed_id, kind)


@pytest.mark.real
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("feed_id", ALL_FEEDS)
def test_a_changed_real_file_is_read_the_same_or_held(feed_id, kind):
    check(SHARED, feed_id, kind)


@pytest.mark.real
@pytest.mark.parametrize("feed_id", ALL_FEEDS)
def test_each_feed_meets_each_kind_that_its_form_has(feed_id):
    sample = held_in(SHARED)[feed_id]
    met = {kind for kind, make in KINDS.items() if next(make(sample), None) is not None}
    is_json = any(table.form == "json" for table in sample.tables)
    has_header = any(table.has_header for table in sample.tables)
    lacking = set(KINDS) - met - {"damaged"}  # some files are plain ASCII
    if is_json:
        assert lacking <= TABLES_ONLY | {"widened", "respelled"}
    elif has_header:
        assert lacking <= {"nested"}
    else:
        assert lacking == {"nested", "renamed", "moved"}


SEVERAL_COLUMNS = [feed for feed in BUNDLED_FEEDS if feed != "eu.union_list"]


@pytest.mark.parametrize("feed_id", SEVERAL_COLUMNS)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_two_headers_of_a_sample_may_be_swapped_and_nothing_is_misread(feed_id, data):
    sample = held_in(BUNDLED)[feed_id]
    widths = [len(columns_of(sample, at)) for at in range(len(sample.tables))]
    at = data.draw(st.sampled_from([at for at, width in enumerate(widths) if width > 1]))
    places = st.integers(0, len(columns_of(sample, at)) - 1)
    one, other = data.draw(st.tuples(places, places).filter(lambda two: two[0] != two[1]))
    outcome(BUNDLED, feed_id, swap(sample, at, one, other))
