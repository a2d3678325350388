"""What Authlib does that our verifier, issuer and key cache answer to (surprises S1 to S9, S19).

Each surprise stands beside the proof that our own code does otherwise. A failure of the first kind
after an update of the library is news, not necessarily a fault: read it, then decide whether the
check of ours may change.
"""

import time
from types import SimpleNamespace

import pytest
from authlib.integrations.base_client.async_openid import AsyncOpenIDMixin
from authlib.oauth2 import ResourceProtector
from authlib.oauth2.rfc6750.errors import InvalidTokenError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, import_key

from hub.errors import InvalidInput
from tests.hub.identity import forge

OTHER_SERVER = "https://other-server.example"


class Validator(JWTBearerTokenValidator):
    """Authlib's own, with the key that signs what is forged here."""

    def __init__(self, issuer=forge.ISSUER):
        super().__init__(issuer, forge.AUDIENCE)

    def get_jwks(self):
        return KeySet([import_key(forge.ec_key().jwk())])


def token(header=None, **changes):
    """A token that is honest now, by the clock that Authlib can't be given."""
    now = int(time.time())
    claims = forge.claims(iat=now, nbf=now, exp=now + 600) | changes
    return forge.compact(header or forge.header(), claims)


def authlib_accepts(text, scopes=None, **required):
    protector = ResourceProtector()
    protector.register_token_validator(Validator())
    request = SimpleNamespace(headers={"Authorization": f"Bearer {text}"})
    return protector.validate_request(scopes, request, **required)["sub"] == "kr-mfds"


def test_s1_authlib_accepts_a_token_without_a_type():
    assert authlib_accepts(token(forge.header(typ=forge.ABSENT)))


async def test_s1_ours_refuses_a_token_without_a_type():
    text = forge.compact(forge.header(typ=forge.ABSENT), forge.claims())
    assert await forge.refusal(text) == "header: `typ` is not of an access token"


def test_s2_authlib_accepts_a_key_bound_token_as_a_bearer_token():
    assert authlib_accepts(token(cnf={"jkt": "x" * 43}))


@pytest.mark.parametrize("bound", [{"jkt": "x" * 43}, {"x5t#S256": "x" * 43}, {}, None, "x"])
async def test_s2_ours_refuses_a_key_bound_token_as_a_bearer_token(bound):
    assert (await forge.refusal(forge.token(cnf=bound))).startswith("cnf: ")


def test_s3_authlib_silently_ignores_a_second_issuer():
    protector = ResourceProtector()
    for issuer in ("https://first.example", forge.ISSUER):
        protector.register_token_validator(Validator(issuer))
    request = SimpleNamespace(headers={"Authorization": f"Bearer {token()}"})
    with pytest.raises(InvalidTokenError):
        protector.validate_request(None, request)


async def test_s3_ours_takes_tokens_of_every_issuer_and_refuses_one_named_twice():
    other = forge.trusted(forge.ed_key(), issuer=OTHER_SERVER)
    verifier = forge.verifier(forge.trusted(), other)
    for text in (
        forge.token(),
        forge.compact(
            forge.header(alg="Ed25519", kid="ed-1"), forge.claims(iss=OTHER_SERVER), forge.ed_key()
        ),
    ):
        assert (await forge.verified(text, verifier)).client == "kr-mfds"
    with pytest.raises(InvalidInput, match="registered twice"):
        forge.verifier(other, other)


def test_s4_authlib_refuses_a_clock_five_seconds_ahead():
    now = int(time.time())
    claims = Validator().authenticate_token(token(iat=now + 5))
    with pytest.raises(JoseError):
        claims.validate(now=now)
    claims.validate(now=now, leeway=5)


async def test_s4_ours_accepts_a_clock_ten_seconds_ahead_and_no_more():
    assert (await forge.verified(forge.token(iat=forge.NOW + 10))).client == "kr-mfds"
    assert await forge.refusal(forge.token(iat=forge.NOW + 11)) == "iat or nbf: in the future"


def test_s5_authlib_breaks_on_a_scope_that_is_a_number():
    with pytest.raises(AttributeError):
        authlib_accepts(token(scope=5), scopes=["read"])


def test_s6_authlib_accepts_a_client_that_is_a_number():
    assert authlib_accepts(token(client_id=5))


@pytest.mark.parametrize("value", [5, True, None, ["kr-mfds"], {"a": "b"}, ""])
@pytest.mark.parametrize("name", ["client_id", "sub", "jti", "organisation"])
async def test_s5_s6_ours_takes_texts_only(name, value):
    assert (await forge.refusal(forge.token(**{name: value}))).startswith(f"{name}: ")


def test_s7_authlib_takes_one_role_where_two_are_required():
    assert authlib_accepts(token(roles=["x"]), roles=["x", "y"])


class Assertions(JWTBearerClientAssertion):
    def get_audiences(self):
        return [forge.AUDIENCE]

    def validate_jti(self, claims, jti):
        return True

    def resolve_client_public_key(self, client):
        return import_key(forge.ec_key().jwk())


def authlib_takes_assertion(text):
    """Authenticate a client by an assertion."""
    client = SimpleNamespace(check_endpoint_auth_method=lambda *_: True)
    form = {"client_assertion_type": Assertions.CLIENT_ASSERTION_TYPE, "client_assertion": text}
    return Assertions()(lambda _: client, SimpleNamespace(form=form)) is client


def assertion(header=None, **changes):
    now = int(time.time())
    claims = {"iss": "c", "sub": "c", "aud": forge.AUDIENCE, "jti": "1", "exp": now + 60}
    return forge.compact(header or {"alg": "ES256"}, claims | changes)


def test_s8_authlib_parses_an_unsigned_assertion_until_it_breaks():
    deep = b'{"sub":' + b"[" * 20_000
    with pytest.raises(RecursionError):
        authlib_takes_assertion(forge.compact({"alg": "ES256"}, deep, lambda _: b"x"))


@pytest.mark.parametrize(
    ("header", "changes"),
    [
        (None, {"exp": int(time.time()) + 10 * 365 * 86400}),
        (None, {"aud": [OTHER_SERVER, forge.AUDIENCE]}),
        ({"alg": "ES256", "typ": "at+jwt"}, {}),
    ],
    ids=["ten years", "another server's too", "an access token"],
)
def test_s9_authlib_takes_assertions_of_any_life_type_and_list_of_audiences(header, changes):
    assert authlib_takes_assertion(assertion(header, **changes))


class Provider(AsyncOpenIDMixin):
    """Authlib's sign-in client with a provider that counts."""

    client_id = "hub"
    fetched = 0

    def __init__(self):
        self.server_metadata = {
            "issuer": forge.ISSUER,
            "jwks_uri": "https://issuer.example/jwks",
            "id_token_signing_alg_values_supported": ["ES256"],
        }

    async def load_server_metadata(self):
        return self.server_metadata

    def _get_session(self):
        return self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        return None

    async def request(self, *_, **__):
        self.fetched += 1
        jwks = {"keys": [forge.ec_key().jwk(), forge.ed_key().jwk()]}
        return SimpleNamespace(raise_for_status=lambda: None, json=lambda: jwks)


async def test_s19_authlib_fetches_keys_anew_for_every_unknown_kid():
    provider = Provider()
    stranger = {"id_token": token(forge.header(kid="unknown"))}
    for _ in range(5):
        with pytest.raises(InvalidKeyIdError):
            await provider.parse_id_token(stranger, nonce="n")
    assert provider.fetched == 6
