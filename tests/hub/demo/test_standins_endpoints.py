"""Every stand-in over real HTTP, on small native files written here."""

import io
import re
from pathlib import Path
from urllib.parse import urljoin
from zipfile import ZipFile

import httpx  # noqa: TID251 - the caller of the servers under test
import orjson
import pytest
import xlsxwriter
from lxml import etree

from hub.demo.standins.process import start_standins

MANIFEST = """
[feeds]
"kr.mfds_shortages" = ["shortages_20260313.csv"]
"kr.mfds_permits" = ["permits.json"]
"us.openfda_shortages" = ["openfda.json"]
"us.drugsatfda" = [
    "Products_2019-07.txt", "Applications.txt", "MarketingStatus.txt", "MarketingStatus_Lookup.txt",
]
"jp.mhlw_supply" = ["supply_20260821.xlsx"]
"jp.mhlw_prices" = ["prices.csv"]
"in.cdsco_nsq" = ["nsq.csv"]
"eu.ema_medicines" = ["ema.xlsx"]
"eu.fr_products" = ["CIS_bdpm.txt"]
"xx.unheard_of" = ["nowhere.csv"]
"""
PERMITS = [{"ITEM_SEQ": str(200000000 + n), "CANCEL_DATE": None} for n in range(9)]
NOTICES = [
    {
        "package_ndc": f"0000-{n:04}-01",
        "status": "Resolved" if n == 3 else "Current",
        "openfda": {"route": ["ORAL", "TOPICAL USE"] if n % 2 else []},
    }
    for n in range(7)
]
NSQ = (
    "\ufeffstr_product_name,str_reporting_source,dt_reporting_month_year\n"
    '"Tab\nlet α",State lab,JAN-2025\n'
    "Syrup,CDSCO lab,JAN-2025\n"
    "Cream,CDSCO Labs,JUL-2026\n"
)
PERMITS_PATH = "/1471000/DrugPrdtPrmsnInfoService07/getDrugPrdtPrmsnInq07"
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64)"}


def write_sheet(path):
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet().write_row(0, 0, [f"column {n}" for n in range(9)])


@pytest.fixture(scope="module")
async def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("native")
    (folder / "manifest.toml").write_text(MANIFEST)
    (folder / "shortages_20260313.csv").write_text("보고번호,업체명\n2013000009,회사\n")
    (folder / "permits.json").write_bytes(orjson.dumps(PERMITS))
    meta = {"disclaimer": "d", "terms": "t", "license": "l", "last_updated": "2026-03-27"}
    (folder / "openfda.json").write_bytes(orjson.dumps({"meta": meta, "results": NOTICES}))
    for table in ("Products_2019-07", "Applications", "MarketingStatus", "MarketingStatus_Lookup"):
        (folder / f"{table}.txt").write_text(f"{table}\r\n")
    (folder / "nsq.csv").write_text(NSQ, "utf-8")
    (folder / "CIS_bdpm.txt").write_bytes("61266250\tcrème\r\n".encode("cp1252"))
    (folder / "prices.csv").write_text("区分\n内用薬\n")
    write_sheet(folder / "supply_20260821.xlsx")
    write_sheet(folder / "ema.xlsx")
    return folder


@pytest.fixture(scope="module")
async def bases(folder):
    async with start_standins(folder / "manifest.toml") as standins:
        yield standins.base_urls


@pytest.fixture(scope="module")
async def client():
    async with httpx.AsyncClient(timeout=5) as client:
        yield client


async def permits(client, bases, **query):
    query = {"serviceKey": "demo-service-key", "type": "json"} | query
    return await client.get(bases["kr.mfds_permits"] + PERMITS_PATH, params=query)


async def notices(client, bases, query):
    return await client.get(f"{bases['us.openfda_shortages']}/drug/shortages.json?{query}")


async def test_known_feeds_are_mounted_and_unknown_ones_are_passed_over(bases):
    assert "kr.mfds_permits" in bases
    assert "xx.unheard_of" not in bases
    assert "in.janaushadhi" not in bases


