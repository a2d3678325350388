"""A file that is made is kept whole, moved where it can be and copied elsewhere."""

import hashlib
from pathlib import Path

import pytest
from obstore.store import LocalStore, MemoryStore

from hub.exports.files import ExportFiles, FileName, Kept

NAME = FileName("x1", 1, "ndjson")
CONTENT = b'{"key":"a"}\n' * 1000


@pytest.fixture
def made(tmp_path):
    """A file that was just made."""
    file = tmp_path / "made"
    file.write_bytes(CONTENT)
    return file


async def check_kept(files, kept):
    assert kept == Kept(hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
    assert b"".join([chunk async for chunk in files.read(NAME, 0, kept.size)]) == CONTENT


async def test_a_folder_takes_the_file_itself(tmp_path, made):
    inode, files = made.stat().st_ino, ExportFiles(LocalStore(tmp_path / "landing", mkdir=True))
    await check_kept(files, await files.put(NAME, made))
    assert (tmp_path / "landing" / NAME.path).stat().st_ino == inode


async def test_a_folder_on_another_disk_takes_a_copy(tmp_path, made, monkeypatch):
    def failing(*_):
        raise OSError("invalid cross-device link")

    files = ExportFiles(LocalStore(tmp_path / "landing", mkdir=True))
    monkeypatch.setattr(Path, "replace", failing)
    await check_kept(files, await files.put(NAME, made))
    assert made.exists()


async def test_an_object_store_takes_a_copy(made):
    files = ExportFiles(MemoryStore())
    await check_kept(files, await files.put(NAME, made))
