"""urql's persisted exchange asks trusted documents by their digests, and others by their text."""

from hub.gateway.questions.trusted import digest_of
from hub.settings import ROOT

FRESHNESS = (ROOT / "graphql" / "operations" / "freshness.graphql").read_text()


async def test_a_trusted_document_is_answered_though_its_text_is_never_sent(peer, token: str):
    digest = digest_of(FRESHNESS)
    seen = await peer("persisted_query.mjs", token=token, question=FRESHNESS, digest=digest)
    assert len(seen["data"]["members"]) == 5
    assert seen["sent"] == [{"method": "GET", "hasText": False}]


async def test_another_document_is_answered_once_its_text_was_sent(peer, token: str):
    seen = await peer("persisted_query.mjs", token=token, question="query Me { me { client } }")
    assert seen["data"]["me"]["client"] == "us-fda"
    assert [each["hasText"] for each in seen["sent"]] == [False, True]
