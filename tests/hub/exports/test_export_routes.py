"""The edge of exports: what can be asked, by whom it is seen, and how a file is fetched."""

import asyncio
import json

import psycopg
import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from hub.exports import jobs
from hub.exports.links import LINK_SECONDS, Links
from hub.exports.manifest import JWS_TYPE
from hub.gateway.export.walk import ExportWalk
from hub.identity.types import Purpose
from tests.hub.exports.exporting import NOTICES, Exporter

ALL = "{ supplyNotices { nodes { key } } }"


def code_of(answer):
    [error] = answer.json()["errors"]
    return error["extensions"]["code"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ me { client } }", "NOT_EXPORTABLE"),
        ("{ __typename }", "NOT_EXPORTABLE"),
        ('{ node(id: "KR.Product.1") { id } }', "NOT_EXPORTABLE"),
        ("{ siteStats(groupBy: [ORIGIN]) { count } }", "NOT_EXPORTABLE"),
        ("{ a: products { nodes { key } } b: sites { nodes { key } } }", "NOT_EXPORTABLE"),
        ("{ products { totalCount } }", "NOT_EXPORTABLE"),
        ("{ products { nodes { key } totalCount } }", "NOT_EXPORTABLE"),
        ("{ products { edges { node { key } } } }", "NOT_EXPORTABLE"),
        ("{ products { nodes { key @skip(if: true) } } }", "NOT_EXPORTABLE"),
        ('{ products(after: "x") { nodes { key } } }', "NOT_EXPORTABLE"),
        ("{ products(first: 0) { nodes { key } } }", "PAGE_SIZE"),
        ("{ products { nodes { ingredients(first: 0) { key } } } }", "PAGE_SIZE"),
        ("subscription { changes { endCursor } }", "NOT_EXPORTABLE"),
        ("{ nothing }", "INVALID_INPUT"),
        ("{", "INVALID_INPUT"),
        ("query ($n: Int!) { products(first: $n) { nodes { key } } }", "INVALID_INPUT"),
        ("# \0\n{ products { nodes { key } } }", "INVALID_INPUT"),
    ],
)
async def test_what_is_no_list_of_records_is_refused(exporter, query, code):
    answer = await exporter.post(query)
    assert answer.status_code == 400
    assert code_of(answer) == code


@pytest.mark.parametrize("form", [None, "xml", 1, ["csv"]])
async def test_an_unknown_format_is_refused(exporter, form):
    answer = await exporter.post(ALL, form)
    assert answer.status_code == 400
    assert "ndjson, csv, copy, parquet, excel" in answer.text


async def test_first_is_how_many_rows_there_are_at_most(exporter):
    for first in (1, 7, 501):
        _, manifest = await exporter.content(ALL.replace("Notices", f"Notices(first: {first})"))
        assert manifest["rows"] == min(first, (await exporter.content(ALL))[1]["rows"])


async def test_without_a_token_nothing_is_there(exporting_hubs, exporter):
    async with exporter.made(ALL) as shown:
        http = exporting_hubs["open"].http
        for method, address in (
            ("POST", "/exports"),
            ("GET", shown["address"]),
            ("DELETE", shown["address"]),
            ("GET", shown["address"] + "/manifest"),
        ):
            answer = await http.request(method, address)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"]
        assert (await http.get(shown["address"] + "/file")).status_code == 404


@pytest.mark.parametrize(
    ("client", "purpose"),
    [("kr-mfds", Purpose.SHORTAGE_RESPONSE), ("us-fda", Purpose.SUPPLY_MAPPING)],
)
async def test_to_anybody_else_an_export_does_not_exist(exporting_hubs, exporter, client, purpose):
    other = Exporter(exporting_hubs["open"], client, purpose)
    async with exporter.made(ALL) as shown:
        absent = await other.get("/exports/absent")
        for answer in (
            await other.get(shown["address"]),
            await other.delete(shown["address"]),
            await other.get(shown["address"] + "/manifest"),
            await other.get(shown["file"]["address"]),
        ):
            assert (answer.status_code, answer.content) == (404, absent.content)
        assert (await exporter.get(shown["address"])).status_code == 200


async def test_a_link_is_neither_made_up_nor_changed_nor_of_another_export(exporter):
    async with exporter.made(ALL) as one, exporter.made(ALL, "csv") as other:
        address = one["file"]["address"]
        stretched = address.replace("expires=", "expires=9")
        swapped = other["address"] + "/file?" + address.partition("?")[2]
        for changed in (address[:-1], address + "a", stretched, swapped, address.partition("&")[0]):
            answer = await exporter.fetch(changed)
            assert (answer.status_code, code_of(answer)) == (404, "NOT_FOUND")
        assert (await exporter.fetch(address)).status_code == 200


async def test_an_expired_link_says_so_and_a_new_one_holds(exporting_hubs, exporter):
    async with exporter.made(ALL) as shown:
        found = await stored(exporting_hubs["open"], shown["id"])
        links = Links(secret_of(exporting_hubs["open"]))
        early = Links(secret_of(exporting_hubs["open"]), clock=lambda: 1000.0)
        assert early.link(found).expires == 1000 + LINK_SECONDS
        answer = await exporter.fetch(early.link(found).path)
        assert (answer.status_code, code_of(answer)) == (410, "LINK_EXPIRED")
        assert (await exporter.fetch(links.link(found).path)).status_code == 200


