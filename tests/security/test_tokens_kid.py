"""A3: `kid` as a path, a query, an address or a lump. Look-up is a dictionary hit."""

import pytest

from hub.errors import InvalidInput
from tests.hub.identity import forge


@pytest.mark.parametrize(
    "kid",
    [
        "",
        " ec-1",
        "EC-1",
        "../../dev/null",
        "/dev/null",
        "ec-1' OR '1'='1",
        "ec-1\x00",
        "https://evil.example/key",
        "file:///etc/passwd",
        "$(id)",
        "%65c-1",
        "x" * 5000,
    ],
)
async def test_a3_kid_that_is_not_in_the_dictionary_is_refused(kid):
    text = forge.compact(forge.header(kid=kid), forge.claims())
    assert await forge.refusal(text) == "header: `kid` not known"


async def test_a3_kid_of_10_kb_is_refused_before_parsing():
    text = forge.compact(forge.header(kid="x" * 10_000), forge.claims())
    assert await forge.refusal(text) == "size: too long, or not ASCII"


@pytest.mark.parametrize("kid", [forge.ABSENT, None, 5, True, ["ec-1"], {"ec-1": 1}])
async def test_a3_missing_kid_is_refused_even_where_the_issuer_has_one_key(kid):
    text = forge.compact(forge.header(kid=kid), forge.claims())
    assert await forge.refusal(text) == "header: `alg` or `kid` is missing"


def test_a3_two_keys_of_one_kid_refuse_the_whole_set():
    with pytest.raises(InvalidInput, match="two keys share the kid `twin`"):
        forge.trusted(forge.ec_key(), forge.ECSigner("twin"), forge.EdSigner("twin"))


async def test_a3_same_kid_of_another_issuer_opens_nothing():
    ours, theirs = forge.ECSigner("shared"), forge.ECSigner("shared")
    verifier = forge.verifier(
        forge.trusted(ours), forge.trusted(theirs, issuer="https://other.example")
    )
    text = forge.compact(forge.header(kid="shared"), forge.claims(), theirs)
    assert await forge.refusal(text, verifier) == "signature: bad_signature"
