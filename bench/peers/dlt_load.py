"""The French register of medicines into PostgreSQL by `dlt`, as its performance pages advise.

Run by the interpreter that has `dlt.txt` installed: `dlt_load.py JOB URL DATABASE FOLDER`. Pages of
rows and not single ones, normalised in as many processes as there are cores, files rotated so that
they all have work, copied in as CSV. There are two jobs:

- `records`: what a pull of the hub comes to. Rows are mapped to products of the shared schema, with
  terms, dates and lists, and merged by `scd2`, which keeps the versions of each. Left out for dlt's
  good: companies, quarantine, the gate, and what tells from which native row a record comes.
- `text`: the columns as they are, merged by `upsert`, which of dlt's merges does least.
"""

import csv
import io
import os
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from typing import Any

import dlt

COLUMNS = [
    *("code_cis", "name", "form", "routes", "status", "procedure", "marketing", "authorised_on"),
    *("warning", "european_number", "holder", "surveillance"),
]
STATUS = {
    "Autorisation active": "AUTHORISED",
    "Autorisation abrogée": "WITHDRAWN",
    "Autorisation retirée": "REVOKED",
    "Autorisation archivée": "EXPIRED",
    "Autorisation suspendue": "SUSPENDED",
}
MARKETING = {"Commercialisée": "MARKETED", "Non commercialisée": "NOT_MARKETED"}
FORM = {
    "comprimé": "TABLET",
    "gélule": "CAPSULE",
    "solution": "SOLUTION",
    "poudre": "POWDER",
    "collyre": "SOLUTION",
    "crème": "CREAM",
    "pommade": "OINTMENT",
    "suppositoire": "SUPPOSITORY",
}
ROUTE = {
    "orale": "ORAL",
    "intraveineuse": "INTRAVENOUS",
    "sous-cutanée": "SUBCUTANEOUS",
    "intramusculaire": "INTRAMUSCULAR",
    "cutanée": "CUTANEOUS",
    "sublinguale": "SUBLINGUAL",
    "ophtalmique": "OPHTHALMIC",
    "inhalée": "INHALATION",
    "rectale": "RECTAL",
}
COUNTRY = {"ALLEMAGNE": "DE", "ESPAGNE": "ES", "PAYS-BAS": "NL", "SLOVENIE": "SI"}
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

Row = dict[str, Any]
Mapped = Callable[[dict[str, str]], Row]


def product(row: dict[str, str]) -> Row:
    """Map a native row to a product."""
    form, routes = row["form"].strip(), [each.strip() for each in row["routes"].split(";")]
    holder, _, country = row["holder"].strip().removesuffix(")").partition(" (")
    day, month, year = map(int, row["authorised_on"].split("/"))
    surveillance = f"surveillance renforcée : {row['surveillance']}"
    return {
        "key": f"EU:cis:{row['code_cis']}",
        "origin": "EU",
        "national_id": row["code_cis"],
        "national_id_scheme": "cis",
        "name": row["name"].strip(),
        "species": "HUMAN",
        "holder_key": f"EU:company:{holder}:{COUNTRY.get(country, 'FR')}",
        "authorisation_number": row["european_number"].strip() or None,
        "authorisation_status": STATUS.get(row["status"], "UNKNOWN"),
        "native_authorisation_status": row["status"],
        "authorised_on": date(year, month, day),
        "procedure_text": row["procedure"],
        "dose_form_text": form,
        "dose_form": FORM.get(form.partition(" ")[0]),
        "route_texts": routes,
        "routes": [ROUTE[each] for each in routes if each in ROUTE],
        "marketing_status": MARKETING.get(row["marketing"], "UNKNOWN"),
        "surveillance_text": "; ".join(filter(None, (row["warning"], surveillance))),
    }


def pages(url: str, mapped: Mapped) -> Iterator[list[Row]]:
    """Read the register page by page."""
    with urllib.request.urlopen(url) as answer:
        text = io.TextIOWrapper(answer, encoding="cp1252", newline="")
        rows = csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
        while page := [
            mapped(dict(zip(COLUMNS, row, strict=True))) for row in islice(rows, PAGE_ROWS)
        ]:
            yield page


@dlt.resource(
    name="product",
    write_disposition={"disposition": "merge", "strategy": "scd2"},
    max_table_nesting=0,
    file_format="csv",
)
def records(url: str) -> Iterator[list[Row]]:
    """Give products; lists stay within their row, as the hub has them."""
    yield from pages(url, product)


@dlt.resource(
    name="product",
    primary_key="code_cis",
    write_disposition={"disposition": "merge", "strategy": "upsert"},
    columns={name: {"data_type": "text"} for name in COLUMNS},
    file_format="csv",
)
def text(url: str) -> Iterator[list[Row]]:
    """Give the native columns."""
    yield from pages(url, dict)


def main(job: str, url: str, database: str, folder: str) -> None:
    os.environ.update(SETTINGS)
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=folder,
        destination=dlt.destinations.postgres(database),
        dataset_name="peer",
    )
    started = time.perf_counter()
    pipeline.run({"records": records, "text": text}[job](url)).raise_on_failed_jobs()
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main(*sys.argv[1:])
