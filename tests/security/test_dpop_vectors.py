"""The published vectors of RFC 9449 through our own code."""

import json

import pytest
from joserfc.jwk import import_key

from tests.hub.identity.possession import ath, check, checker, decoded, refusal, vectors

V = vectors("rfc9449")
TOKEN = V["V5"]["access_token"]


async def judged(vector, how, *, late=0, **request):
    asked = {"method": vector["method"], "url": vector["url"], "access_token": None} | request
    return await how(vector["proof"], checker(now=vector["iat"] + late), **asked)


def test_v4_thumbprint_of_the_proofs_key():
    assert import_key(V["V4"]["key"]).thumbprint() == V["V4"]["thumbprint"]


def test_v5_digest_of_an_access_token():
    assert ath(TOKEN) == V["V5"]["ath"]


@pytest.mark.parametrize("name", ["V6", "V7"])
def test_v6_v7_say_what_the_table_says(name):
    vector = V[name]
    header, claims, _ = vector["proof"].split(".")
    assert json.loads(decoded(header)) == {"typ": "dpop+jwt", "alg": "ES256", "jwk": V["V4"]["key"]}
    expected = {
        "jti": vector["jti"],
        "htm": vector["method"],
        "htu": vector["url"],
        "iat": vector["iat"],
    }
    assert json.loads(decoded(claims)) == expected | (
        {"ath": V["V5"]["ath"]} if name == "V7" else {}
    )


@pytest.mark.parametrize("late", [-10, 0, 300])
async def test_v6_proves_its_key_within_the_window(late):
    assert await judged(V["V6"], check, late=late) == V["V4"]["thumbprint"]


@pytest.mark.parametrize("late", [-11, 301])
async def test_v6_is_refused_outside_the_window(late):
    cause = await judged(V["V6"], refusal, late=late)
    assert cause == "proof: `iat` too old, or in the future"


async def test_v7_proves_its_key_with_its_token():
    assert await judged(V["V7"], check, access_token=TOKEN) == V["V4"]["thumbprint"]


@pytest.mark.parametrize("place", range(len(TOKEN)))
async def test_v7_is_refused_with_any_byte_of_the_token_changed(place):
    changed = TOKEN[:place] + chr(ord(TOKEN[place]) ^ 1) + TOKEN[place + 1 :]
    cause = await judged(V["V7"], refusal, access_token=changed)
    assert cause == "proof: `ath` is missing, or of another token"


async def test_v7_is_refused_with_another_method():
    cause = await judged(V["V7"], refusal, access_token=TOKEN, method="POST")
    assert cause == "proof: `htm` is another method"
