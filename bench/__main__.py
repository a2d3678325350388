"""`make bench`: runs every part, and writes `bench/results.json`.

Each part prints its own tables, and runs alone as `python -m bench.<part>`.
"""

from pathlib import Path

import orjson

from bench import (
    agency,
    copying,
    endings,
    exports,
    gateway,
    growth,
    identity,
    ingest,
    kills,
    policies,
    pulls,
    refusals,
    substances,
    weight,
)

PARTS = [
    gateway,
    growth,
    refusals,
    kills,
    weight,
    identity,
    policies,
    endings,
    exports,
    ingest,
    agency,
    copying,
]
OF_REAL_FILES = [pulls, substances]
RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    parts = list(PARTS)
    if pulls.DATA.is_dir():
        parts += OF_REAL_FILES
    else:
        print("the members' real files are not there")
    results = {}
    for part in parts:
        results[part.__name__.removeprefix("bench.")] = part.run()
        RESULTS.write_bytes(orjson.dumps(results, option=orjson.OPT_INDENT_2))


main()
