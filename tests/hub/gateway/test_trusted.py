"""Trusted documents: what a file must say, how one is found, and who may ask what."""

import pytest

from hub.errors import Forbidden, InvalidInput, NotFound
from hub.gateway.questions.trusted import TrustedDocuments, digest_of
from hub.gateway.schema import build_schema
from hub.identity.types import Purpose
from hub.settings import ROOT
from tests.hub.gateway.serving import caller_of

SCHEMA = build_schema()
TEXT = "# purpose: exercise, supply-mapping\n# Who asks?\nquery Who { me { client } }\n"
CALLER = caller_of("jp-mhlw", Purpose.EXERCISE)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "who.graphql").write_text(TEXT)
    (tmp_path / "notes.txt").write_text("no document")
    return tmp_path


def read(folder, *limited):
    return TrustedDocuments.read(folder, SCHEMA, limited)


def test_a_file_says_its_purposes_and_what_it_answers(folder):
    [document] = read(folder).documents
    assert (document.name, document.text, document.answers) == ("who", TEXT, "Who asks?")
    assert document.purposes == {Purpose.EXERCISE, Purpose.SUPPLY_MAPPING}
    assert document.digest == digest_of(TEXT)


def test_a_document_for_any_purpose_is_for_all(folder):
    (folder / "who.graphql").write_text(TEXT.replace("exercise, supply-mapping", "any"))
    [document] = read(folder).documents
    assert document.purposes == set(Purpose)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("# purpose: ", "# for: ", "does not say what it is for"),
        ("# purpose: ", "\n# purpose: ", "does not say what it is for"),
        ("supply-mapping", "curiosity", "does not say what it is for"),
        ("exercise", "any", "does not say what it is for"),
        ("exercise, supply-mapping", "", "does not say what it is for"),
        (TEXT, "", "does not say what it is for"),
        ("# Who asks?\n", "", "does not say what it answers"),
        ("me { client }", "me { name }", "is no question: Cannot query field 'name'"),
        ("me { client }", "me {", "is no question: Syntax Error"),
    ],
)
def test_a_file_with_a_fault_is_named_with_it(folder, old, new, fault):
    (folder / "who.graphql").write_text(TEXT.replace(old, new))
    with pytest.raises(InvalidInput) as refused:
        read(folder)
    assert refused.value.message.startswith(f"`who.graphql` {fault}")


def test_a_document_is_found_by_its_name_and_by_its_digest_and_else_the_names_are_told(folder):
    trusted = read(folder)
    [document] = trusted.documents
    assert trusted.by_id("who") is document
    assert trusted.by_id(f"sha256:{document.digest}") is document
    assert trusted.by_digest(document.digest) is document
    assert trusted.by_digest(document.digest.upper()) is None
    for unknown in (document.digest, "sha256:who", "who.graphql", "../who", ""):
        with pytest.raises(NotFound, match="ask one of `who`") as missing:
            trusted.by_id(unknown)
        assert missing.value.public_code == "DOCUMENT_NOT_FOUND"


def test_who_is_not_limited_asks_what_it_likes(folder):
    read(folder, "KR").check(CALLER, "{ me { client } }", None)


def test_who_is_limited_asks_trusted_documents_by_name_or_by_their_text(folder):
    trusted = read(folder, "JP")
    [document] = trusted.documents
    trusted.check(CALLER, TEXT, document)
    trusted.check(CALLER, TEXT, None)
    for other in ("{ me { client } }", TEXT + " ", "query Who { me { client } }"):
        with pytest.raises(Forbidden, match=r"JP may ask trusted documents only.*`who`") as refused:
            trusted.check(CALLER, other, None)
        assert refused.value.public_code == "DOCUMENT_NOT_TRUSTED"


@pytest.mark.parametrize("limited", ["JP", "KR"])
def test_a_document_is_not_answered_for_a_purpose_it_is_not_meant_for(folder, limited):
    trusted = read(folder, limited)
    [document] = trusted.documents
    caller = caller_of("jp-mhlw", Purpose.POLICY_RESEARCH)
    with pytest.raises(
        Forbidden, match="for exercise or supply-mapping, and you ask for policy-re"
    ):
        trusted.check(caller, TEXT, document)


def test_the_hub_has_ten_documents_and_each_can_be_asked():
    documents = read(ROOT / "graphql" / "operations").documents
    assert len(documents) >= 10
    assert len({document.digest for document in documents}) == len(documents)
    assert all(document.answers.endswith("?") for document in documents)


def test_the_manual_lists_each_document_as_its_file_has_it():
    manual = (ROOT / "docs" / "operations.md").read_text()
    for document in read(ROOT / "graphql" / "operations").documents:
        stated = document.text.splitlines()[0].removeprefix("# purpose: ")
        assert f"| `{document.name}` | {stated} | {document.answers} |\n" in manual
