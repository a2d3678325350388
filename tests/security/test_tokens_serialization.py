"""A5: extensions, other serializations and documents that two parsers read differently."""

import base64
import json

import pytest

from tests.hub.identity import forge


@pytest.mark.parametrize(
    "additions",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"b64": True},
        {"cty": "JWT"},
        {"enc": "A256GCM"},
        {"zip": "DEF"},
        {"unknown": 1},
    ],
    ids=str,
)
async def test_a5_header_extension_is_refused_though_the_signature_holds(additions):
    text = forge.compact(forge.header(**additions), forge.claims())
    assert await forge.refusal(text) == "header: a member that is not accepted"


async def test_a5_encrypted_token_is_refused():
    head = forge.compact({"alg": "dir", "enc": "A256GCM", "typ": "at+jwt", "kid": "ec-1"}, {})
    assert await forge.refusal(f"{head.split('.')[0]}..AAAA.AAAA.AAAA") == "form: not three parts"


async def test_a5_nested_token_is_refused():
    text = forge.compact(forge.header(), forge.token().encode())
    assert (await forge.refusal(text)).startswith("form: ")


@pytest.mark.parametrize("signature", ["", "AAAA"])
async def test_a5_json_serialization_is_refused(signature):
    head, body, _ = forge.token().split(".")
    general = {"payload": body, "signatures": [{"protected": head, "signature": signature}]}
    flat = {"payload": body, "protected": head, "signature": signature}
    for document in (general, {"payload": body, "signatures": []}, flat):
        assert await forge.refusal(json.dumps(document)) == "form: not three parts"


@pytest.mark.parametrize(
    "claims",
    [
        b"[]",
        b'"text"',
        b"null",
        b"{",
        b"",
        b'{"sub":"a","sub":"b"}',
        json.dumps(forge.claims()).encode("utf-16"),
        b'{"iat":NaN}',
    ],
)
async def test_a5_claims_that_are_not_one_strict_object_are_refused(claims):
    assert (await forge.refusal(forge.compact(forge.header(), claims))).startswith("form: ")


async def test_a5_duplicate_claim_is_refused_though_the_signature_holds():
    doubled = json.dumps(forge.claims())[:-1].encode() + b', "member": "US"}'
    text = forge.compact(forge.header(), doubled)
    assert await forge.refusal(text) == "form: ValueError in header or claims"


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
async def test_a5_deep_nesting_is_refused_before_the_signature(opening):
    deep = opening * 1000
    for text in (
        forge.compact(forge.header(), b'{"iss":' + deep, lambda _: b"x"),
        forge.compact(b'{"alg":' + deep, forge.claims(), lambda _: b"x"),
    ):
        assert await forge.refusal(text) == "form: ValueError in header or claims"


@pytest.mark.parametrize(
    "mangle",
    [
        lambda text: text + "=",
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text + ".",
        lambda text: text.replace(".", "..", 1),
        lambda text: text.replace(".", "\n.", 1),
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text.split(".")[0],
        lambda text: "",
        lambda text: "..",
    ],
)
async def test_a5_mangled_token_is_refused(mangle):
    assert await forge.refusal(mangle(forge.token()))


@pytest.mark.parametrize("letter", ["é", "\ud800", "\u212a"])
async def test_a5_token_beyond_ascii_is_refused_before_parsing(letter):
    assert await forge.refusal(letter + forge.token()) == "size: too long, or not ASCII"


async def test_a5_second_spelling_of_a_signature_is_refused():
    # 64 bytes leave four unused bits in the last character; only one spelling may hold.
    head, body, signature = forge.token().split(".")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = signature[:-1] + letters[letters.index(signature[-1]) + 1]
    assert base64.urlsafe_b64decode(other + "==") == base64.urlsafe_b64decode(signature + "==")
    assert await forge.refusal(f"{head}.{body}.{other}") == "signature: bad_signature"