async def test_whole_file_comes_with_validators_and_its_day(client, bases, folder):
    url = bases["kr.mfds_shortages"] + "/cmn/xls/down/OpenData_PotOpenMdcinSl"
    answer = await client.get(url)
    assert answer.content == (folder / "shortages_20260313.csv").read_bytes()
    assert answer.headers["last-modified"] == "Fri, 13 Mar 2026 00:00:00 GMT"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert re.fullmatch('"[0-9a-f]{32}"', answer.headers["etag"])


@pytest.mark.parametrize("header", ["etag", "last-modified"])
async def test_known_file_answers_304_without_body(client, bases, header):
    url = bases["kr.mfds_shortages"] + "/cmn/xls/down/OpenData_PotOpenMdcinSl"
    known = (await client.get(url)).headers[header]
    condition = {"etag": "if-none-match", "last-modified": "if-modified-since"}[header]
    answer = await client.get(url, headers={condition: known})
    assert (answer.status_code, answer.content) == (304, b"")


async def test_changed_file_gets_another_etag_and_is_sent(client, bases, folder):
    url = bases["jp.mhlw_prices"] + (
        "/shiro46mt/jp-medicine-master-data/main/data/mhlw_price/2025/20250716.csv"
    )
    known = (await client.get(url)).headers["etag"]
    (folder / "prices.csv").write_text("区分\n注射薬\n")
    answer = await client.get(url, headers={"if-none-match": known})
    assert answer.status_code == 200
    assert "注射薬" in answer.text


async def test_range_of_a_whole_file_is_honoured(client, bases):
    url = bases["eu.fr_products"] + "/download/file/CIS_bdpm.txt"
    answer = await client.get(url, headers={"range": "bytes=0-7"})
    assert (answer.status_code, answer.content) == (206, b"61266250")


async def test_french_file_keeps_its_bytes_and_names_no_charset(client, bases):
    answer = await client.get(bases["eu.fr_products"] + "/download/file/CIS_bdpm.txt")
    assert answer.content == b"61266250\tcr\xe8me\r\n"
    assert answer.headers["content-type"] == "text/plain"


@pytest.mark.parametrize(
    ("agent", "status"),
    [("python-httpx/0.28", 403), ("", 403), ("hub/1.0 (+https://hub.example/contact)", 200)],
)
async def test_ema_answers_only_callers_that_name_themselves(client, bases, agent, status):
    url = bases["eu.ema_medicines"] + (
        "/en/documents/report/medicines-output-medicines-report_en.xlsx"
    )
    assert (await client.get(url, headers={"user-agent": agent})).status_code == status


