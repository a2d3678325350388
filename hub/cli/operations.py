"""`hub operations`: the trusted documents, as clients ask them."""

from typing import Any

from hub.cli.options import Json, settings_for
from hub.cli.printing import print_json, print_lines
from hub.gateway.questions.trusted import TrustedDocument, TrustedDocuments
from hub.gateway.schema import build_schema


def operations(*, json: Json = False) -> None:
    """List the questions that may be asked by their names.

    They are the trusted documents. A line has the name, digest, purposes and what it answers,
    apart by tabs.

    Example: hub operations
    """
    folder = settings_for(None).operations_dir
    found = TrustedDocuments.read(folder, build_schema()).documents
    if json:
        print_json(*map(_document, found))
        return
    print_lines(map(_line, found), none=f"there is no trusted document in `{folder}`")


def _document(found: TrustedDocument) -> dict[str, Any]:
    return {
        "name": found.name,
        "digest": f"sha256:{found.digest}",
        "purposes": sorted(found.purposes),
        "answers": found.answers,
    }


def _line(found: TrustedDocument) -> str:
    purposes = ",".join(sorted(found.purposes))
    return "\t".join((found.name, f"sha256:{found.digest}", purposes, found.answers))
