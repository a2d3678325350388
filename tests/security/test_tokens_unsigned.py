"""A1: tokens that no key signed."""

import pytest

from tests.hub.identity import forge


@pytest.mark.parametrize("algorithm", ["none", "nOnE", "None", "NONE", "", "none "])
@pytest.mark.parametrize("signature", [b"", b"x"])
async def test_a1_algorithm_none_is_refused(algorithm, signature):
    text = forge.compact(forge.header(alg=algorithm), forge.claims(), lambda _: signature)
    cause = await forge.refusal(text)
    expected = "header: `alg` not allowed" if signature else "form: not three parts"
    assert cause == expected


async def test_a1_empty_signature_is_refused():
    text = forge.compact(forge.header(), forge.claims(), lambda _: b"")
    assert await forge.refusal(text) == "form: not three parts"


@pytest.mark.parametrize("signature", [b"\0", b"\0" * 64, b"\0" * 63, b"\0" * 1024])
async def test_a1_signature_of_zeros_is_refused(signature):
    # The zero signature verified in a well-known runtime (CVE-2022-21449).
    text = forge.compact(forge.header(), forge.claims(), lambda _: signature)
    assert (await forge.refusal(text)).startswith(("signature: ", "unexpected: "))


@pytest.mark.parametrize("algorithm", [forge.ABSENT, None, 5, ["ES256"], {"ES256": 1}])
async def test_a1_missing_algorithm_is_refused(algorithm):
    text = forge.compact(forge.header(alg=algorithm), forge.claims())
    assert await forge.refusal(text) == "header: `alg` or `kid` is missing"


async def test_a1_changed_claims_are_refused():
    head, _, signature = forge.token().split(".")
    _, body, _ = forge.token(member="US").split(".")
    assert await forge.refusal(f"{head}.{body}.{signature}") == "signature: bad_signature"


async def test_a1_changed_header_is_refused():
    _, body, signature = forge.token().split(".")
    head = forge.compact(forge.header(typ="application/at+jwt"), {}).split(".")[0]
    assert await forge.refusal(f"{head}.{body}.{signature}") == "signature: bad_signature"
