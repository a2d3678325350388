"""Trusted documents: questions that were read before anybody asked them.

Each file of `graphql/operations` is one. Its head says for which purposes it is meant, then what it
answers. It is asked by the digest of its text or by the file's name, by whoever may state one of
its purposes; members that are limited to trusted documents ask nothing else. None is added while
the hub runs.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import strawberry

from hub.errors import Forbidden, InvalidInput, NotFound
from hub.gateway.questions.parsed import Documents, Refused
from hub.identity.types import Caller, Purpose

_PURPOSE = "# purpose: "
_BY_DIGEST = "sha256:"
_SHOWN_CHARS = 100


def digest_of(document: str) -> str:
    """Give the digest that names a document: SHA-256 of its text in UTF-8, in hexadecimal."""
    return hashlib.sha256(document.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class TrustedDocument:
    """A document, what it is called, what it is for, and in a line what it answers."""

    name: str
    text: str
    purposes: frozenset[Purpose]
    answers: str

    @property
    def digest(self) -> str:
        """What names it wherever it is asked, and in the disclosure log."""
        return digest_of(self.text)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a file, whose bytes are the document.

        Raises:
            InvalidInput: its head does not say what it is for and what it answers.
        """
        text = file.read_bytes().decode()
        stated, answers, *_ = [*text.splitlines(), "", ""]
        purposes = _purposes(stated.removeprefix(_PURPOSE).split(", "))
        if not stated.startswith(_PURPOSE) or not purposes:
            raise InvalidInput(
                f"`{file.name}` does not say what it is for: begin it with `{_PURPOSE}` and `any` "
                f"or some of {', '.join(Purpose)}"
            )
        if not answers.startswith("# "):
            raise InvalidInput(
                f"`{file.name}` does not say what it answers: do so in a comment on line 2"
            )
        return cls(file.stem, text, purposes, answers.removeprefix("# "))


def _purposes(stated: list[str]) -> frozenset[Purpose]:
    """Read purposes; give none where one of them is unknown."""
    if stated == ["any"]:
        return frozenset(Purpose)
    return frozenset(map(Purpose, stated)) if set(stated) <= set(Purpose) else frozenset()


class TrustedDocuments:
    """Finds trusted documents, and tells who may ask what."""

    def __init__(
        self, documents: Iterable[TrustedDocument] = (), limited: Iterable[str] = ()
    ) -> None:
        """Keep the documents, and the members that may ask nothing else."""
        self.documents = tuple(documents)
        self._by_name = {document.name: document for document in self.documents}
        self._by_digest = {document.digest: document for document in self.documents}
        self._limited = frozenset(limited)

    @classmethod
    def read(cls, folder: Path, schema: strawberry.Schema, limited: Iterable[str] = ()) -> Self:
        """Read all documents of a folder.

        Raises:
            InvalidInput: one can't be asked: its head or its text has a fault, which is named.
        """
        files = sorted(folder.glob("*.graphql"))
        found = cls(map(TrustedDocument.read, files), limited)
        reader = Documents(schema._schema)  # noqa: SLF001 - Strawberry's own way to graphql-core's
        for document in found.documents:
            try:
                reader.read(document.text)
            except Refused as refused:
                faults = ": ".join(str(error.message) for error in refused.errors)
                raise InvalidInput(f"`{document.name}.graphql` is no question: {faults}") from None
        return found

    def by_digest(self, digest: str) -> TrustedDocument | None:
        """Find the document with a digest."""
        return self._by_digest.get(digest)

    def by_id(self, document_id: str) -> TrustedDocument:
        """Find a document by what GraphQL over HTTP calls its identifier.

        Args:
            document_id: `sha256:` and the digest, or the file's name without its suffix.

        Raises:
            NotFound: there is none.
        """
        digest = document_id.removeprefix(_BY_DIGEST)
        known = self._by_name if digest == document_id else self._by_digest
        if (found := known.get(digest)) is None:
            raise NotFound(
                f"no trusted document is called `{document_id[:_SHOWN_CHARS]}`: ask one of "
                f"{self._listed()}",
                code="DOCUMENT_NOT_FOUND",
            )
        return found

    def check(self, caller: Caller, document: str, asked: TrustedDocument | None) -> None:
        """Check that a caller may ask a document.

        Args:
            caller: who asks.
            document: the text.
            asked: the trusted document, where it was asked as one.

        Raises:
            Forbidden: it is for another purpose; or it is not trusted, and the caller's member is
                limited to those that are.
        """
        if caller.member in self._limited:
            asked = asked or self.by_digest(digest_of(document))
            if asked is None:
                raise Forbidden(
                    f"{caller.member} may ask trusted documents only, and this is none: send "
                    f"`documentId` with one of {self._listed()}",
                    code="DOCUMENT_NOT_TRUSTED",
                )
        if asked and caller.purpose not in asked.purposes:
            meant = " or ".join(sorted(asked.purposes))
            raise Forbidden(
                f"`{asked.name}` is for {meant}, and you ask for {caller.purpose}: state its "
                "purpose, if you may",
                code="PURPOSE_MISMATCH",
            )

    def _listed(self) -> str:
        return ", ".join(f"`{name}`" for name in self._by_name)
