"""Korea, nedrug: the product search's export (Excel), recalls and GMP inspections (both JSON).

The export speaks of products of the permission list in other words, and of quasi-drugs, herbs and
substances besides. Recalls are of invented companies only; an inspection names no verdict.
"""

from collections.abc import Iterator
from datetime import date

from hub.demo.samples.draw import Draw, gtin13
from hub.demo.samples.korea import companies, permits, products, reports
from hub.demo.samples.medicines import medicines, read_header, read_table
from hub.demo.samples.native_file import NativeFile, Row, json_writer, sheet_writer

PRODUCT_COLUMNS = read_header("kr.mfds_products")

BIOLOGICAL = {"insulin-aspart", "insulin-glargine", "insulin-human", "enoxaparin"}
CONTROLLED = {
    "diazepam": "향정",
    "fentanyl": "마약",
    "ketamine": "향정",
    "lorazepam": "향정",
    "midazolam": "향정",
    "morphine": "마약",
    "propofol": "향정",
}
OFFICE = "견본청 의약품안전관리과"
FILED_ON = "2026-03-20"


def native_files() -> dict[str, list[NativeFile]]:
    """Compose the three feeds."""
    export = NativeFile(
        "kr/mfds_product_list_20260320.xlsx",
        ("품목기준코드",),
        sheet_writer("Sheet0", PRODUCT_COLUMNS),
        sorted([*_medicines(), *_others()], key=lambda row: str(row["제품명"])),
    )
    recalls = NativeFile(
        "kr/nedrug_recalls_20260320.json", ("key",), json_writer(1), list(_recalls())
    )
    inspections = NativeFile(
        "kr/nedrug_gmp_inspections_20260320.json", ("docId",), json_writer(1), list(_inspections())
    )
    return {
        "kr.mfds_products": [export],
        "kr.mfds_recalls": [recalls],
        "kr.mfds_gmp_sites": [inspections],
    }


def _medicines() -> Iterator[Row]:
    """Yield of each medicine its first product without an ingredient of its own."""
    codes = {report["품목일련번호"]: report["표준코드"].replace("|", ",") for report in reports()}
    shown = set()
    for permit in permits():
        seq = permit["ITEM_SEQ"]
        key = products()[seq]["medicine"]
        if key not in shown and not products()[seq]["ingredient"]:
            shown.add(key)
            yield _medicine(permit, key, codes.get(seq) or _standard_code(seq))


def _medicine(permit: Row, key: str, codes: str) -> Row:
    medicine = medicines()[key]
    category = "생물의약품" if key in BIOLOGICAL else "의약품"
    return _row(
        permit["ITEM_SEQ"],
        제품명=permit["ITEM_NAME"],
        제품영문명=permit["ITEM_ENG_NAME"],
        업체명=permit["ENTP_NAME"],
        업체영문명=permit["ENTP_ENG_NAME"],
        허가일=_day(permit["ITEM_PERMIT_DATE"]),
        품목구분="마약류" if CONTROLLED.get(key) == "마약" else category,
        허가번호=permit["PRDUCT_PRMISN_NO"],
        주성분=medicine.korean.replace("·", "/"),
        전문의약품=permit["SPCLTY_PBLC"],
        마약구분=CONTROLLED.get(key, ""),
        표준코드명=codes,
        ATC코드=medicine.atc,
        주성분영문=permit["ITEM_INGR_NAME"],
        **{
            "취소/취하": permit["CANCEL_NAME"],
            "취소/취하일자": _day(permit["CANCEL_DATE"] or ""),
            "완제/원료": "완제의약품",
            "허가/신고": permit["PERMIT_KIND_CODE"],
            "제조/수입": "수입" if "수입업" in permit["INDUTY"] else "제조",
            "e은약요": permit["ITEM_SEQ"],
        },
    )


def _others() -> Iterator[Row]:
    for row in read_table("korea_others"):
        yield _row(
            row["seq"],
            제품명=row["name"],
            제품영문명=row["english"],
            업체명=row["company"],
            업체영문명=row["company_english"],
            허가일=str(Draw("kr.mfds_products", row["seq"]).day_of(int(row["year"]))),
            품목구분=row["category"],
            허가번호=row["permit"],
            주성분=row["korean"],
            첨가제=row["additives"],
            품목분류=row["class"],
            전문의약품=row["sale"],
            표준코드명=_standard_code(row["seq"]) if row["stage"] == "완제의약품" else "",
            ATC코드=row["atc"],
            수입제조국=row["country"],
            주성분영문=row["english_substance"],
            **{
                "취소/취하": row["state"],
                "취소/취하일자": row["ended"],
                "완제/원료": row["stage"],
                "허가/신고": row["kind"],
                "제조/수입": "수입" if row["country"] else "제조",
            },
        )


def _row(seq: str, **values: str) -> Row:
    return dict.fromkeys(PRODUCT_COLUMNS, "") | {"품목기준코드": seq, "신약구분": "N"} | values


def _standard_code(seq: str) -> str:
    return gtin13("8809990" + Draw("kr.mfds_products", seq, "code").digits(5))


def _day(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if text else ""


def _recalls() -> Iterator[Row]:
    names = {row["seq"]: row for row in read_table("korea_others")} | products()
    addresses = {row["site"]: row["address"] for row in read_table("korea_inspections")}
    for place, recall in enumerate(read_table("korea_recalls"), start=1):
        product = names[recall["seq"]]
        company = product["company"]
        known = companies().get(company)
        yield _recall(
            place, recall, product, known["address"] if known else addresses.get(company, "")
        )


def _recall(place: int, recall: dict[str, str], product: dict[str, str], address: str) -> Row:
    ordered = date.fromisoformat(recall["day"])
    end = str(ordered.replace(year=ordered.year + 3))
    batches = recall["batches"]
    shared = {"entpName": product["company"], "reason": recall["reason"]}
    return {
        "key": recall["key"],
        "seq": place,
        "itemName": product["name"],
        "itemSeq": recall["seq"],
        **shared,
        "makeNo": batches,
        "recallDate": recall["day"],
        "openEndDate": end,
        "listSig": "|".join([*shared.values(), batches, recall["day"], end]),
        "detail": {
            "entpName": product["company"],
            "entpAddr": address,
            "itemName": product["name"],
            "reason": recall["reason"],
            "makeNo": batches.replace(",", ", "),
            "expiry": f"제조일로부터 {recall['months']} 개월",
            "packUnit": recall["packs"],
            "recallDate": recall["day"],
            "remark": recall["remark"],
            "office": OFFICE,
        },
        "firstSeen": FILED_ON,
        "delisted": False,
    }


def _inspections() -> Iterator[Row]:
    for place, row in enumerate(read_table("korea_inspections"), start=1):
        yield {
            "docId": row["document"],
            "seq": place,
            "prePost": row["when"],
            "type": row["type"],
            "country": row["country"],
            "site": row["site"],
            "address": row["address"] or companies()[row["site"]]["address"],
            "inspStart": row["start"],
            "inspEnd": row["end"],
            "regDate": row["posted"],
        }
