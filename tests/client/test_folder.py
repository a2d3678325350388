"""The files of a folder are in the order of keys, however they came, and change piece by piece."""

import json

import pytest

from hub_client.errors import Damaged
from hub_client.feed import Change
from hub_client.shapes import Column, Shape
from hub_client.state import State
from hub_client.targets import folder
from hub_client.targets.folder import FolderTarget, rows_of
from hub_client.targets.target import Arrived

SHAPE = Shape("Thing", "things", (Column(("key",), "text"), Column(("recordedAt",), "instant")))
STATE = State("http://hub", "s", None, (SHAPE,), "c", "g")


def record(key, at="2026-01-01T00:00:00.000Z"):
    return {"key": key, "recordedAt": at}


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    """Make a folder of some keys, three rows a file."""
    monkeypatch.setattr(folder, "PART_ROWS", 3)

    def make(keys, rows=None):
        file = tmp_path / "arrived"
        file.write_text("".join(json.dumps(record(key)) + "\n" for key in keys))
        target = FolderTarget(tmp_path / "copy")
        target.replace([Arrived(SHAPE, file, len(keys) if rows is None else rows)], STATE)
        return target

    return make


def keys_of(tmp_path):
    return [row["key"] for row in rows_of(tmp_path / "copy", "Thing")]


@pytest.mark.parametrize("keys", [[], ["b"], list("hgfedcba"), ["b", "B", "한", 'a"q', "a\\"]])
def test_rows_are_in_the_order_of_keys(tmp_path, loaded, keys):
    loaded(keys)
    assert keys_of(tmp_path) == sorted(keys)


def test_a_file_with_fewer_rows_than_stated_is_refused(tmp_path, loaded):
    with pytest.raises(Damaged, match="has 2 rows, not 3"):
        loaded(["a", "b"], rows=3)
    assert not (tmp_path / "copy" / "CURRENT").exists()


def test_changes_before_between_and_after_all_rows(tmp_path, loaded):
    target = loaded(list("bcdefghi"))
    told = tuple(map(record, ["a", "ee", "z", "c"]))
    target.apply([Change(SHAPE, told, ("b", "i", "none"))], STATE)
    assert keys_of(tmp_path) == sorted(["a", "c", "d", "e", "ee", "f", "g", "h", "z"])


def test_a_folder_that_loses_all_rows_takes_new_ones(tmp_path, loaded):
    target = loaded(["a", "b"])
    target.apply([Change(SHAPE, (), ("a", "b"))], STATE)
    assert keys_of(tmp_path) == []
    target.apply([Change(SHAPE, (record("c"),), ())], STATE)
    assert keys_of(tmp_path) == ["c"]


def test_an_earlier_version_never_replaces_a_later_one(tmp_path, loaded):
    target = loaded(["a"])
    target.apply([Change(SHAPE, (record("a", "2025-01-01T00:00:00.000Z"),), ())], STATE)
    [row] = rows_of(tmp_path / "copy", "Thing")
    assert row["recordedAt"] == "2026-01-01T00:00:00.000Z"


def test_what_stays_as_it_is_is_the_same_file(tmp_path, loaded):
    target = loaded(list("abcdefghi"))
    before = next(tmp_path.glob("copy/generation-*")) / "Thing" / "000002.ndjson"
    inode = before.stat().st_ino
    target.apply([Change(SHAPE, (record("a", "2027-01-01T00:00:00.000Z"),), ())], STATE)
    after = next(tmp_path.glob("copy/generation-*")) / "Thing" / "000002.ndjson"
    assert (after.stat().st_ino, before.exists()) == (inode, False)
