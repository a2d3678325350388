"""Faults on demand, over real HTTP."""

import csv
import io
import time
from zipfile import ZipFile

import httpx  # noqa: TID251 - the caller of the servers under test
import orjson
import pytest
import xlsxwriter
from lxml import etree
from python_calamine import CalamineWorkbook

from hub.demo.standins.process import start_standins

HEADER = [f"column {n}" for n in range(9)]
FILES = {
    "in.janaushadhi": ["list.csv"],
    "kr.mfds_permits": ["permits.json"],
    "us.openfda_shortages": ["openfda.json"],
    "in.cdsco_nsq": ["nsq.csv"],
    "us.drugsatfda": [
        "Products.txt",
        "Applications.txt",
        "MarketingStatus.txt",
        "MarketingStatus_Lookup.txt",
    ],
    "eu.ema_medicines": ["ema.xlsx"],
    "eu.fr_products": ["CIS_bdpm.txt"],
}
PATHS = {
    "in.janaushadhi": "/productportfolio/ProductmrpList.csv",
    "kr.mfds_permits": "/1471000/DrugPrdtPrmsnInfoService07/getDrugPrdtPrmsnInq07"
    "?serviceKey=demo-service-key&type=json",
    "us.openfda_shortages": "/drug/shortages.json?limit=10",
    "in.cdsco_nsq": "/CDSCO/nsqdrugs?month=JAN-2025",
    "us.drugsatfda": "/media/89850/download",
    "eu.ema_medicines": "/en/documents/report/medicines-output-medicines-report_en.xlsx",
    "eu.fr_products": "/download/file/CIS_bdpm.txt",
}
LIST = '\ufeff"Sr No","Generic Name"\n"1","Tablets, IP"\n'.encode()


def write_natives(folder):
    (folder / "list.csv").write_bytes(LIST)
    (folder / "permits.json").write_bytes(orjson.dumps([{"ITEM_SEQ": "1"}, {"ITEM_SEQ": "2"}]))
    document = {"meta": {"terms": "t"}, "results": [{"status": "Current", "openfda": {"unii": []}}]}
    (folder / "openfda.json").write_bytes(orjson.dumps(document))
    for name in FILES["us.drugsatfda"]:
        (folder / name).write_bytes(b"ApplNo\tProductNo\r\n000004\t004\r\n")
    (folder / "nsq.csv").write_bytes(NSQ)
    (folder / "CIS_bdpm.txt").write_bytes(b"61266250\tcr\xe8me\r\n62869109\tgel\r\n")
    with xlsxwriter.Workbook(folder / "ema.xlsx") as workbook:
        sheet = workbook.add_worksheet("Medicine")
        sheet.write_row(0, 0, ["Content type:", "Medicine"])
        sheet.write_row(8, 0, HEADER)
        sheet.write_row(9, 0, ["Human", *HEADER[:1], *range(7)])
    lines = [f'"{feed}" = {orjson.dumps(names).decode()}' for feed, names in FILES.items()]
    (folder / "manifest.toml").write_text("\n".join(["[feeds]", *lines]))


NSQ = b"str_product_name,dt_reporting_month_year\nSyrup,JAN-2025\n"


class Members:
    """A caller of the stand-ins that can set their faults."""

    def __init__(self, standins, client):
        self.standins = standins
        self.client = client

    async def set(self, feed, fault):
        return await self.client.post(f"{self.standins.control_url}/{feed}", json={"fault": fault})

    async def get(self, feed, headers=None, timeout_s=5):
        url = self.standins.base_urls[feed] + PATHS[feed]
        return await self.client.get(url, headers=headers, timeout=timeout_s)

    async def read_into(self, received, feed, headers):
        url = self.standins.base_urls[feed] + PATHS[feed]
        async with self.client.stream("GET", url, headers=headers) as answer:
            async for part in answer.aiter_raw():
                received += part
        return answer


@pytest.fixture(scope="module")
async def standins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("native")
    write_natives(folder)
    async with start_standins(folder / "manifest.toml") as standins:
        yield standins


@pytest.fixture(scope="module")
async def client():
    named = {"user-agent": "Mozilla/5.0 (compatible; hub tests; +https://hub.example)"}
    async with httpx.AsyncClient(headers=named, timeout=5, follow_redirects=True) as client:
        yield client


@pytest.fixture
async def members(standins, client):
    yield Members(standins, client)
    for feed in FILES:
        await client.delete(f"{standins.control_url}/{feed}")


async def test_error_500_lasts_until_cleared_and_touches_no_other_feed(members):
    assert (await members.set("in.janaushadhi", "error-500")).status_code == 200
    assert (await members.get("in.janaushadhi")).status_code == 500
    assert (await members.get("in.janaushadhi")).status_code == 500
    assert (await members.get("eu.fr_products")).status_code == 200
    await members.client.delete(f"{members.standins.control_url}/in.janaushadhi")
    assert (await members.get("in.janaushadhi")).content == LIST


