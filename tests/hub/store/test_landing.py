"""The landing: bytes in by digest, the same bytes out, damage found."""

import asyncio
import gzip
import hashlib
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore

from hub.errors import InvalidInput, NotFound, Unavailable
from hub.store.landing import CHUNK_BYTES, Landing, open_landing, path_of


@pytest.fixture
def landing(tmp_path):
    return open_landing(None, tmp_path)


def _files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "url", ["s3//bucket", "s4://bucket", "s3://", "", "file:///nowhere/at/all", "file://relative"]
)
def test_an_address_of_no_store_is_told_with_its_setting(url, tmp_path):
    with pytest.raises(InvalidInput, match="HUB_LANDING_URL can't be used: write it as"):
        open_landing(url, tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.binary(max_size=1000))
async def test_bytes_come_back_by_their_sha_256(landing, content):
    digest = await landing.put(content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert await landing.get(digest) == content


async def test_bytes_lie_compressed_under_their_digest(landing, tmp_path):
    digest = await landing.put(b"row\n" * 1000)
    (file,) = _files(tmp_path)
    assert file == tmp_path / "landing" / "native" / digest[:2] / f"{digest}.gz"
    assert file.stat().st_size < 200
    assert gzip.decompress(file.read_bytes()) == b"row\n" * 1000


async def test_same_bytes_are_written_once(landing, tmp_path):
    await landing.put(b"same")
    (file,) = _files(tmp_path)
    before = file.stat()
    await landing.put(b"same")
    assert _files(tmp_path) == [file]
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


async def test_same_bytes_put_at_once_are_whole(landing, tmp_path):
    content = b"large" * 100_000
    digests = await asyncio.gather(*(landing.put(content) for _ in range(12)))
    assert len(set(digests)) == 1
    assert await landing.get(digests[0]) == content
    assert len(_files(tmp_path)) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-5],
        lambda packed: packed[:3],
        lambda _: b"",
        lambda _: b"not gzip at all",
        lambda packed: packed[:20] + bytes([packed[20] ^ 1]) + packed[21:],
        lambda _: gzip.compress(b"other bytes"),
        lambda packed: packed + gzip.compress(b"more"),
    ],
    ids=["cut", "cut short", "empty", "no gzip", "flipped bit", "other bytes", "more bytes"],
)
async def test_damaged_bytes_are_found_by_their_digest(landing, tmp_path, damage):
    digest = await landing.put(bytes(range(256)) * 10)
    (file,) = _files(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    assert await landing.damage(digest) == "damaged"
    with pytest.raises(NotFound, match=f"the landing's bytes `{digest}` are damaged: restore"):
        await landing.get(digest)


async def test_name_without_bytes_is_written_anew(landing, tmp_path):
    digest = await landing.put(b"content")
    (file,) = _files(tmp_path)
    file.write_bytes(b"")
    await landing.put(b"content")
    assert await landing.get(digest) == b"content"


async def test_bytes_that_are_not_there_are_named(landing):
    digest = hashlib.sha256(b"never put").hexdigest()
    with pytest.raises(NotFound, match=f"the landing has no bytes `{digest}`"):
        await landing.get(digest)


async def test_store_that_takes_nothing_is_unavailable(tmp_path):
    landing = open_landing(None, tmp_path)
    (tmp_path / "landing").rmdir()
    (tmp_path / "landing").write_text("in the way")
    with pytest.raises(Unavailable, match="the landing does not answer: check HUB_LANDING_URL"):
        await landing.put(b"content")
    with pytest.raises(Unavailable):
        await landing.get("0" * 64)


async def test_object_store_is_named_by_its_url(tmp_path):
    landing = open_landing("memory:///", tmp_path)
    assert await landing.get(await landing.put(b"content")) == b"content"
    assert _files(tmp_path) == []
    other = Landing(MemoryStore())
    assert await other.get(await other.put(b"content")) == b"content"


@pytest.fixture(params=["folder", "memory"])
def store(request, tmp_path):
    return open_landing("memory:///" if request.param == "memory" else None, tmp_path)


async def _digests(landing, *, aside=False):
    return {one.digest async for one in landing.documents(aside=aside)}


async def test_what_is_set_aside_is_still_found_until_it_is_dropped(store):
    kept, moved = await store.put(b"kept"), await store.put(b"moved")
    await store.set_aside(moved)
    assert (await _digests(store), await _digests(store, aside=True)) == ({kept}, {moved})
    assert await store.get(moved) == b"moved"
    assert await store.damage(moved) is None
    await store.drop_aside(moved)
    with pytest.raises(NotFound):
        await store.get(moved)
    assert await store.damage(moved) == "lost"


async def test_what_was_set_aside_is_brought_back_and_written_anew(store):
    digest = await store.put(b"content")
    await store.set_aside(digest)
    await store.bring_back(digest)
    assert (await _digests(store), await _digests(store, aside=True)) == ({digest}, set())
    await store.set_aside(digest)
    await store.put(b"content")
    await store.drop_aside(digest)
    assert await store.get(digest) == b"content"


async def test_what_is_not_there_can_be_set_aside_and_dropped_twice(store):
    digest = await store.put(b"content")
    for _ in range(2):
        await store.set_aside(digest)
    await asyncio.gather(store.drop_aside(digest), store.drop_aside(digest))
    await store.bring_back(digest)
    assert await _digests(store) == await _digests(store, aside=True) == set()


async def test_empty_landing_lists_nothing(store):
    assert await _digests(store) == await _digests(store, aside=True) == set()


async def test_listing_tells_compressed_sizes_and_no_other_files(landing, tmp_path):
    digest = await landing.put(b"row\n" * 1000)
    (tmp_path / "landing" / "exports").mkdir()
    (tmp_path / "landing" / "exports" / "file.csv.gz").write_bytes(b"an export's")
    (one,) = [one async for one in landing.documents()]
    assert (one.digest, one.size) == (
        digest,
        (tmp_path / "landing" / path_of(digest)).stat().st_size,
    )


async def test_large_document_is_checked_a_chunk_at_a_time(landing):
    digest = await landing.put(bytes(16 * CHUNK_BYTES))
    tracemalloc.start()
    try:
        assert await landing.damage(digest) is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * CHUNK_BYTES


async def test_document_that_moves_while_it_is_looked_for_is_found(landing, monkeypatch):
    digest = await landing.put(b"content")
    await landing.set_aside(digest)
    read = landing._read

    async def looks(path):
        found = await read(path)
        monkeypatch.setattr(landing, "_read", read)
        await landing.bring_back(digest)
        return found

    monkeypatch.setattr(landing, "_read", looks)
    assert await landing.get(digest) == b"content"
