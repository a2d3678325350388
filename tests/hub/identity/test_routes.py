import httpx  # noqa: TID251 - asks an in-process application, not the network
import pytest
from starlette.applications import Starlette

from hub.errors import InvalidInput
from hub.identity.issuer import EmbeddedIssuer
from hub.identity.keys import SigningKeys
from hub.identity.routes import identity_routes
from tests.hub.identity import forge


@pytest.fixture
def keys(tmp_path):
    return SigningKeys.open(tmp_path)


async def get(issuer, path):
    transport = httpx.ASGITransport(Starlette(routes=identity_routes(issuer, issuer.keys)))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
        return await client.get(path)


async def test_issuer_metadata_names_what_works_and_no_token_endpoint(keys):
    issuer = EmbeddedIssuer(forge.ISSUER, forge.AUDIENCE, keys)
    answer = await get(issuer, "/.well-known/oauth-authorization-server")
    assert answer.json() == {
        "issuer": forge.ISSUER,
        "jwks_uri": f"{forge.ISSUER}/.well-known/jwks.json",
        "response_types_supported": [],
        "grant_types_supported": [],
    }
    assert answer.headers["cache-control"] == "public, max-age=600"


async def test_resource_metadata_names_the_issuer(keys):
    issuer = EmbeddedIssuer(forge.ISSUER, forge.AUDIENCE, keys)
    answer = await get(issuer, "/.well-known/oauth-protected-resource")
    assert answer.json() == {
        "resource": forge.AUDIENCE,
        "authorization_servers": [forge.ISSUER],
        "bearer_methods_supported": ["header"],
    }


async def test_key_set_is_public_and_complete(keys):
    issuer = EmbeddedIssuer(forge.ISSUER, forge.AUDIENCE, keys)
    answer = await get(issuer, "/.well-known/jwks.json")
    assert answer.json() == keys.jwks()
    assert "d" not in answer.json()["keys"][0]


async def test_path_of_the_identifier_ends_the_well_known_path(keys):
    # RFC 8414 section 3.1, RFC 9728 section 3.1
    issuer = EmbeddedIssuer(
        "https://example.com/issuer1", "https://resource.example.com/resource1", keys
    )
    server = await get(issuer, "/.well-known/oauth-authorization-server/issuer1")
    resource = await get(issuer, "/.well-known/oauth-protected-resource/resource1")
    assert server.json()["issuer"] == "https://example.com/issuer1"
    assert server.json()["jwks_uri"] == "https://example.com/.well-known/jwks.json"
    assert resource.json()["resource"] == "https://resource.example.com/resource1"


@pytest.mark.parametrize("address", ["alliance", "urn:hub", "https://a?b=c", "https://a#b", ""])
def test_identifier_that_is_no_plain_address_is_refused(keys, address):
    with pytest.raises(InvalidInput, match=r"no plain http\(s\) address"):
        identity_routes(EmbeddedIssuer(address, forge.AUDIENCE, keys), keys)
    with pytest.raises(InvalidInput, match=r"no plain http\(s\) address"):
        identity_routes(EmbeddedIssuer(forge.ISSUER, address, keys), keys)
