"""Who serves what: every feed's stand-in, mounted under its feed id, in one application.

The real path of each member's endpoint stands here or in the endpoint's own module, and nowhere
else. To add a feed that is one whole file, add a line to `_DOWNLOADS`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router

from hub.demo.standins import cdsco, datagokr, drugsatfda, mhlw, openfda
from hub.demo.standins.archives import Archive
from hub.demo.standins.faults import FaultBoard, FaultyFeed
from hub.demo.standins.files import Download
from hub.errors import InvalidInput

_DOWNLOADS = {
    "kr.mfds_shortages": Download(
        "/cmn/xls/down/OpenData_PotOpenMdcinSl",
        "text/csv;charset=UTF-8",
        attachment="OpenData_PotOpenMdcinSl.csv",
    ),
    "kr.mfds_products": Download("/searchDrug/getExcel", "application/vnd.ms-excel"),
    "kr.mfds_recalls": Download("/pbp/CCBAI01", "application/json"),
    "kr.mfds_gmp_sites": Download("/pbp/CCBBD03", "application/json"),
    "kr.hira_prices": Download("/bbs/bbsCDownLoad.do", "application/vnd.ms-excel"),
    "kr.hira_ingredients": Download("/data/15067461/fileData.do", "text/csv"),
    "kr.hira_atc": Download("/data/15118958/fileData.do", "text/csv"),
    "jp.mhlw_generics": Download(
        "/shiro46mt/jp-medicine-master-data/main/data/mhlw_ge/2025/20250716.csv",
        "text/plain; charset=utf-8",
    ),
    "jp.mhlw_prices": Download(
        "/shiro46mt/jp-medicine-master-data/main/data/mhlw_price/2025/20250716.csv",
        "text/plain; charset=utf-8",
    ),
    "in.janaushadhi": Download("/productportfolio/ProductmrpList.csv", "text/csv"),
    "eu.ema_medicines": Download(
        "/en/documents/report/medicines-output-medicines-report_en.xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        agents=r"Mozilla/|https?://",
    ),
    "eu.fr_products": Download("/download/file/CIS_bdpm.txt", "text/plain"),
    "eu.fr_shortages": Download("/download/file/CIS_CIP_Dispo_Spec.txt", "text/plain"),
    "eu.fr_compositions": Download("/download/file/CIS_COMPO_bdpm.txt", "text/plain"),
    "eu.fr_packages": Download("/download/file/CIS_CIP_bdpm.txt", "text/plain"),
    "eu.fr_mitm": Download("/download/file/CIS_MITM.txt", "text/plain"),
    "eu.de_shortages": Download("/lieferengpassmeldungen/public/csv", "text/csv"),
    "eu.de_site_roles": Download("/amguifree/am/search.xhtml", "text/csv"),
    "eu.edqm_ceps": Download("/4DLink1/4DCGI/EXPORT_WEB_CEP.txt", "text/plain"),
    "eu.epar_manufacturers": Download("/en/documents/product-information", "text/csv"),
    "eu.union_list": Download(
        "/en/documents/other/union-list-critical-medicines-en.xlsx", "text/csv"
    ),
    "us.fda_inspections": Download("/oii/cd/inspections.htm", "text/csv"),
    "jp.medis_hot": Download(
        "/shiro46mt/jp-medicine-master-data/main/data/hot9/20030228.csv",
        "text/plain; charset=utf-8",
    ),
    "in.nppa_ceilings": Download("/IMCS/hissso/loginLogin.imcs", "text/csv"),
    "ref.who_atc": Download("/atc_ddd_index/", "text/csv"),
    "ref.who_atc_combinations": Download("/ddd/list_of_ddds_combined_products/", "text/csv"),
    "ref.drugbank_vocabulary": Download(
        "/releases/latest/downloads/all-drugbank-vocabulary", "text/csv"
    ),
    "ref.eu_register": Download(
        "/health/documents/community-register/html/", "text/tab-separated-values"
    ),
    "ref.epha_de": Download(
        "/epha/domain-datensatz/master/datensatz/data/wirkstoffe.json",
        "text/plain; charset=utf-8",
    ),
    "ref.openfda_unii": Download("/drug/shortages.json", "text/csv"),
    "ref.pmda_ja_en": Download("/PmdaSearch/iyakuSearch/", "text/csv"),
    "ref.mfds_ko_en": Download("/searchDrug/getExcel", "text/csv"),
    "ref.salt_words": Download("/registers/salt_ester_words.csv", "text/csv"),
}
_ARCHIVES = {
    "us.ndc_unfinished": Archive(
        "/cder/ndc_unfinished.zip",
        {"product": "unfinished_product.txt", "package": "unfinished_package.txt"},
    ),
    "ref.hemonc": Archive(
        "/dataverse/HemOnc", {"concepts": "concepts.csv", "synonyms": "synonyms.csv"}
    ),
}
_ENDPOINTS: dict[str, Callable[[Path], list[Route]]] = {
    cdsco.FEED: cdsco.routes,
    mhlw.FEED: mhlw.routes,
    openfda.SHORTAGES: openfda.shortages,
    openfda.ENFORCEMENT: openfda.enforcement,
}

FEEDS = frozenset({*_DOWNLOADS, *_ARCHIVES, *_ENDPOINTS, datagokr.FEED, drugsatfda.FEED})
"""Every feed that has a stand-in."""


def build_app(
    feeds: Mapping[str, tuple[Path, ...]],
    *,
    service_key: str = datagokr.DEMO_SERVICE_KEY,
    daily_quota: int | None = None,
) -> Starlette:
    """Mount the stand-in of every given feed, and the control of their faults.

    Args:
        feeds: native files by feed id, all of them among `FEEDS`.
        service_key: the one key data.go.kr knows.
        daily_quota: calls data.go.kr answers before it refuses; without end when None.

    Raises:
        InvalidInput: a feed has too few or too many files.
    """
    board = FaultBoard(feeds)
    mounts: list[BaseRoute] = []
    for feed, files in feeds.items():
        if feed == drugsatfda.FEED:
            routes = drugsatfda.routes(files)
        elif feed == datagokr.FEED:
            routes = datagokr.PermitService(_only(feed, files), service_key, daily_quota).routes()
        elif feed in _ARCHIVES:
            routes = [_ARCHIVES[feed].route(feed, files)]
        elif feed in _DOWNLOADS:
            routes = [_DOWNLOADS[feed].route(_only(feed, files))]
        else:
            routes = _ENDPOINTS[feed](_only(feed, files))
        mounts.append(Mount(f"/{feed}", FaultyFeed(feed, Router(routes), board)))
    return Starlette(
        routes=[*board.routes(), *mounts], exception_handlers={InvalidInput: _unreadable}
    )


def _only(feed: str, files: tuple[Path, ...]) -> Path:
    if len(files) != 1:
        raise InvalidInput(f"feed `{feed}` is one file; the manifest names {len(files)}: keep one")
    return files[0]


async def _unreadable(_request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"the stand-in can't serve its file: {error}", 500)
