import io
import zipfile
from datetime import UTC, datetime

import pytest

from federation.errors import SourceChanged, SourceFault
from federation.reading import archive
from federation.reading.archive import unzip
from federation.reading.native import Document


def zipped(**members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as out:
        for name, body in members.items():
            out.writestr(f"data/{name}.txt", body)
    return content.getvalue()


WHOLE = zipped(products="a" * 5000, notes="b")


def test_the_named_members_are_read_wherever_they_lie_in_the_archive():
    stated = datetime(2025, 7, 15, tzinfo=UTC)
    found = unzip(Document("all.zip", WHOLE, stated), ["products.txt"])
    assert found == {"products.txt": Document("products.txt", b"a" * 5000, stated)}


def test_a_missing_member_is_named():
    with pytest.raises(SourceChanged, match=r"`all.zip` lacks prices.txt"):
        unzip(Document("all.zip", WHOLE), ["products.txt", "prices.txt"])


def test_an_archive_that_unfolds_beyond_the_cap_is_refused(monkeypatch):
    monkeypatch.setattr(archive, "MAX_BYTES", 5000)
    with pytest.raises(SourceFault, match=r"`all.zip` unfolds to 5001 bytes, over 5000"):
        unzip(Document("all.zip", WHOLE), ["products.txt"])


def corrupted():
    body = bytearray(zipped(products="".join(map(str, range(5000)))))
    body[200:400] = bytes(255 - byte for byte in body[200:400])
    return bytes(body)


@pytest.mark.parametrize(
    "content",
    [WHOLE[:-30], b"plain text", corrupted()],
    ids=["half a file", "no archive", "a corrupted member"],
)
def test_what_is_no_whole_archive_is_refused(content):
    with pytest.raises(SourceFault, match=r"`all.zip` is not a whole zip archive"):
        unzip(Document("all.zip", content), ["products.txt"])


def test_a_web_page_is_refused():
    with pytest.raises(SourceFault, match="is a web page"):
        unzip(Document("all.zip", b"<html></html>"), ["products.txt"])
