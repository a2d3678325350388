"""A6: a proof is taken once: twice, at the same moment, after a restart, by any gateway."""

import asyncio
import time

import pytest

from hub.errors import Unauthenticated
from hub.identity.proofs.dpop import MAX_AGE_S, MAX_AHEAD_S, ProofChecker
from hub.identity.proofs.replay import open_spent_proofs
from tests.hub.identity import forge
from tests.hub.identity.possession import check, proof, refusal
from tests.hub.store.databases import migrated_database


@pytest.fixture
async def url(database_url):
    """The URL of a migrated database of the test's own."""
    async with migrated_database(database_url) as own:
        yield own


@pytest.fixture
async def checker(url):
    async with open_spent_proofs(url) as spent:
        yield ProofChecker(spent)


def fresh(**changes):
    return proof(iat=int(time.time()), **changes)


async def taken(text, *checkers):
    """Show one proof to each checker at the same moment; count those that take it."""
    done = await asyncio.gather(*[check(text, by) for by in checkers], return_exceptions=True)
    refused = [each for each in done if isinstance(each, Unauthenticated)]
    assert {each.detail for each in refused} <= {"proof: used before"}
    return len(done) - len(refused)


async def test_a6_the_second_use_is_refused(checker):
    text = fresh()
    assert await check(text, checker)
    assert await refusal(text, checker) == "proof: used before"


async def test_a6_of_100_uses_at_once_one_passes(checker):
    assert await taken(fresh(), *[checker] * 100) == 1


async def test_a6_of_100_uses_at_once_at_two_gateways_one_passes(url):
    async with open_spent_proofs(url) as one, open_spent_proofs(url) as two:
        assert await taken(fresh(), *[ProofChecker(one), ProofChecker(two)] * 50) == 1


async def test_a6_a_restart_forgets_nothing(url):
    text = fresh()
    async with open_spent_proofs(url) as spent:
        assert await check(text, ProofChecker(spent))
    async with open_spent_proofs(url) as spent:
        assert await refusal(text, ProofChecker(spent)) == "proof: used before"


@pytest.mark.parametrize("ahead", [-MAX_AHEAD_S, MAX_AGE_S])
async def test_a6_what_is_forgotten_is_too_old_to_be_taken(url, ahead, monkeypatch):
    """At every moment a proof is kept, or its time is over: at both ends of its window."""
    clock = time.time()
    text = proof(iat=clock - ahead)
    monkeypatch.setattr("hub.identity.proofs.replay.PRUNED_AFTER", 1)
    async with open_spent_proofs(url) as spent:
        by = ProofChecker(spent, clock=lambda: clock)
        assert await check(text, by)
        assert await refusal(text, by) == "proof: used before"
        clock += MAX_AGE_S + MAX_AHEAD_S + 1
        assert await refusal(text, by) == "proof: `iat` too old, or in the future"


async def test_a6_the_clock_stepping_back_does_not_revive_a_proof(url):
    clock = time.time()
    text = proof(iat=clock)
    async with open_spent_proofs(url) as spent:
        by = ProofChecker(spent, clock=lambda: clock)
        assert await check(text, by)
        clock -= MAX_AHEAD_S
        assert await refusal(text, by) == "proof: used before"


async def test_a6_the_same_id_by_another_key_is_another_proof(checker):
    assert await check(fresh(jti="same"), checker)
    assert await check(proof(forge.ECSigner(), iat=int(time.time()), jti="same"), checker)


async def test_a6_the_same_id_in_another_proof_is_refused(checker):
    """Signatures of ECDSA differ each time; what is spent is the id, not the text."""
    assert await check(fresh(jti="same"), checker)
    assert await refusal(fresh(jti="same"), checker) == "proof: used before"


async def test_a6_an_id_of_10_kilobytes_is_refused(checker):
    assert await refusal(fresh(jti="x" * 10_000), checker) == "proof: too long, or not ASCII"


@pytest.mark.parametrize("jti", ["'; DROP TABLE spent_proof; --", "%s", "😀", "\\x00", " "])
async def test_a6_an_id_is_data_and_nothing_else(checker, jti):
    assert await check(fresh(jti=jti), checker)
    assert await refusal(fresh(jti=jti), checker) == "proof: used before"
