"""A question is read from a body or from an address, and a document that is named from the hub."""

import json
from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from hub.errors import InvalidInput, TooLarge, UnsupportedMedia
from hub.gateway.limits import BODY_BYTES
from hub.gateway.questions.parsed import Refused
from hub.gateway.questions.question import question_of, read_question
from hub.gateway.questions.trusted import TrustedDocument, TrustedDocuments, digest_of
from hub.identity.types import Purpose

TEXT = "query Who($a: Int) { me { client } }"
KNOWN = TrustedDocument("who", TEXT, frozenset(Purpose), "Who asks?")
TRUSTED = TrustedDocuments([KNOWN])
OTHER = "{ me { member } }"


def persisted(digest, version=1):
    return {"persistedQuery": {"version": version, "sha256Hash": digest}}


def read(**found):
    return read_question(found, json.dumps(found).encode(), TRUSTED)


def request(method="GET", query=b"", body=b"", **headers):
    async def receive():
        return {"type": "http.request", "body": body}

    given = {"graphql-preflight": "1"} | headers
    scope = {
        "type": "http",
        "method": method,
        "query_string": query,
        "headers": [
            (name.replace("_", "-").encode(), value.encode()) for name, value in given.items()
        ],
    }
    return Request(scope, receive)


def by_get(**parameters):
    return question_of(request(query=urlencode(parameters).encode()), TRUSTED)


async def test_the_same_is_read_from_a_body_and_from_an_address():
    extensions = {"some": "value"}
    found = {"query": TEXT, "operationName": "Who", "variables": {"a": 1}, "extensions": extensions}
    body = json.dumps(found).encode()
    posted = await question_of(request("POST", body=body, content_type="application/json"), TRUSTED)
    got = await by_get(**found | {"variables": '{"a": 1}', "extensions": json.dumps(extensions)})
    for question in (posted, got):
        assert (question.document, question.operation) == (TEXT, "Who")
        assert question.variables == {"a": 1}
    assert (posted.only_reads, got.only_reads) == (False, True)
    assert posted.body != got.body


async def test_an_empty_parameter_of_an_address_stands_for_none():
    question = await by_get(
        query=TEXT, operationName="", variables="", extensions="", documentId=""
    )
    assert (question.operation, question.variables, question.trusted) == (None, None, None)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (b"", "send one JSON object with the document"),
        (b"query=", "send one JSON object with the document"),
        (b"query={a}&query={b}", "`query` is there 2 times"),
        (b"query={a}&variables={}&variables={}", "`variables` is there 2 times"),
        (b"query={a}&variables={", "`variables` is not JSON"),
        (b"query={a}&variables=[]", "send `variables` as an object"),
        (b"query={a}&extensions=1", "send `extensions` as an object"),
    ],
)
async def test_an_address_that_is_no_question_is_refused(query, message):
    with pytest.raises(InvalidInput, match=message):
        await question_of(request(query=query), TRUSTED)


async def test_an_address_has_the_limit_of_a_body():
    with pytest.raises(TooLarge, match=f"{BODY_BYTES.most + 1} bytes, {BODY_BYTES.most} at most"):
        await question_of(request(query=b"x" * (BODY_BYTES.most + 1)), TRUSTED)


async def test_a_body_that_says_it_is_too_large_is_not_read():
    http = request("POST", content_type="application/json", content_length="999999")
    with pytest.raises(TooLarge, match=f"999999 bytes, {BODY_BYTES.most} at most"):
        await question_of(http, TRUSTED)


@pytest.mark.parametrize("kind", ["application/json; charset=latin-1", "application/graphql", ""])
async def test_a_body_that_is_not_json_in_utf_8_is_not_read(kind):
    with pytest.raises(UnsupportedMedia, match="send"):
        await question_of(request("POST", body=b"{}", content_type=kind), TRUSTED)


@pytest.mark.parametrize(
    "found",
    [
        {"documentId": "who"},
        {"documentId": f"sha256:{KNOWN.digest}"},
        {"extensions": persisted(KNOWN.digest)},
        {"query": None, "extensions": persisted(KNOWN.digest)},
        {"query": TEXT, "extensions": persisted(KNOWN.digest)},
    ],
)
def test_a_trusted_document_is_asked_by_its_name_or_its_digest(found):
    question = read(**found)
    assert (question.document, question.trusted) == (TEXT, KNOWN)


def test_a_text_that_is_sent_alone_is_not_asked_as_a_trusted_document():
    assert read(query=TEXT).trusted is None


def test_a_digest_that_is_not_known_asks_for_the_text_in_the_words_clients_know():
    with pytest.raises(Refused) as refused:
        read(extensions=persisted(digest_of(OTHER)))
    [error] = refused.value.errors
    assert error.message == "PersistedQueryNotFound"
    assert error.extensions == {"code": "PERSISTED_QUERY_NOT_FOUND"}


def test_a_text_beside_its_digest_is_read_and_not_kept():
    question = read(query=OTHER, extensions=persisted(digest_of(OTHER)))
    assert (question.document, question.trusted) == (OTHER, None)
    with pytest.raises(Refused):
        read(extensions=persisted(digest_of(OTHER)))


def test_a_text_beside_the_digest_of_another_is_refused():
    with pytest.raises(InvalidInput, match=digest_of(OTHER)) as refused:
        read(query=OTHER, extensions=persisted(KNOWN.digest))
    assert refused.value.public_code == "PERSISTED_QUERY_MISMATCH"


@pytest.mark.parametrize(
    "found",
    [
        {"query": TEXT, "documentId": "who"},
        {"documentId": "who", "extensions": persisted(KNOWN.digest)},
        {"documentId": 1},
        {"extensions": persisted(KNOWN.digest, version=2)},
        {"extensions": persisted(1)},
        {"extensions": {"persistedQuery": KNOWN.digest}},
        {"query": TEXT, "extensions": {"persistedQuery": {}}},
        {"extensions": {}},
    ],
)
def test_a_question_that_could_be_read_in_two_ways_or_in_none_is_refused(found):
    with pytest.raises(InvalidInput, match="send"):
        read(**found)
