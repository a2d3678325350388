"""Korea: the MFDS shortage reports (nedrug's CSV export) and the product permission list (JSON).

Both are composed of the same products, so that most reports join a permit by 품목일련번호. The two
products with the state `-` have left the register and stand in the shortage reports alone.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache

from hub.demo.samples.draw import Draw, gtin13
from hub.demo.samples.medicines import medicines, read_header, read_table
from hub.demo.samples.native_file import NativeFile, Row, csv_writer, json_writer

SHORTAGE_COLUMNS = read_header("kr.mfds_shortages")

REASONS = {
    "api": "원료의약품 제조원의 생산 지연으로 원료 입고가 늦어져, 완제품 생산 일정이 연기됨.",
    "demand": "타사 동일성분 제품의 공급 감소로 당사 제품 수요가 급증하여 재고가 소진됨.",
    "flu": "독감 유행에 따른 해열진통제 처방 증가로 수요가 생산량을 초과함.",
    "pneumonia": "호흡기 감염증 유행에 따라 항생제 수요가 증가함.",
    "plant": "제조소 설비 개선 공사 일정으로 생산이 일시 중단되어 공급이 지연됨.",
    "import": "해외 제조원의 출하 일정 변경으로 수입이 지연됨.",
    "global": "글로벌 수요 증가로 국내 배정 물량이 축소됨(본사 공급 계획, 별첨 참조).",
    "packaging": "포장자재(앰플, 병) 수급 지연으로 포장 공정이 연기됨.",
    "logistics": "물류센터 이전에 따른 일시적인 출고 지연.",
    "quota": "향정신성의약품 원료 배정량 조정 절차로 생산 일정이 변경됨.",
    "withdrawal": "판매량 감소에 따른 품목 정리 계획으로, 재고 소진 후 공급을 종료할 예정임.",
    "sanction": "행정처분(제조업무정지 3개월)에 따른 생산 중단.",
}
IMPACTS = {
    "other": "동일성분, 동일함량의 타사 제품이 공급 중이므로 영향은 크지 않을 것으로 예상됨.",
    "some": "대체 가능한 제품이 있으나, 타사 재고가 제한적이어서 일시적인 불편이 예상됨.",
    "serious": "대체의약품이 제한적이므로 중증환자 치료에 영향을 줄 수 있음.",
    "none": "대체의약품 없음",
}
PLANS = {
    "batch": "연속 생산을 통하여 재고를 확보하고, 출하 즉시 우선 공급 예정.",
    "source": "대체 원료 제조원의 변경허가를 신청하였으며, 승인 후 생산 예정.",
    "shipment": "제조원과 협의하여 항공 운송으로 다음 입고 일정을 앞당길 예정.",
    "transfer": "위탁 제조소로 생산을 이전하여 공급을 재개할 예정.",
    "withdraw": "재고 소진 시까지 공급하고, 대체 품목을 의료기관에 안내할 예정.",
}


def native_files() -> dict[str, list[NativeFile]]:
    """Compose both feeds."""
    shortages = NativeFile(
        "kr/mfds_supply_shortage_20260320.csv",
        ("보고번호",),
        csv_writer(SHORTAGE_COLUMNS, line_end="\r\n"),
        list(reports()),
    )
    register = NativeFile(
        "kr/mfds_permit_list_20260320.json", ("ITEM_SEQ",), json_writer(1), list(permits())
    )
    return {"kr.mfds_shortages": [shortages], "kr.mfds_permits": [register]}


def exported(text: str) -> str:
    """Spoil a text as nedrug's CSV export does: commas become `|`, blanks vanish."""
    return text.replace(",", "|").replace(" ", "")


@cache
def companies() -> dict[str, dict[str, str]]:
    """Name every Korean company by its name."""
    return {row["name"]: row for row in read_table("korea_companies")}


@cache
def products() -> dict[str, dict[str, str]]:
    """Name every Korean product by its 품목일련번호."""
    return {row["seq"]: row for row in read_table("korea_products")}


