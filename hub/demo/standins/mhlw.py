"""MHLW's supply status: a page to be read for its link, and behind the link an Excel file.

The file's address carries the day of publication, so it is found only through the page. The page
links to other dated files as well, which are not there.

Source: the data folder's `jp/SOURCE.md`, quirk 6.
"""

from datetime import date
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from hub.demo.standins.files import Download, stated_date

FEED = "jp.mhlw_supply"

_PAGE = "/stf/seisakunitsuite/bunya/kenkou_iryou/iryou/kouhatu-iyaku/04_00003.html"
_CONTENT = "/content/10800000/"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DEFAULT_DAY = date(2026, 8, 14)

_HTML = """<!DOCTYPE html>
<html lang="ja">
<head><meta charset="UTF-8"><title>医療用医薬品供給状況</title></head>
<body>
<h1>医療用医薬品供給状況</h1>
<p><a href="{site}/index.html">ホーム</a></p>
<ul>
<li><a href="{folder}260401_kyoukyuhoukoku_youryou.pdf">供給状況報告の要領［PDF形式］</a></li>
<li><a href="{folder}{day}iyakuhinkyoukyu.xlsx">医療用医薬品供給状況［Excel形式］</a></li>
<li><a href="{folder}260714iyakuhinkyoukyu_teisei.xlsx">正誤表［Excel形式］</a></li>
<li><a href="{folder}260801hanbaichushi.xlsx">販売中止品目の一覧［Excel形式］</a></li>
</ul>
</body>
</html>
"""


def routes(file: Path) -> list[Route]:
    """Serve the page and the one Excel file it is read for."""
    day = (stated_date(file) or _DEFAULT_DAY).strftime("%y%m%d")

    async def page(request: Request) -> Response:
        site = request.scope["root_path"]
        return HTMLResponse(_HTML.format(site=site, folder=site + _CONTENT, day=day))

    return [
        Route(_PAGE, page),
        Download(f"{_CONTENT}{day}iyakuhinkyoukyu.xlsx", _SHEET).route(file),
    ]
