"""graphql-http, the reference of GraphQL over HTTP, audits a gateway that serves a demo."""

AUDITS = 61
"""How many there are in the version that `package.json` names."""


async def test_every_audit_of_graphql_http_is_passed(peer, token: str):
    results = await peer("graphql_http.mjs", token=token)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len({result["id"] for result in results}) == AUDITS
