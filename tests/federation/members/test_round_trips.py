"""From every feed's records back to its native values: equal, or declared as lossy."""

import csv
import io
import json
import tomllib
from pathlib import Path

import pytest

from federation.harmonize.round_trip import losses
from federation.members.documentation import document
from federation.members.registry import FEEDS
from federation.reading.native import Document
from federation.substances.register import BUNDLED as REGISTER
from tests.federation.members.native_samples import ARCHIVES, DERIVED, Table, wrapped, zipped

SAMPLES = Path(__file__).resolve().parents[3] / "hub" / "demo" / "samples" / "native"
ENVELOPED = {"kr.mfds_permits", "in.cdsco_nsq"}
"""Feeds whose files hold the rows alone, without the envelope that their source sends."""


def files_in(folder):
    return tomllib.loads((folder / "manifest.toml").read_text("utf-8"))["feeds"]


def rows_of(path):
    text = path.read_text("utf-8-sig")
    if path.suffix == ".json":
        return json.loads(text)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def bodies(folder, feed_id):
    """Give a feed's whole files the way its source sends them."""
    paths = [folder / name for name in files_in(folder)[feed_id]]
    if feed_id in ENVELOPED:
        table = Table(paths[0].name, "json", [], rows_of(paths[0]))
        return [Document(table.name, wrapped(table).encode())]
    contents = [path.read_bytes() for path in paths]
    if feed_id in ARCHIVES:
        return [Document("tables.zip", zipped(ARCHIVES[feed_id], contents))]
    return [Document(path.name, content) for path, content in zip(paths, contents, strict=True)]


def read(folder, feed_id):
    return FEEDS[feed_id].read(bodies(folder, feed_id))


def of_other_editions(feed, rows):
    """Name the columns that only other editions of a file have: here they are empty throughout."""
    optional = {name for layout in feed.layouts for name in layout.optional}
    return {name for name in optional & set(rows.columns) if rows[name].null_count() == rows.height}


@pytest.mark.parametrize("feed_id", sorted(files_in(SAMPLES)))
def test_a_sample_loses_nothing_that_is_not_declared(feed_id):
    feed = FEEDS[feed_id]
    assert losses(feed, read(SAMPLES, feed_id)).keys() <= feed.lossy.keys()


@pytest.mark.real
@pytest.mark.parametrize("feed_id", sorted(set(FEEDS) - DERIVED))
def test_what_a_real_file_or_its_sample_loses_is_what_is_declared(feed_id, shared_data):
    feed = FEEDS[feed_id]
    native = read(shared_data, feed_id)
    lost = set(losses(feed, native))
    assert lost <= feed.lossy.keys()
    if feed_id in files_in(SAMPLES):
        lost |= losses(feed, read(SAMPLES, feed_id)).keys()
    assert lost == feed.lossy.keys() - of_other_editions(feed, native.rows)


@pytest.mark.parametrize("feed_id", sorted(DERIVED))
def test_the_register_that_comes_with_the_product_is_given_back(feed_id):
    feed = FEEDS[feed_id]
    document = Document(REGISTER.name, REGISTER.read_bytes())
    assert losses(feed, feed.read([document])).keys() == feed.lossy.keys()


@pytest.mark.real
def test_no_feed_is_without_a_real_file(shared_data):
    assert set(files_in(shared_data)) | DERIVED == set(FEEDS)


@pytest.mark.parametrize("feed_id", sorted(FEEDS))
def test_each_loss_has_a_short_reason(feed_id):
    for reason in FEEDS[feed_id].lossy.values():
        assert 0 < len(reason) <= 80
        assert not reason.endswith(".")


@pytest.mark.parametrize("feed_id", sorted(FEEDS))
def test_the_lineage_document_lists_each_loss_below_its_feed(feed_id):
    section = document().split(f"## {feed_id}\n", 1)[1].split("\n## ", 1)[0]
    rows = [f"| `{column}` | {why} |" for column, why in FEEDS[feed_id].lossy.items()]
    table = "\n".join(["| native column | not given back because |", "| --- | --- |", *rows])
    assert section.rstrip().endswith(table if rows else "All native columns are given back.")
