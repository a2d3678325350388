"""Writes the sample data, or checks that what is committed is what would be written.

    python -m hub.demo.samples.generate            rewrites native/ and DEFECTS.md
    python -m hub.demo.samples.generate --check    exits 1 where they differ, and says which

Same tables, same bytes. Start reading at `compose`.
"""

import argparse
import sys
from pathlib import Path

from hub.demo.samples import (
    defects,
    europe,
    europe_sites,
    france_lists,
    germany,
    india,
    japan,
    japan_codes,
    korea,
    korea_boards,
    korea_prices,
    usa,
    usa_sites,
)
from hub.demo.samples.native_file import NativeFile

HERE = Path(__file__).parent
COMPOSERS = (
    korea,
    korea_boards,
    korea_prices,
    usa,
    usa_sites,
    japan,
    japan_codes,
    india,
    europe,
    europe_sites,
    france_lists,
    germany,
)


def compose() -> dict[str, bytes]:
    """Compose every file of the sample data, by its path below this folder."""
    feeds: dict[str, list[NativeFile]] = {}
    for composer in COMPOSERS:
        feeds |= composer.native_files()
    quirks, wrong = defects.declared()
    defects.spoil(feeds, wrong)
    written = {f"native/{file.path}": file.content() for files in feeds.values() for file in files}
    written["native/manifest.toml"] = _manifest(feeds).encode()
    written["DEFECTS.md"] = defects.report(quirks, wrong).encode()
    return written


def differences(written: dict[str, bytes], folder: Path = HERE) -> list[str]:
    """Name the files that are missing, different, or there although nobody writes them."""
    there = {
        path.relative_to(folder).as_posix()
        for path in (folder / "native").rglob("*")
        if path.is_file()
    }
    changed = {
        name
        for name, content in written.items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != content
    }
    return sorted(changed | (there - written.keys()))


def _manifest(feeds: dict[str, list[NativeFile]]) -> str:
    lines = [
        "# Which sample file stands for which feed. Paths are relative to this file.",
        "# Written by `python -m hub.demo.samples.generate`.",
        "",
        "[feeds]",
    ]
    for feed, files in feeds.items():
        names = ", ".join(f'"{file.path}"' for file in files)
        lines.append(f'"{feed}" = [{names}]')
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="write the bundled sample data")
    parser.add_argument("--check", action="store_true", help="only compare, exit 1 if different")
    check = parser.parse_args(arguments).check
    written = compose()
    different = differences(written)
    if check:
        for name in different:
            sys.stderr.write(f"{name} is not what would be written; run without --check\n")
        return 1 if different else 0
    for name in different:
        path = HERE / name
        if name in written:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written[name])
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