def permits() -> Iterator[Row]:
    """Yield the rows of the permission list, before anything is spoiled."""
    for seq, product in sorted(products().items()):
        if product["state"] != "-":
            yield _permit(seq, product, companies()[product["company"]])


def _permit(seq: str, product: dict[str, str], company: dict[str, str]) -> Row:
    draw = Draw("kr.mfds_permits", seq)
    medicine = medicines()[product["medicine"]]
    ingredient = product["ingredient"] or medicine.korean_english
    prices = sorted(company["prefix"] + draw.digits(5) for _ in range(int(product["prices"])))
    image = f"https://nedrug.mfds.go.kr/pbp/cmn/itemImageDownload/{draw.digits(18)}"
    return {
        "ITEM_SEQ": seq,
        "ITEM_NAME": product["name"],
        "ITEM_ENG_NAME": product["english"],
        "ENTP_NAME": product["company"],
        "ENTP_ENG_NAME": company["english"],
        "ENTP_SEQ": company["serial"],
        "ENTP_NO": company["licence"],
        "ITEM_PERMIT_DATE": f"{draw.day_of(int(seq[:4])):%Y%m%d}",
        "INDUTY": "의약품 및 의약외품 수입업" if company["imports"] else "의약품",
        "PRDLST_STDR_CODE": seq,
        "SPCLTY_PBLC": product["sale"],
        "PRDUCT_TYPE": medicine.korean_class,
        "PRDUCT_PRMISN_NO": str(1 + draw.below(600)),
        "ITEM_INGR_NAME": ingredient,
        "ITEM_INGR_CNT": str(ingredient.count("/") + 1),
        "BIG_PRDT_IMG_URL": image if draw.below(2) else "",
        "PERMIT_KIND_CODE": product["kind"],
        "CANCEL_DATE": product["ended"] or None,
        "CANCEL_NAME": product["state"] or "정상",
        "EDI_CODE": ",".join(prices) or None,
        "BIZRNO": company["business_no"],
    }


def reports() -> Iterator[Row]:
    """Yield the shortage reports, before anything is spoiled."""
    for report in read_table("korea_shortages"):
        product = products()[report["seq"]]
        yield _report(report, product, companies()[product["company"]])


def _report(report: dict[str, str], product: dict[str, str], company: dict[str, str]) -> Row:
    draw = Draw("kr.mfds_shortages", report["report"])
    year = report["report"][:4]
    expected = date.fromisoformat(report["expected"])
    reported = max(draw.days_before(expected, 0, 6), date(int(year), 1, 2))
    stem = f"880{company['prefix']}"
    codes = sorted(gtin13(stem + draw.digits(5)) for _ in range(int(report["codes"])))
    return {
        "보고번호": report["report"],
        "진행단계": report["stage"],
        "업소일련번호": company["serial"],
        "업체명": exported(product["company"]),
        "업체 영문명": "-",
        "업체허가번호": company["licence"],
        "업체소재지": exported(company["address"]),
        "부서접수번호": f"{year}0{draw.digits(7)}",
        "품목일련번호": report["seq"],
        "품목명": exported(product["name"]),
        "품목 영문명": "-",
        "표준코드": "|".join(codes),
        "공급부족발생예상일자": report["expected"],
        "공급부족사유": exported(REASONS[report["reason"]]),
        "마지막생산수입공급일자": f"{draw.days_before(expected, 0, 75):%Y%m%d}",
        "생산수입공급구분": report["kind"],
        "자사재고량기준일": f"{reported:%Y%m%d}",
        "자사재고량": exported(report["stock"]),
        "환자치료에미치는영향": exported(IMPACTS[report["impact"]]),
        "공급정상화추진계획": exported(PLANS[report["plan"]]),
        "공급정상화예상일자": report["end"],
        "보고일자": f"{reported:%Y%m%d}",
        "처리일자": "-",
        "전자민원창구공개여부": "동의함",
        "사업자번호": company["business_no"],
    }
