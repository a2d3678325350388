import httpx  # noqa: TID251 - asks an in-process application, not the network
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from starlette.applications import Starlette

from hub.errors import InvalidInput
from hub.identity.own_issuer.issuer import EmbeddedIssuer
from hub.identity.own_issuer.keys import SigningKeys
from hub.identity.own_issuer.routes import issuer_routes, resource_documents
from tests.hub.identity import forge

SERVER = "/.well-known/oauth-authorization-server"
RESOURCE = "/.well-known/oauth-protected-resource"
SIGNED = ["ES256", "Ed25519", "EdDSA", "PS256"]


@pytest.fixture
def keys(tmp_path):
    SigningKeys.open(tmp_path)
    return SigningKeys(tmp_path, look_seconds=0)


def documents(issuer, audience, keys):
    own = EmbeddedIssuer(issuer, audience, keys)
    parts = dict.fromkeys(("verifier", "proofs", "trust", "pool"))
    return [
        *resource_documents(audience, [issuer], keys),
        *issuer_routes(own, None, **parts),
    ]


async def get(routes, path):
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
        return await client.get(path)


async def test_issuer_metadata_names_what_works(keys):
    answer = await get(documents(forge.ISSUER, forge.AUDIENCE, keys), SERVER)
    metadata = answer.json()
    assert metadata == {
        "issuer": forge.ISSUER,
        "jwks_uri": f"{forge.ISSUER}/.well-known/jwks.json",
        "response_types_supported": [],
        "grant_types_supported": [
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
        "dpop_signing_alg_values_supported": SIGNED,
        "token_endpoint": f"{forge.ISSUER}/oauth/token",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": SIGNED,
        "revocation_endpoint": f"{forge.ISSUER}/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": ["private_key_jwt"],
        "revocation_endpoint_auth_signing_alg_values_supported": SIGNED,
        "introspection_endpoint": f"{forge.ISSUER}/oauth/introspect",
        "introspection_endpoint_auth_methods_supported": ["private_key_jwt"],
        "introspection_endpoint_auth_signing_alg_values_supported": SIGNED,
    }
    assert answer.headers["cache-control"] == "public, max-age=600"
    # It asks for a response type, though without an authorization endpoint there is none to name.
    AuthorizationServerMetadata(metadata | {"response_types_supported": ["none"]}).validate()


async def test_resource_metadata_names_the_issuer(keys):
    answer = await get(documents(forge.ISSUER, forge.AUDIENCE, keys), RESOURCE)
    assert answer.json() == {
        "resource": forge.AUDIENCE,
        "resource_name": "Alliance data-exchange hub",
        "authorization_servers": [forge.ISSUER],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": SIGNED,
        "tls_client_certificate_bound_access_tokens": True,
        "purposes_supported": [
            "exercise",
            "policy-research",
            "quality-investigation",
            "shortage-response",
            "supply-mapping",
        ],
    }


async def test_key_set_is_public_and_follows_the_folder(keys):
    routes = documents(forge.ISSUER, forge.AUDIENCE, keys)
    before = (await get(routes, "/.well-known/jwks.json")).json()
    assert before == keys.jwks()
    assert "d" not in before["keys"][0]
    new = keys.rotate()
    after = (await get(routes, "/.well-known/jwks.json")).json()
    assert [key["kid"] for key in after["keys"]] == [new.kid, before["keys"][0]["kid"]]


async def test_path_of_the_identifier_ends_the_well_known_path(keys):
    # V11: RFC 8414 section 3.1, RFC 9728 section 3.1.
    issuer, audience = "https://example.com/issuer1", "https://resource.example.com/resource1"
    routes = documents(issuer, audience, keys)
    server = await get(routes, f"{SERVER}/issuer1")
    resource = await get(routes, f"{RESOURCE}/resource1")
    assert server.json()["issuer"] == "https://example.com/issuer1"
    assert server.json()["jwks_uri"] == "https://example.com/issuer1/.well-known/jwks.json"
    assert server.json()["token_endpoint"] == "https://example.com/issuer1/oauth/token"
    assert resource.json()["resource"] == "https://resource.example.com/resource1"


@pytest.mark.parametrize("address", ["alliance", "urn:hub", "https://a?b=c", "https://a#b", ""])
def test_identifier_that_is_no_plain_address_is_refused(keys, address):
    with pytest.raises(InvalidInput, match=r"no plain http\(s\) address"):
        documents(address, forge.AUDIENCE, keys)
    with pytest.raises(InvalidInput, match=r"no plain http\(s\) address"):
        documents(forge.ISSUER, address, keys)
