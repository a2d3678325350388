"""MFDS reports of medicine supply shortages (의약품 공급부족), nedrug's CSV export.

The export writes `|` for every comma: in 표준코드 it separates codes, in 자사재고량 thousands.
진행단계 is the stage of the report, not of the supply: MFDS never marks a shortage as resolved.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping, Repeats, always, term, texts
from federation.harmonize.quantities import band
from federation.members.korea.identity import (
    COMPANY_SCHEME,
    company_key,
    product_key,
)
from federation.organizations.schemes import MFDS_LICENCE_HOLDER, identifiers
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import COMPACT_DAY, TEXT, Shape, digits, one_of
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.stock_report import StockReport
from federation.records.supply_notice import SupplyNotice
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import NoticeKind, OrganizationKind, SupplyStatus

STATUS = Crosswalk(
    "kr.mfds_shortages.status",
    SupplyStatus,
    1,
    {
        "처리완료": SupplyStatus.ONGOING,  # processed
        "신청완료": SupplyStatus.ONGOING,  # submitted
        "신청중": SupplyStatus.DRAFT,  # being written
        "취하": SupplyStatus.WITHDRAWN,  # withdrawn by the company
        "삭제": SupplyStatus.WITHDRAWN,  # deleted
    },
)

LEGAL_FACT = (
    "의약품 등의 안전에 관한 규칙 under 약사법, with the notice "
    "생산·수입·공급 중단 보고대상 의약품 보고 규정: "
    "a shortage is reported 60 days ahead, a stop of production, import or supply 180 days (60 "
    "before the rule of October 2024)"
)


LAYOUT = Layout(
    {
        "보고번호": digits(10),
        "진행단계": one_of(STATUS.terms),
        "업소일련번호": digits(8),
        "업체명": Shape(r".*[가-힣].*", "a name in Korean"),
        "업체 영문명": TEXT,
        "업체허가번호": None,
        "업체소재지": Shape(r".*[가-힣].*", "an address in Korean"),
        "부서접수번호": None,
        "품목일련번호": digits(9),
        "품목명": Shape(r".*[가-힣].*", "a name in Korean"),
        "품목 영문명": None,
        "표준코드": Shape(r"\d{13}(?:\|\d{13})*", "13 digits, or several", fits=0.7),
        "공급부족발생예상일자": COMPACT_DAY,
        "공급부족사유": TEXT,
        "마지막생산수입공급일자": COMPACT_DAY,
        "생산수입공급구분": None,
        "자사재고량기준일": COMPACT_DAY,
        "자사재고량": TEXT,
        "환자치료에미치는영향": TEXT,
        "공급정상화추진계획": TEXT,
        "공급정상화예상일자": COMPACT_DAY,
        "보고일자": COMPACT_DAY,
        "처리일자": None,
        "전자민원창구공개여부": None,
        "사업자번호": digits(10),
    },
    aliases={  # the Open API's names
        "보고번호": ("SHORT_SUPPLY_REPORT_SEQ",),
        "진행단계": ("REPORT_PGS_CODE",),
        "업소일련번호": ("ENTP_SEQ",),
        "업체명": ("ENTP_NAME",),
        "업체허가번호": ("ENTP_NO",),
        "품목일련번호": ("ITEM_SEQ", "품목기준코드"),
        "품목명": ("ITEM_NAME",),
        "표준코드": ("EDI_CODE",),
        "공급부족발생예상일자": ("SHORT_SUPPLY_EXPT_DATE",),
        "공급부족사유": ("SHORT_SUPPLY_REASON",),
        "마지막생산수입공급일자": ("LAST_SUPPLY_DATE",),
        "자사재고량기준일": ("INV_DATE",),
        "자사재고량": ("INV_QTY",),
        "환자치료에미치는영향": ("TREATMENT_INFU",),
        "공급정상화추진계획": ("SUPPLY_PLAN",),
        "공급정상화예상일자": ("SUPPLY_PLAN_DATE",),
        "보고일자": ("REPORT_DATE",),
        "사업자번호": ("BIZRNO",),
    },
    encodings=("utf-8", "cp949"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the export."""
    return read_table(documents[0], LAYOUT, blanks=("-",))


