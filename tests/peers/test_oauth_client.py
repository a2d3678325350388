"""oauth4webapi, the reference client library, finds the hub's documents and judges its tokens."""

import string

from hub.demo.run import Demo

# RFC 4648 section 5
BASE64URL = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def changed(token: str, place: int) -> str:
    """Change the one character at a place of a token to the next of its alphabet."""
    old = token[place]
    new = "A" if old == "." else BASE64URL[(BASE64URL.index(old) + 1) % len(BASE64URL)]
    return token[:place] + new + token[place + 1 :]


async def test_the_resource_leads_to_its_issuer(demo: Demo, peer):
    seen = await peer("oauth_client.mjs", tokens=[])
    assert seen["resource"]["resource"] == demo.url
    assert seen["resource"]["bearer_methods_supported"] == ["header"]
    assert seen["server"]["issuer"] == demo.url
    assert seen["server"]["jwks_uri"].startswith(demo.url)


async def test_a_token_is_a_valid_jwt_access_token(demo: Demo, peer, token: str):
    [claims] = (await peer("oauth_client.mjs", tokens=[token]))["judged"]
    assert (claims["iss"], claims["aud"]) == (demo.url, demo.url)
    assert claims["client_id"] == claims["sub"] == "us-fda"
    assert (claims["member"], claims["purpose"]) == ("US", "shortage-response")


async def test_a_token_with_any_byte_changed_is_refused(peer, token: str):
    # The last byte holds four bits that no signature uses, and the library lets those pass.
    tokens = [changed(token, place) for place in range(len(token) - 1)]
    judged = (await peer("oauth_client.mjs", tokens=tokens))["judged"]
    assert len(judged) == len(tokens)
    accepted = [place for place, verdict in enumerate(judged) if "refused" not in verdict]
    assert accepted == []