async def stored(hub, export_id):
    async with await psycopg.AsyncConnection.connect(hub.url) as connection:
        return await jobs.find(connection, export_id)


def secret_of(hub):
    return (hub.settings.state_dir / "identity" / "gateways.secret").read_text()


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-", (0, None)),
        ("bytes=0-0", (0, 1)),
        ("bytes=5-9", (5, 10)),
        ("bytes=5-999999999", (5, None)),
        ("bytes=-7", (-7, None)),
        ("bytes=-999999999999999999999", (0, None)),
    ],
)
async def test_a_part_of_a_file_is_that_part(exporter, asked, part):
    async with exporter.made(NOTICES) as shown:
        whole = (await exporter.fetch(shown["file"]["address"])).content
        answer = await exporter.fetch(shown["file"]["address"], range=asked)
        assert answer.content == whole[slice(*part)]
        assert answer.headers["content-length"] == str(len(answer.content))
        is_all = len(answer.content) == len(whole)
        assert answer.status_code == (200 if is_all else 206)
        assert ("content-range" in answer.headers) is not is_all


async def test_a_download_goes_on_from_wherever_it_broke_off(exporter):
    async with exporter.made(NOTICES, "csv") as shown:
        whole = await exporter.fetch(shown["file"]["address"])
        size = len(whole.content)
        for place in (1, 2, size // 2, size - 1):
            rest = await exporter.fetch(
                shown["file"]["address"],
                **{"range": f"bytes={place}-", "if-range": whole.headers["etag"]},
            )
            assert whole.content[:place] + rest.content == whole.content
            assert rest.headers["content-range"] == f"bytes {place}-{size - 1}/{size}"
            assert rest.headers["etag"] == whole.headers["etag"]


async def test_a_part_of_another_file_is_all_of_this(exporter):
    async with exporter.made(NOTICES) as shown:
        address = shown["file"]["address"]
        whole = await exporter.fetch(address)
        answer = await exporter.fetch(address, **{"range": "bytes=5-", "if-range": '"other"'})
        assert (answer.status_code, answer.content) == (200, whole.content)


@pytest.mark.parametrize("asked", ["bytes=5-1", "bytes=-", "bytes=1-2,4-5", "lines=1-2", "bytes"])
async def test_what_is_no_single_range_is_answered_with_the_whole(exporter, asked):
    async with exporter.made(NOTICES) as shown:
        answer = await exporter.fetch(shown["file"]["address"], range=asked)
        assert (answer.status_code, len(answer.content)) == (200, shown["manifest"]["bytes"])


@pytest.mark.parametrize("asked", ["bytes=999999-", "bytes=99999999999999999999-", "bytes=-0"])
async def test_a_part_past_the_end_is_none(exporter, asked):
    async with exporter.made(NOTICES) as shown:
        answer = await exporter.fetch(shown["file"]["address"], range=asked)
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{shown['manifest']['bytes']}"


async def test_a_file_that_is_known_is_not_sent_again(exporting_hubs, exporter):
    async with exporter.made(NOTICES) as shown:
        address = shown["file"]["address"]
        etag = f'"{shown["manifest"]["sha256"]}"'
        answer = await exporter.fetch(address, **{"if-none-match": etag})
        assert (answer.status_code, answer.content) == (304, b"")
        head = await exporting_hubs["open"].http.head(address)
        assert head.headers["content-length"] == str(shown["manifest"]["bytes"])
        assert head.content == b""


async def test_an_empty_list_makes_an_empty_file(exporter):
    content, manifest = await exporter.content(
        '{ products(filter: {key: {eq: "no"}}) { nodes { key } } }'
    )
    assert (content, manifest["rows"], manifest["bytes"], manifest["sources"]) == (b"", 0, 0, [])


async def test_a_manifest_says_what_of_whom_and_by_whose_leave(exporting_hubs):
    exporter = Exporter(exporting_hubs["by_row"])
    query = (
        "query Q($s: SupplyStatus) { supplyNotices(filter: {status: {ne: $s}}) "
        "{ nodes { key stockText product { key } } } }"
    )
    async with exporter.made(query, variables={"s": "DRAFT"}, operationName="Q") as shown:
        manifest = (await exporter.get(shown["address"] + "/manifest")).json()
        assert manifest == shown["manifest"]
        signed = await exporter.get(shown["address"] + "/manifest", accept="application/jose")
    assert [each["name"] for each in manifest["columns"]] == ["key", "stockText", "product.key"]
    assert manifest["columns"][1]["groups"] == ["commercial"]
    assert manifest["variables"] == {"s": "DRAFT"}
    assert {each["feed"] for each in manifest["sources"]} == {"one.feed", "two.feed"}
    assert [each["group"] for each in manifest["masked"]] == ["commercial"]
    assert "kr-rows/1" in manifest["openedBy"]
    keys = (await exporter.get("/.well-known/jwks.json")).json()
    verified = jws.deserialize_compact(signed.content, KeySet.import_key_set(keys), ["ES256"])
    assert verified.headers()["typ"] == JWS_TYPE
    assert json.loads(verified.payload) == manifest


async def test_the_disclosure_is_recorded_with_its_rows(exporting_hubs):
    hub = exporting_hubs["by_row"]
    _, manifest = await Exporter(hub).content(NOTICES)
    async with await psycopg.AsyncConnection.connect(hub.url) as connection:
        cursor = await connection.execute(
            "SELECT client, question_digest, policy_digest, opened_by, masked, rows "
            "FROM disclosure ORDER BY id DESC LIMIT 1"
        )
        assert await cursor.fetchone() == (
            "us-fda",
            manifest["questionDigest"],
            manifest["policyDigest"],
            manifest["openedBy"],
            ["supplyNotices.nodes:commercial"],
            manifest["rows"],
        )


async def test_what_is_deleted_is_gone(exporter):
    async with exporter.made(ALL) as shown:
        pass
    for address in (shown["address"], shown["file"]["address"], shown["address"] + "/manifest"):
        assert (await exporter.get(address)).status_code == 404


async def test_a_client_has_no_more_exports_than_it_may(exporting_hubs):
    exporter = Exporter(exporting_hubs["open"], "jp-mhlw")
    asked = [await exporter.ask(ALL) for _ in range(jobs.MOST_OF_A_CLIENT)]
    answer = await exporter.post(ALL)
    assert (answer.status_code, code_of(answer)) == (429, "EXPORT_LIMIT")
    assert [(await exporter.ended(each["address"]))["state"] for each in asked] == ["READY"] * 10
    for each in asked:
        await exporter.delete(each["address"])
    async with exporter.made(ALL) as shown:
        assert shown["state"] == "READY"


async def test_a_file_that_is_not_made_cannot_be_fetched(exporter, monkeypatch):
    monkeypatch.setattr("hub.gateway.export.walk.MOST_ROWS", 1)
    async with exporter.made(ALL) as shown:
        assert shown["state"] == "FAILED"
        assert shown["error"]["code"] == "EXPORT_TOO_LARGE"
        answer = await exporter.get(shown["address"] + "/manifest")
        assert (answer.status_code, code_of(answer)) == (409, "EXPORT_TOO_LARGE")


async def test_a_file_that_is_yet_to_be_made_is_asked_for_again_later(exporter, monkeypatch):
    async def nothing(_):
        return None

    monkeypatch.setattr("hub.exports.work.ExportWork._taken_up", nothing)
    shown = await exporter.ask(ALL)
    answer = await exporter.get(shown["address"] + "/manifest")
    assert (answer.status_code, code_of(answer)) == (409, "NOT_READY")
    await exporter.delete(shown["address"])


async def test_excel_refuses_more_rows_than_a_sheet_holds(exporter, monkeypatch):
    monkeypatch.setattr("hub.exports.formats.excel.MOST_ROWS", 3)
    async with exporter.made(ALL, "excel") as shown:
        assert shown["error"]["code"] == "EXPORT_TOO_LARGE"
        assert "3 rows" in shown["error"]["message"]


async def test_excel_refuses_a_text_that_no_cell_holds(exporter, monkeypatch):
    monkeypatch.setattr("hub.exports.formats.excel.MOST_LETTERS", 10)
    async with exporter.made(ALL, "excel") as shown:
        assert shown["error"]["code"] == "DOES_NOT_FIT"
        assert "`key`" in shown["error"]["message"]


async def test_a_file_over_the_limit_is_refused(exporter, monkeypatch):
    monkeypatch.setattr("hub.exports.writing.MOST_BYTES", 10)
    monkeypatch.setattr("hub.gateway.export.question.MAX_PAGE", 5)
    async with exporter.made(NOTICES, "csv") as shown:
        assert shown["error"]["code"] == "EXPORT_TOO_LARGE"


async def test_a_caller_that_prefers_to_wait_is_answered_once_the_export_has_ended(exporter):
    asked = await exporter.ask(NOTICES)
    answer = await exporter.get(asked["address"], prefer="respond-async, wait=30")
    assert answer.json()["state"] == "READY"
    await exporter.delete(asked["address"])


async def test_a_wait_ends_with_where_the_export_stands(exporter, monkeypatch):
    go_on = asyncio.Event()
    read = ExportWalk._read_text

    async def held(walk, plan):
        await go_on.wait()
        return await read(walk, plan)

    monkeypatch.setattr(ExportWalk, "_read_text", held)
    monkeypatch.setattr("hub.exports.routes.LONGEST_WAIT_SECONDS", 0.1)
    asked = await exporter.ask(NOTICES)
    answer = await exporter.get(asked["address"], prefer="wait=30")
    assert answer.json()["state"] in {"QUEUED", "RUNNING"}
    go_on.set()
    assert (await exporter.ended(asked["address"]))["state"] == "READY"
    await exporter.delete(asked["address"])
