"""Which native file stands for which feed: `manifest.toml` of a data folder.

    [feeds]
    "kr.mfds_shortages" = ["kr/mfds_supply_shortage.csv"]

Paths are relative to the manifest. The hub pulls over HTTP and never reads this file itself.
"""

import tomllib
from collections.abc import Collection
from pathlib import Path

from hub.errors import InvalidInput


def read_manifest(path: Path, known: Collection[str]) -> dict[str, tuple[Path, ...]]:
    """Name the files of every known feed that the manifest has; other feeds are passed over.

    Raises:
        InvalidInput: the manifest can't be read, or a known feed's file is not there.
    """
    try:
        feeds = tomllib.loads(path.read_text("utf-8"))["feeds"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"can't read the manifest `{path}`, correct it: {error}") from error
    except KeyError:
        raise InvalidInput(f"the manifest `{path}` has no [feeds] table; add one") from None
    return {feed: _files(feed, feeds[feed], path.parent) for feed in feeds if feed in known}


def _files(feed: str, names: object, folder: Path) -> tuple[Path, ...]:
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise InvalidInput(f"feed `{feed}` must name its files in a list of texts")
    files = tuple(folder / name for name in names)
    for file in files:
        if not file.is_file():
            raise InvalidInput(
                f"feed `{feed}` names `{file}`, which is not there; put it there or drop the feed"
            )
    return files
