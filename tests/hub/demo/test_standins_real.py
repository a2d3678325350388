"""The stand-ins on the members' real files, read in place."""

import io
import re
from pathlib import Path
from urllib.parse import urljoin
from zipfile import ZipFile

import httpx  # noqa: TID251 - the caller of the servers under test
import orjson
import pytest
from lxml import etree
from python_calamine import CalamineWorkbook

from hub.demo.standins.process import start_standins

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
PERMITS_PATH = "/1471000/DrugPrdtPrmsnInfoService07/getDrugPrdtPrmsnInq07"
SUPPLY_PAGE = "/stf/seisakunitsuite/bunya/kenkou_iryou/iryou/kouhatu-iyaku/04_00003.html"
EMA_PATH = "/en/documents/report/medicines-output-medicines-report_en.xlsx"
WHOLE_FILES = {
    "kr.mfds_shortages": "/cmn/xls/down/OpenData_PotOpenMdcinSl",
    "jp.mhlw_prices": "/shiro46mt/jp-medicine-master-data/main/data/mhlw_price/2025/20250716.csv",
    "in.janaushadhi": "/productportfolio/ProductmrpList.csv",
    "us.drugsatfda": "/media/89850/download",
    "eu.ema_medicines": EMA_PATH,
    "eu.fr_products": "/download/file/CIS_bdpm.txt",
    "eu.fr_shortages": "/download/file/CIS_CIP_Dispo_Spec.txt",
}

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
async def standins():
    async with start_standins(DATA / "manifest.toml") as standins:
        yield standins


@pytest.fixture(scope="module")
async def client():
    named = {"user-agent": "Mozilla/5.0 (compatible; hub tests; +https://hub.example)"}
    async with httpx.AsyncClient(headers=named, timeout=20) as client:
        yield client


async def test_permit_pages_hold_2500_rows_in_every_envelope(standins, client):
    shapes, seen = set(), set()
    for page in range(1, 27):
        query = {"serviceKey": "demo-service-key", "type": "json"}
        query |= {"pageNo": str(page), "numOfRows": "100"}
        answer = await client.get(
            standins.base_urls["kr.mfds_permits"] + PERMITS_PATH, params=query
        )
        document = answer.json()
        body = document.get("response", document)["body"]
        items = body["items"]
        nested = bool(items) and "item" in items[0]
        shapes.add(("response" in document, "nested" if nested else type(items).__name__))
        seen |= {row["item"]["ITEM_SEQ"] if nested else row["ITEM_SEQ"] for row in items}
        assert body["totalCount"] == 2500
    assert len(seen) == 2500
    inner = {"list", "nested"}
    assert {shape for shape in shapes if shape[1] in inner} == {
        (wrapped, shape) for wrapped in (True, False) for shape in inner
    }
    assert (True, "str") in shapes


async def test_every_real_permit_page_is_well_formed_xml(standins, client):
    rows = 0
    for page in range(1, 26):
        query = {"serviceKey": "demo-service-key", "pageNo": str(page), "numOfRows": "100"}
        answer = await client.get(
            standins.base_urls["kr.mfds_permits"] + PERMITS_PATH, params=query
        )
        rows += len(etree.fromstring(answer.content).findall("body/items/item"))
    assert rows == 2500


@pytest.mark.parametrize(("limit", "pages"), [(1000, 2), (100, 18)])
async def test_openfda_links_read_exactly_1703_rows(standins, client, limit, pages):
    url = f"{standins.base_urls['us.openfda_shortages']}/drug/shortages.json?limit={limit}"
    rows, count = [], 0
    while url:
        answer = await client.get(url)
        rows += answer.json()["results"]
        url, count = answer.links.get("next", {}).get("url"), count + 1
    native = orjson.loads((DATA / "us/openfda_drug_shortages_2026-03-27.json").read_bytes())
    assert count == pages
    assert rows == native["results"]


async def test_openfda_search_counts_the_discontinuations(standins, client):
    url = standins.base_urls["us.openfda_shortages"] + "/drug/shortages.json"
    answer = await client.get(url, params={"search": 'status:"To Be Discontinued"'})
    assert answer.json()["meta"]["results"]["total"] == 519


@pytest.mark.parametrize("feed", WHOLE_FILES)
async def test_whole_file_is_served_once_and_then_304(standins, client, feed):
    url = standins.base_urls[feed] + WHOLE_FILES[feed]
    answer = await client.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(len(answer.content))
    again = await client.get(url, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("feed", "file"),
    [
        ("kr.mfds_shortages", "kr/mfds_supply_shortage_20260313.csv"),
        ("eu.fr_products", "eu/fr_bdpm_CIS_bdpm_2026-01_cp1252.txt"),
        ("eu.ema_medicines", "eu/ema_medicines_output_2025-07-15.xlsx"),
    ],
)
async def test_native_bytes_are_untouched(standins, client, feed, file):
    answer = await client.get(standins.base_urls[feed] + WHOLE_FILES[feed])
    assert answer.content == (DATA / file).read_bytes()


async def test_drugsatfda_zip_holds_12000_products(standins, client):
    answer = await client.get(standins.base_urls["us.drugsatfda"] + "/media/89850/download")
    with ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.read("Products.txt").count(b"\n") == 12_001


async def test_mhlw_page_leads_to_the_file_of_its_day(standins, client):
    page_url = standins.base_urls["jp.mhlw_supply"] + SUPPLY_PAGE
    page = await client.get(page_url)
    found = re.search(r'href="([^"]+/260814iyakuhinkyoukyu\.xlsx)"', page.text)
    answer = await client.get(urljoin(page_url, found[1]))
    native = DATA / "jp/mhlw_supply_status_20260814_sample.xlsx"
    assert answer.content == native.read_bytes()


async def test_cdsco_month_holds_145_alerts(standins, client):
    url = standins.base_urls["in.cdsco_nsq"] + "/CDSCO/nsqdrugs?source=All&month=JAN-2025"
    answer = await client.get(url, follow_redirects=True)
    document = orjson.loads(answer.content)
    assert len(document["aaData"]) == document["iTotalRecords"] == 145


@pytest.mark.parametrize(
    ("feed", "header_row"),
    [("eu.ema_medicines", 8), ("jp.mhlw_supply", 1)],
)
async def test_other_header_renames_exactly_the_header_row_of_real_workbooks(
    standins, client, feed, header_row
):
    path = (
        EMA_PATH if feed == "eu.ema_medicines" else "/content/10800000/260814iyakuhinkyoukyu.xlsx"
    )
    url = standins.base_urls[feed] + path
    good = table_of(await client.get(url))
    await client.post(f"{standins.control_url}/{feed}", json={"fault": "other-header"})
    try:
        bad = table_of(await client.get(url))
    finally:
        await client.delete(f"{standins.control_url}/{feed}")
    names = [name for name in good[header_row] if name]
    assert [name for name in bad[header_row] if name] == [f"{name}_v2" for name in names]
    del good[header_row], bad[header_row]
    assert good == bad


def table_of(answer):
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return workbook.get_sheet_by_index(0).to_python()
