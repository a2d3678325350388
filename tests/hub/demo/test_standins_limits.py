"""What stand-ins serve for the ways of fetching: parts of a list, ranges, quotas, moving lists."""

import httpx  # noqa: TID251 - the caller of the servers under test
import orjson
import pytest

from hub.demo.standins.process import start_standins

RECALLS = [
    {"recall_number": f"D-{number:04}-2026", "report_date": day}
    for number, day in enumerate(["20260107", "2026-01-14", "20260121", "20260128"], 1)
]
PERMITS = "/1471000/DrugPrdtPrmsnInfoService07/getDrugPrdtPrmsnInq07"
PATHS = {
    "us.fda_enforcement": "/drug/enforcement.json?limit=10",
    "us.openfda_shortages": "/drug/shortages.json?limit=10",
    "kr.mfds_permits": f"{PERMITS}?serviceKey=demo-service-key&type=json",
    "eu.fr_products": "/download/file/CIS_bdpm.txt",
}


@pytest.fixture(scope="module")
async def standins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("native")
    recalls = {"meta": {"last_updated": "2026-01-29"}, "results": RECALLS}
    (folder / "recalls.json").write_bytes(orjson.dumps(recalls))
    (folder / "shortages.json").write_bytes(orjson.dumps({"meta": {}, "results": [{"a": "1"}]}))
    (folder / "permits.json").write_bytes(orjson.dumps([{"ITEM_SEQ": "1"}, {"ITEM_SEQ": "2"}]))
    (folder / "CIS_bdpm.txt").write_bytes(b"61266250\tcr\xe8me\r\n" * 100)
    (folder / "manifest.toml").write_text(
        '[feeds]\n"us.fda_enforcement" = ["recalls.json"]\n'
        '"us.openfda_shortages" = ["shortages.json"]\n'
        '"kr.mfds_permits" = ["permits.json"]\n"eu.fr_products" = ["CIS_bdpm.txt"]\n'
    )
    async with start_standins(folder / "manifest.toml") as standins:
        yield standins


class Members:
    """A caller of the stand-ins that can set their faults."""

    def __init__(self, standins, client):
        self.standins = standins
        self.client = client

    async def set(self, feed, fault):
        url = f"{self.standins.control_url}/{feed}"
        return (await self.client.post(url, json={"fault": fault})).status_code

    async def get(self, feed, **options):
        return await self.client.get(self.standins.base_urls[feed] + PATHS[feed], **options)

    async def recalls(self, search):
        url = f"{self.standins.base_urls['us.fda_enforcement']}/drug/enforcement.json"
        return await self.client.get(url, params={"limit": "10", "search": search})


@pytest.fixture
async def members(standins):
    async with httpx.AsyncClient(timeout=5) as client:
        yield Members(standins, client)
        for feed in PATHS:
            await client.delete(f"{standins.control_url}/{feed}")


@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        ("report_date:[20260114 TO 99991231]", ["D-0002-2026", "D-0003-2026", "D-0004-2026"]),
        ("report_date:[20260101 TO 20260107]", ["D-0001-2026"]),
        (
            'report_date:[20260101 TO 20260121] AND recall_number.exact:"D-0003-2026"',
            ["D-0003-2026"],
        ),
    ],
)
async def test_recalls_of_a_range_of_days_are_served(members, search, numbers):
    got = (await members.recalls(search)).json()
    assert [recall["recall_number"] for recall in got["results"]] == numbers
    assert got["meta"]["results"]["total"] == len(numbers)


async def test_range_without_a_recall_is_not_found(members):
    assert (await members.recalls("report_date:[20260201 TO 99991231]")).status_code == 404


async def test_range_that_is_none_is_refused(members):
    assert (await members.recalls("report_date:[20260201 TO ]")).status_code == 400


@pytest.mark.parametrize("feed", ["us.fda_enforcement", "us.openfda_shortages"])
async def test_openfda_without_quota_says_so_as_it_does(members, feed):
    assert await members.set(feed, "quota") == 200
    got = await members.get(feed)
    assert (got.status_code, got.json()["error"]["code"]) == (429, "OVER_RATE_LIMIT")


async def test_datagokr_asked_too_fast_says_so_within_http_200(members):
    assert await members.set("kr.mfds_permits", "too-fast") == 200
    got = await members.get("kr.mfds_permits")
    assert got.status_code == 200
    assert "<returnReasonCode>23</returnReasonCode>" in got.text


@pytest.mark.parametrize("fault", ["quota", "too-fast"])
async def test_feed_that_counts_no_calls_has_no_such_fault(members, fault):
    assert await members.set("eu.fr_products", fault) == 400


async def test_busy_source_says_when_to_come_back(members):
    await members.set("eu.fr_products", "busy")
    got = await members.get("eu.fr_products")
    assert (got.status_code, got.headers["retry-after"]) == (503, "1")


async def test_file_that_breaks_off_is_had_by_its_range(members):
    whole = await members.get("eu.fr_products")
    await members.set("eu.fr_products", "break-off")
    with pytest.raises(httpx.RemoteProtocolError):
        await members.get("eu.fr_products")
    headers = {"range": "bytes=900-", "if-range": whole.headers["etag"]}
    rest = await members.get("eu.fr_products", headers=headers)
    assert rest.status_code == 206
    assert rest.content == whole.content[900:]
    assert (
        rest.headers["content-range"] == f"bytes 900-{len(whole.content) - 1}/{len(whole.content)}"
    )


async def test_moving_list_is_a_row_longer_with_every_answer(members):
    def totals(got):
        return got.json().get("meta", {}).get("results", {}).get("total")

    await members.set("us.fda_enforcement", "moving")
    assert [totals(await members.get("us.fda_enforcement")) for _ in range(3)] == [5, 6, 7]
    await members.set("kr.mfds_permits", "moving")
    answers = [await members.get("kr.mfds_permits") for _ in range(2)]
    assert [got.json()["body"]["totalCount"] for got in answers] == [3, 4]
