import io
from zipfile import ZipFile

import httpx  # noqa: TID251 - asks an in-process application, not the network
import pytest
from starlette.applications import Starlette

from hub.demo.standins.archives import Archive
from hub.errors import InvalidInput

ARCHIVE = Archive("/cder/x.zip", {"product": "unfinished_product.txt", "package": "packages.txt"})


@pytest.fixture
def files(tmp_path):
    named = [tmp_path / "ndc_product_2018-06.txt", tmp_path / "ndc_package_2018-06.txt"]
    for file in named:
        file.write_text(file.name)
    return named


async def _get(files, **headers):
    app = Starlette(routes=[ARCHIVE.route("one.feed", files)])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://member") as client:
        return await client.get("/cder/x.zip", headers=headers)


async def test_files_are_served_in_one_zip_under_their_native_names(files):
    answer = await _get(files)
    with ZipFile(io.BytesIO(answer.content)) as archive:
        held = {name: archive.read(name).decode() for name in archive.namelist()}
    assert held == {
        "unfinished_product.txt": "ndc_product_2018-06.txt",
        "packages.txt": "ndc_package_2018-06.txt",
    }
    assert answer.headers["last-modified"] == "Fri, 01 Jun 2018 00:00:00 GMT"


async def test_unchanged_files_are_not_sent_again_and_changed_ones_are(files):
    tag = (await _get(files)).headers["etag"]
    assert (await _get(files, **{"if-none-match": tag})).status_code == 304
    files[0].write_text("another table")
    assert (await _get(files, **{"if-none-match": tag})).status_code == 200


def test_a_missing_table_is_refused_by_its_name(files):
    with pytest.raises(InvalidInput, match="`package`"):
        ARCHIVE.route("one.feed", files[:1])