async def test_drugsatfda_zip_holds_the_four_tables_with_stable_bytes(client, bases):
    url = bases["us.drugsatfda"] + "/media/89850/download"
    answer = await client.get(url)
    with ZipFile(io.BytesIO(answer.content)) as archive:
        tables = {name: archive.read(name) for name in archive.namelist()}
    assert tables.keys() == {
        "Products.txt",
        "Applications.txt",
        "MarketingStatus.txt",
        "MarketingStatus_Lookup.txt",
    }
    assert tables["MarketingStatus.txt"] == b"MarketingStatus\r\n"
    again = await client.get(url, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_mhlw_file_is_found_through_the_page_among_other_links(client, bases, folder):
    page_url = bases["jp.mhlw_supply"] + (
        "/stf/seisakunitsuite/bunya/kenkou_iryou/iryou/kouhatu-iyaku/04_00003.html"
    )
    page = await client.get(page_url)
    links = re.findall('href="([^"]+)"', page.text)
    assert len(links) > 3
    (link,) = [link for link in links if re.search(r"/\d{6}iyakuhinkyoukyu\.xlsx$", link)]
    assert link.endswith("/content/10800000/260821iyakuhinkyoukyu.xlsx")
    answer = await client.get(urljoin(page_url, link))
    assert answer.content == (folder / "supply_20260821.xlsx").read_bytes()


async def test_permit_pages_change_their_envelope(client, bases):
    shapes, rows = set(), []
    for page in range(1, 6):
        document = (await permits(client, bases, pageNo=page, numOfRows=2)).json()
        wrapped = "response" in document
        body = document["response"]["body"] if wrapped else document["body"]
        items = body["items"]
        single = isinstance(items, dict)
        nested = single or "item" in items[0]
        shapes.add((wrapped, nested, single))
        found = [items] if single else items
        rows += [row["item"] if nested else row for row in found]
        assert body["totalCount"] == len(PERMITS)
    assert rows == PERMITS
    assert shapes >= {
        (False, False, False),
        (True, True, False),
        (True, False, False),
        (False, True, False),
        (False, True, True),
    }


async def test_permit_page_after_the_last_is_empty_and_later_ones_are_code_03(client, bases):
    empty = (await permits(client, bases, pageNo=6, numOfRows=2)).json()["response"]
    assert empty["header"]["resultCode"] == "00"
    assert empty["body"]["items"] == ""
    assert empty["body"]["totalCount"] == len(PERMITS)
    later = (await permits(client, bases, pageNo=8, numOfRows=2)).json()
    assert later["header"]["resultCode"] == "03"


async def test_permits_are_xml_by_default(client, bases):
    answer = await permits(client, bases, type="", numOfRows=100)
    root = etree.fromstring(answer.content)
    assert root.findtext("header/resultCode") == "00"
    found = [item.findtext("ITEM_SEQ") for item in root.iterfind("body/items/item")]
    assert found == [permit["ITEM_SEQ"] for permit in PERMITS]


async def test_permits_without_the_registered_key_get_gateway_xml_even_for_json(client, bases):
    for key in ("", "another"):
        answer = await permits(client, bases, serviceKey=key)
        root = etree.fromstring(answer.content)
        assert answer.status_code == 200
        assert root.tag == "OpenAPI_ServiceResponse"
        assert root.findtext("cmmMsgHeader/returnReasonCode") == "30"


@pytest.mark.parametrize(
    ("query", "code"),
    [({"numOfRows": 101}, "11"), ({"pageNo": 0}, "10"), ({"numOfRows": "many"}, "10")],
)
async def test_bad_permit_parameters_are_refused_inside_http_200(client, bases, query, code):
    answer = await permits(client, bases, **query)
    assert answer.status_code == 200
    assert answer.json()["header"]["resultCode"] == code
    assert answer.json()["body"] == {}


async def test_permits_beyond_the_daily_quota_are_refused_by_the_gateway(client, folder):
    async with start_standins(
        folder / "manifest.toml", service_key="a+b/c==", daily_quota=1
    ) as standins:
        first = await permits(client, standins.base_urls, serviceKey="a+b/c==")
        second = await permits(client, standins.base_urls, serviceKey="a+b/c==")
    assert first.json()["header"]["resultCode"] == "00"
    assert b"<returnReasonCode>22<" in second.content


async def test_openfda_answers_one_row_by_default_with_the_files_own_meta(client, bases):
    document = (await notices(client, bases, "")).json()
    assert document["results"] == NOTICES[:1]
    assert document["meta"]["last_updated"] == "2026-03-27"
    assert document["meta"]["results"] == {"skip": 0, "limit": 1, "total": 7}


async def test_openfda_links_lead_to_every_row_and_end(client, bases):
    answer = await notices(client, bases, "limit=3")
    rows = answer.json()["results"]
    while "next" in answer.links:
        assert "search_after=" in answer.links["next"]["url"]
        answer = await client.get(answer.links["next"]["url"])
        rows += answer.json()["results"]
    assert rows == NOTICES


async def test_openfda_links_keep_the_search(client, bases):
    answer = await notices(client, bases, "search=status:current&limit=5")
    last = await client.get(answer.links["next"]["url"])
    assert last.json()["meta"]["results"]["total"] == 6
    assert last.json()["results"] == NOTICES[6:]


async def test_openfda_link_of_a_skipping_caller_has_no_cursor(client, bases):
    answer = await notices(client, bases, "limit=2&skip=2")
    assert answer.json()["results"] == NOTICES[2:4]
    assert answer.links["next"]["url"].endswith("limit=2&skip=4")


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("status:resolved", [3]),
        ("status.exact:Resolved", [3]),
        ("status.exact:resolved", []),
        ('openfda.route:"topical use" AND status:current', [1, 5]),
    ],
)
async def test_openfda_search_finds(client, bases, search, found):
    answer = await notices(client, bases, f"limit=9&search={search}")
    assert answer.json().get("results", []) == [NOTICES[n] for n in found]


