"""A client gets its tokens with its key, and renews them; what can't work is said before."""

import psycopg
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from hub.identity.keys.public_keys import read_public_keys
from hub.identity.own_issuer import clients
from hub.identity.own_issuer.clients import RegisteredClient
from hub.identity.types import Client, Purpose, Role
from hub_client.errors import Misconfigured, NotAdmitted
from hub_client.hub import Hub
from hub_client.sync import synchronise
from hub_client.targets import target_of
from hub_client.tokens import KeyedClient, make_key, read_key, tokens_of

KEYS = {
    "ec": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
}


@pytest.fixture
async def agency(hub, tmp_path, request):
    """A registered client: its id, and the file of its key."""
    key = KEYS[request.param]()
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = tmp_path / "key.pem"
    file.write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    public = key.public_key().public_bytes(
        encoding, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    name = f"agency-{request.param}"
    client = Client(
        name, "KR", "An agency", frozenset({Role.AGENCY}), frozenset({Purpose.SHORTAGE_RESPONSE})
    )
    async with await psycopg.AsyncConnection.connect(hub.database) as connection:
        registered = RegisteredClient(client, keys=read_public_keys(public.decode()))
        await clients.add(connection, registered, "a test")
    return name, file


@pytest.mark.parametrize("agency", KEYS, indirect=True)
def test_a_key_is_enough_to_sync(hub, agency, folder_target):
    tokens = tokens_of(*agency, None, "shortage-response")
    with Hub(hub.address, tokens) as client:
        assert synchronise(client, target_of(folder_target), ["SupplyNotice"]).rows


@pytest.mark.parametrize("agency", ["ec"], indirect=True)
def test_a_token_is_renewed_once_it_ends(hub, agency):
    tokens = KeyedClient.of(*agency, "shortage-response")
    with Hub(hub.address, tokens) as client:
        first = tokens.current(client.http)
        assert tokens.current(client.http) == first
        tokens._token = "no longer good"
        assert client.query("{ me { client } }", {})["me"]["client"] == agency[0]
        assert tokens.current(client.http) != first


@pytest.mark.parametrize("agency", ["ec"], indirect=True)
def test_another_key_is_not_admitted(hub, agency, folder_target):
    name, file = agency
    other = KEYS["ec"]().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(other)
    with Hub(hub.address, tokens_of(name, file, None, None)) as client, pytest.raises(NotAdmitted):
        synchronise(client, target_of(folder_target), ["SupplyNotice"])


@pytest.mark.parametrize(
    ("client", "key", "token"), [(None, None, None), ("agency", None, None), (None, "key", None)]
)
def test_half_of_what_it_takes_is_refused(tmp_path, monkeypatch, client, key, token):
    monkeypatch.delenv("HUB_CLIENT_TOKEN", raising=False)
    with pytest.raises(Misconfigured, match="--client"):
        tokens_of(client, key and tmp_path / key, token, None)


@pytest.mark.parametrize("text", ["", "no key", "{}", '{"kty": "oct", "k": "AAAA"}'])
def test_a_file_without_a_key_is_refused(tmp_path, text):
    file = tmp_path / "key"
    file.write_text(text)
    with pytest.raises(Misconfigured, match="private key"):
        KeyedClient.of("agency", file, None)


def test_a_made_key_is_private_to_its_owner_and_its_public_half_can_be_registered(tmp_path):
    private, public = make_key(tmp_path / "us-copy")
    assert (private.name, public.name) == ("us-copy.pem", "us-copy.pub.pem")
    assert private.stat().st_mode & 0o777 == 0o600
    [registered] = read_public_keys(public.read_text())["keys"]
    assert registered["kid"] == read_key(private.read_text()).thumbprint()


def test_a_key_is_never_made_in_place_of_another(tmp_path):
    private, _ = make_key(tmp_path / "us-copy")
    before = private.read_bytes()
    with pytest.raises(Misconfigured, match="is there already: give another name"):
        make_key(tmp_path / "us-copy")
    assert private.read_bytes() == before
