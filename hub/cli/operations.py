"""`hub operations`: the trusted documents, as clients ask them."""

from hub.cli.options import Json
from hub.cli.printing import print_json
from hub.gateway.questions.trusted import TrustedDocuments
from hub.gateway.schema import build_schema
from hub.settings import Settings


def operations(*, json: Json = False) -> None:
    """List the questions that may be asked by their names.

    They are the trusted documents. A line has the name, digest, purposes and what it answers,
    apart by tabs.

    Example: hub operations
    """
    for document in TrustedDocuments.read(Settings().operations_dir, build_schema()).documents:
        purposes, digest = sorted(document.purposes), f"sha256:{document.digest}"
        if json:
            named = {"name": document.name, "digest": digest, "purposes": purposes}
            print_json(named | {"answers": document.answers})
        else:
            print(document.name, digest, ",".join(purposes), document.answers, sep="\t")