@pytest.mark.parametrize("query", ["skip=7", "search=status:nothing", "search_after=0%3D7"])
async def test_openfda_without_a_match_is_404(client, bases, query):
    answer = await notices(client, bases, query)
    assert answer.status_code == 404
    assert answer.json() == {"error": {"code": "NOT_FOUND", "message": "No matches found!"}}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=1001", "Limit cannot exceed 1000"),
        ("limit=ten", "Invalid limit parameter value."),
        ("skip=25001", "Skip value must 25000 or less."),
        ("skip=1&search_after=0%3D1", "not supported when using search_after"),
        ("page=2", "Invalid parameter: page"),
        ("search=update_date:[2024 TO 2026]", "Search not supported"),
    ],
)
async def test_openfda_bad_parameters_are_400(client, bases, query, message):
    answer = await notices(client, bases, query)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "BAD_REQUEST"
    assert message in answer.json()["error"]["message"]


async def test_cdsco_sends_a_browser_back_once_with_a_session_cookie(bases):
    url = bases["in.cdsco_nsq"] + "/CDSCO/nsqdrugs?source=All&month=JAN-2025"
    async with httpx.AsyncClient(headers=BROWSER, follow_redirects=True) as browser:
        answer = await browser.get(url)
    assert [step.status_code for step in answer.history] == [302]
    assert str(answer.url) == url
    assert answer.headers["content-type"] == "text/plain;charset=ISO-8859-1"
    document = orjson.loads(answer.content)
    assert (document["iTotalRecords"], document["iTotalDisplayRecords"]) == (2, 2)
    assert document["aaData"][0] == {
        "str_product_name": "Tab\nlet α",
        "str_reporting_source": "State lab",
        "dt_reporting_month_year": "JAN-2025",
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Tab\nlet α", "Syrup", "Cream"]),
        ("?source=CDL", ["Syrup", "Cream"]),
        ("?source=State&month=jan-2025", ["Tab\nlet α"]),
        ("?month=FEB-2025", []),
    ],
)
async def test_cdsco_answers_the_month_and_laboratories_asked_for(bases, query, names):
    cookies = {"JSESSIONID": "held"}
    async with httpx.AsyncClient(headers=BROWSER, cookies=cookies) as browser:
        answer = await browser.get(bases["in.cdsco_nsq"] + "/CDSCO/nsqdrugs" + query)
    found = orjson.loads(answer.content)["aaData"]
    assert [alert["str_product_name"] for alert in found] == names


async def test_cdsco_refuses_scripts(client, bases):
    answer = await client.get(bases["in.cdsco_nsq"] + "/CDSCO/nsqdrugs")
    assert answer.status_code == 403


async def test_path_that_the_member_does_not_have_is_404(client, bases):
    for feed in bases:
        assert (await client.get(f"{bases[feed]}/")).status_code == 404, feed


async def test_file_that_an_api_can_not_page_is_served_as_it_is(client, tmp_path: Path):
    """So that the hub finds out, and says what the member has to mend."""
    (tmp_path / "manifest.toml").write_text('[feeds]\n"kr.mfds_permits" = ["p.json"]\n')
    (tmp_path / "p.json").write_text("<html>")
    async with start_standins(tmp_path / "manifest.toml") as standins:
        answer = await permits(client, standins.base_urls)
    assert (answer.status_code, answer.text) == (200, "<html>")
