"""The French register of medicines into PostgreSQL by `dlt`, as its performance pages advise.

Run by the interpreter that has `dlt.txt` installed: `dlt_load.py URL DATABASE FOLDER`. Pages of
rows and not single ones, normalised in as many processes as there are cores, files rotated so that
they all have work, copied in as CSV, merged by `upsert`, which of its merges does least.
"""

import csv
import io
import os
import sys
import time
import urllib.request
from collections.abc import Iterator
from itertools import islice

import dlt

COLUMNS = [
    *("code_cis", "name", "form", "routes", "status", "procedure", "marketing", "authorised_on"),
    *("warning", "european_number", "holder", "surveillance"),
]
PAGE_ROWS = 10_000
SETTINGS = {
    "EXTRACT__DATA_WRITER__BUFFER_MAX_ITEMS": "10000",
    "EXTRACT__DATA_WRITER__FILE_MAX_ITEMS": "100000",
    "NORMALIZE__DATA_WRITER__BUFFER_MAX_ITEMS": "10000",
    "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
    "NORMALIZE__WORKERS": str(os.cpu_count()),
    "LOAD__WORKERS": "20",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
}


@dlt.resource(
    name="product",
    primary_key="code_cis",
    write_disposition={"disposition": "merge", "strategy": "upsert"},
    columns={name: {"data_type": "text"} for name in COLUMNS},
    file_format="csv",
)
def products(url: str) -> Iterator[list[dict[str, str]]]:
    with urllib.request.urlopen(url) as answer:
        text = io.TextIOWrapper(answer, encoding="cp1252", newline="")
        rows = csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
        while page := [dict(zip(COLUMNS, row, strict=True)) for row in islice(rows, PAGE_ROWS)]:
            yield page


def main(url: str, database: str, folder: str) -> None:
    os.environ.update(SETTINGS)
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=folder,
        destination=dlt.destinations.postgres(database),
        dataset_name="peer",
    )
    started = time.perf_counter()
    pipeline.run(products(url)).raise_on_failed_jobs()
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main(*sys.argv[1:])
