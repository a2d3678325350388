"""Signatures are those of Standard Webhooks, and secrets are kept sealed."""

import base64

import pytest

from hub.errors import Unavailable
from hub.webhooks.signing import Sealer, new_secret, shown_secret, signed_headers


def test_signature_is_that_of_the_published_example():
    # Source: standard-webhooks/standard-webhooks, the reference libraries' shared example.
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed_headers(
        secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_secret_is_shown_as_the_specification_writes_it():
    secret = new_secret()
    shown = shown_secret(secret)
    assert shown.startswith("whsec_")
    assert base64.b64decode(shown.removeprefix("whsec_"), validate=True) == secret
    assert 24 <= len(secret) <= 64
    assert new_secret() != secret


def test_sealed_secret_is_opened_by_the_same_key_for_the_same_webhook_alone():
    secret, sealer = new_secret(), Sealer("one")
    sealed = sealer.seal(secret, "wh_1")
    assert secret not in sealed
    assert sealer.seal(secret, "wh_1") != sealed
    assert Sealer("one").opened(sealed, "wh_1") == secret
    assert Sealer("one").key_id == sealer.key_id != Sealer("two").key_id
    for other, webhook in ((sealer, "wh_2"), (Sealer("two"), "wh_1")):
        with pytest.raises(Unavailable, match="can't be opened here"):
            other.opened(sealed, webhook)
    with pytest.raises(Unavailable):
        sealer.opened(bytes([sealed[0] ^ 1]) + sealed[1:], "wh_1")