STAGE = pl.col("진행단계")
ITEM = pl.col("품목일련번호")
COMPANY = pl.col("업소일련번호")
STOCK = pl.col("자사재고량")

CODES = pl.col("표준코드")

# A count is taken only from a text that is one number with at most a unit behind it.
STATED = STOCK.str.extract_groups(
    r"^(?<count>[0-9]{1,3}(?:\|[0-9]{3})+|[0-9]+)\s*(?<unit>[^0-9|(]*?)\s*(?:\(.*\))?$"
).struct
QUANTITY = STATED.field("count").str.replace_all("|", "", literal=True)
UNIT = STATED.field("unit")

NOTICE = Mapping(
    SupplyNotice,
    scheme="MFDS 보고번호",
    national_id=pl.col("보고번호"),
    values={
        "title": pl.col("품목명"),
        "kind": always(NoticeKind.SHORTAGE),
        "status": term(STAGE, STATUS),
        "native_status": STAGE,
        "legal_fact": always(LEGAL_FACT),
        "product_key": product_key(ITEM),
        "holder_key": company_key(COMPANY),
        "package_codes": texts(CODES, "|"),
        "starts_on": day(pl.col("공급부족발생예상일자"), "%Y%m%d"),
        "expected_end_on": day(pl.col("공급정상화예상일자"), "%Y%m%d"),
        "posted_on": day(pl.col("보고일자"), "%Y%m%d"),
        "reason_text": pl.col("공급부족사유"),
        "impact_text": pl.col("환자치료에미치는영향"),
        "plan_text": pl.col("공급정상화추진계획"),
        "last_supply_on": day(pl.col("마지막생산수입공급일자"), "%Y%m%d"),
        "stock_text": STOCK,
        "stock_on": day(pl.col("자사재고량기준일"), "%Y%m%d"),
    },
    conflicts={
        "END_BEFORE_START": pl.col("공급정상화예상일자") < pl.col("공급부족발생예상일자"),
        "KD_CODE_FORM": ~CODES.str.contains(r"^[0-9]{13}(?:\|[0-9]{13})*$"),
    },
)

LOSSY = {
    "업체명": "the first spelling of a company's name stands",
    "업체허가번호": "licence number; the company's serial stands",
    "업체소재지": "the first address of a company stands",
    "부서접수번호": "number of the office's receipt",
    "생산수입공급구분": "no field for made, imported or supplied",
    "전자민원창구공개여부": "consent to publication",
}

FEED = Feed(
    id="kr.mfds_shortages",
    member=Origin.KR,
    title="MFDS supply shortage reports (의약품 공급부족)",
    source=WholeFile("https://nedrug.mfds.go.kr", "/cmn/xls/down/OpenData_PotOpenMdcinSl"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=NOTICE,
    others=(
        Mapping(
            Organization,
            scheme=COMPANY_SCHEME,
            national_id=COMPANY,
            values={
                "name": pl.col("업체명"),
                "name_en": pl.col("업체 영문명"),
                "kind": always(OrganizationKind.MARKETING_AUTHORISATION_HOLDER),
                "country": always("KR"),
                "address_text": pl.col("업체소재지"),
                "identifiers": identifiers(MFDS_LICENCE_HOLDER, COMPANY),
                "business_number": pl.col("사업자번호"),
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
        Mapping(
            StockReport,
            scheme="MFDS 보고번호",
            national_id=pl.col("보고번호"),
            where=STOCK.is_not_null() & ~STAGE.is_in(["취하", "삭제"]),
            values={
                "product_key": product_key(ITEM),
                "holder_key": company_key(COMPANY),
                "as_of": day(pl.col("자사재고량기준일"), "%Y%m%d"),
                "quantity_text": STOCK,
                "quantity": QUANTITY,
                "quantity_unit": pl.when(UNIT != "").then(UNIT),
                "quantity_band": band(QUANTITY),
            },
        ),
    ),
    cron="30 13 * * *",
)
