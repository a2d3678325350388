"""`hub operations`: the trusted documents, as clients ask them."""

from hub.gateway.questions.trusted import TrustedDocuments
from hub.gateway.schema import build_schema
from hub.settings import Settings


def operations() -> None:
    """List the trusted documents: name, digest, purposes, and what each answers."""
    for document in TrustedDocuments.read(Settings().operations_dir, build_schema()).documents:
        purposes = ",".join(sorted(document.purposes))
        print(document.name, f"sha256:{document.digest}", purposes, document.answers, sep="\t")