async def test_fault_none_clears(members):
    await members.set("in.janaushadhi", "error-500")
    await members.set("in.janaushadhi", "none")
    assert (await members.get("in.janaushadhi")).status_code == 200


async def test_hang_accepts_and_never_answers(members):
    await members.set("in.janaushadhi", "hang")
    started = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        await members.get("in.janaushadhi", timeout_s=1)
    assert time.monotonic() - started >= 1


async def test_html_is_an_error_page_with_status_200(members):
    await members.set("in.janaushadhi", "html")
    answer = await members.get("in.janaushadhi")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "<html>" in answer.text


@pytest.mark.parametrize("feed", FILES)
async def test_half_file_announces_the_whole_and_breaks_off(members, feed):
    whole = await members.get(feed)
    known = {"if-none-match": whole.headers.get("etag", "")}
    await members.set(feed, "half-file")
    received = bytearray()
    size = len(whole.content)
    with pytest.raises(httpx.RemoteProtocolError, match=f"expected {size}"):
        await members.read_into(received, feed, known)
    assert received == whole.content[: size // 2]


async def test_other_header_renames_quoted_csv_columns_and_keeps_rows(members):
    await members.set("in.janaushadhi", "other-header")
    answer = await members.get("in.janaushadhi")
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert table == [["Sr No_v2", "Generic Name_v2"], ["1", "Tablets, IP"]]
    assert answer.content.startswith(b"\xef\xbb\xbf")


async def test_other_header_is_sent_in_full_to_a_caller_who_holds_the_good_file(members):
    etag = (await members.get("in.janaushadhi")).headers["etag"]
    await members.set("in.janaushadhi", "other-header")
    answer = await members.get("in.janaushadhi", {"if-none-match": etag})
    assert answer.status_code == 200
    assert "etag" not in answer.headers


async def test_other_header_adds_a_column_where_there_is_no_header(members):
    await members.set("eu.fr_products", "other-header")
    answer = await members.get("eu.fr_products")
    assert answer.content == b"_v2\t61266250\tcr\xe8me\r\n_v2\t62869109\tgel\r\n"


async def test_other_header_renames_the_keys_of_json_records_only(members):
    await members.set("us.openfda_shortages", "other-header")
    document = (await members.get("us.openfda_shortages")).json()
    assert document["results"] == [{"status_v2": "Current", "openfda_v2": {"unii": []}}]
    assert document["meta"]["results"]["total"] == 1
    await members.set("kr.mfds_permits", "other-header")
    document = (await members.get("kr.mfds_permits")).json()
    assert document["header"]["resultCode"] == "00"
    assert document["body"]["items"] == [{"ITEM_SEQ_v2": "1"}, {"ITEM_SEQ_v2": "2"}]


async def test_other_header_leaves_the_asked_month_and_renames_its_keys(members):
    await members.set("in.cdsco_nsq", "other-header")
    document = orjson.loads((await members.get("in.cdsco_nsq")).content)
    assert document["iTotalRecords"] == 1
    assert document["aaData"] == [
        {"str_product_name_v2": "Syrup", "dt_reporting_month_year_v2": "JAN-2025"}
    ]


async def test_other_header_renames_the_elements_of_xml_records(members):
    await members.set("kr.mfds_permits", "other-header")
    url = members.standins.base_urls["kr.mfds_permits"] + PATHS["kr.mfds_permits"]
    root = etree.fromstring((await members.client.get(url.removesuffix("json"))).content)
    assert [e.text for e in root.iterfind("body/items/item/ITEM_SEQ_v2")] == ["1", "2"]


async def test_other_header_renames_the_columns_of_zipped_tables(members):
    await members.set("us.drugsatfda", "other-header")
    with ZipFile(io.BytesIO((await members.get("us.drugsatfda")).content)) as archive:
        assert archive.read("Products.txt") == b"ApplNo_v2\tProductNo_v2\r\n000004\t004\r\n"


async def test_other_header_renames_excel_columns_below_the_title(members):
    await members.set("eu.ema_medicines", "other-header")
    answer = await members.get("eu.ema_medicines")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
    table = rows.to_python()
    assert table[0][:2] == ["Content type:", "Medicine"]
    assert table[8] == [f"{name}_v2" for name in HEADER]
    assert table[9][2:] == list(range(7))


async def test_quota_is_data_go_krs_own_error_inside_http_200(members):
    await members.set("kr.mfds_permits", "quota")
    answer = await members.get("kr.mfds_permits")
    root = etree.fromstring(answer.content)
    assert answer.status_code == 200
    assert root.findtext("cmmMsgHeader/returnReasonCode") == "22"


async def test_unusable_fault_is_refused_and_says_what_to_send(members):
    assert (await members.set("in.janaushadhi", "quota")).status_code == 400
    assert (await members.set("xx.unheard_of", "html")).status_code == 404
    unheard_of = await members.set("in.janaushadhi", "earthquake")
    assert unheard_of.status_code == 400
    assert "half-file" in unheard_of.text
    assert (await members.get("in.janaushadhi")).status_code == 200
