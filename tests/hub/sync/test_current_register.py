"""The register that pulls resolve by: bundled at first, then what the reference feeds make."""

import dataclasses
import hashlib

import pytest

from federation.members.registry import FEEDS
from federation.sources.files import BundledFile
from federation.substances.register import BUNDLED, load_register
from hub.sync.current_register import REGISTER_FEED
from hub.sync.types import Outcome

MEMBER = "in.janaushadhi"
ATC = """atc_code,atc_name,ddd,uom,adm_r,note
J01FA10,azithromycin,0.3,g,O,NA
J01CA04,amoxicillin,1.5,g,O,NA
A10BA02,metformin,2,g,O,NA
N02BE01,paracetamol,3,g,O,NA
C08CA01,amlodipine,5,mg,O,NA
R03AC02,salbutamol,12,mg,O,NA
"""
PAIRS = """ja_name,en_name_jan,n_inserts
アムロジピンベシル酸塩,Amlodipine Besilate,9
"""


@pytest.fixture
def reference(hub, tmp_path):
    """Pull a reference feed whose owner publishes this text."""

    async def pull(feed, text):
        file = tmp_path / hashlib.sha256(text.encode()).hexdigest()
        file.write_text(text, encoding="utf-8")
        result = await hub.pull(dataclasses.replace(FEEDS[feed], source=BundledFile(file)))
        return result.outcome

    return pull


async def outcome(hub, feed):
    return (await hub.pull(feed)).outcome


async def substances(hub):
    found = await hub.query("SELECT inn, names_ja FROM substance WHERE superseded_at IS NULL")
    return dict(found)


async def test_without_reference_feeds_the_bundled_register_serves_records_and_resolver(hub):
    assert await outcome(hub, REGISTER_FEED) is Outcome.PUBLISHED
    assert len(await substances(hub)) == len(load_register())
    in_use = await hub.tools.register.in_use()
    assert in_use.digest == hashlib.sha256(BUNDLED.read_bytes()).hexdigest()
    assert in_use.resolver.resolve("아세틸시스테인", "KR").inn == "acetylcysteine"


async def test_reference_feeds_make_the_records_and_the_resolver(hub, reference):
    assert await reference("ref.who_atc", ATC) is Outcome.PUBLISHED
    assert await reference("ref.pmda_ja_en", PAIRS) is Outcome.PUBLISHED
    assert await outcome(hub, REGISTER_FEED) is Outcome.PUBLISHED
    found = await substances(hub)
    assert len(found) == 6
    assert "アムロジピンベシル酸塩" in found["amlodipine"]
    in_use = await hub.tools.register.in_use()
    assert in_use.resolver.resolve("アムロジピンベシル酸塩錠", "JP").inn == "amlodipine"
    assert await hub.tools.register.in_use() is in_use
    assert await outcome(hub, REGISTER_FEED) is Outcome.UNCHANGED


async def test_every_resolved_text_leads_to_a_substance_record(hub, reference):
    await reference("ref.who_atc", ATC)
    await hub.pull(REGISTER_FEED)
    await hub.pull(MEMBER)
    counts = await hub.query(
        "SELECT count(i.substance_key), count(s.key) FROM ingredient i "
        "LEFT JOIN substance s ON s.key = i.substance_key AND s.superseded_at IS NULL"
    )
    ((resolved, led),) = counts
    assert resolved == led > 0


async def test_a_new_register_maps_again_what_is_resolved_and_nothing_else(hub, reference):
    await hub.pull(MEMBER)
    await hub.pull("kr.mfds_shortages")
    await reference("ref.who_atc", ATC)
    assert await outcome(hub, MEMBER) is Outcome.UNCHANGED, "the register is not published yet"
    await hub.pull(REGISTER_FEED)
    assert await outcome(hub, MEMBER) is Outcome.PUBLISHED
    assert await outcome(hub, MEMBER) is Outcome.UNCHANGED
    assert await outcome(hub, "kr.mfds_shortages") is Outcome.UNCHANGED


LISTED = (
    "SELECT substance_key, superseded_at IS NULL FROM essential_listing "
    "WHERE key = 'EU.EssentialListing.J01FA10' ORDER BY recorded_at"
)


async def test_a_listing_whose_code_comes_to_be_known_has_a_new_version(hub, reference):
    azithromycin = "ALLIANCE.Substance.azithromycin"
    await reference("ref.who_atc", ATC.replace("J01FA10", "J01FA09"))
    await hub.pull(REGISTER_FEED)
    await hub.pull("eu.union_list")
    assert await hub.query(LISTED) == [(None, True)]
    await reference("ref.who_atc", ATC)
    await hub.pull(REGISTER_FEED)
    assert await outcome(hub, "eu.union_list") is Outcome.PUBLISHED
    assert await hub.query(LISTED) == [(None, False), (azithromycin, True)]


async def test_a_reference_feed_that_fails_or_is_held_leaves_the_last_register_in_use(
    hub, reference
):
    await reference("ref.who_atc", ATC)
    await hub.pull(REGISTER_FEED)
    before = (await hub.tools.register.in_use()).digest
    renamed, cut = ATC.replace("atc_name", "title"), "\n".join(ATC.split("\n")[:3])
    assert await reference("ref.who_atc", renamed) is Outcome.HELD
    assert await reference("ref.who_atc", cut) is Outcome.HELD
    assert await outcome(hub, REGISTER_FEED) is Outcome.UNCHANGED
    assert (await hub.tools.register.in_use()).digest == before


async def test_names_alone_make_no_register(hub, reference):
    await reference("ref.pmda_ja_en", PAIRS)
    assert await outcome(hub, REGISTER_FEED) is Outcome.PUBLISHED
    assert len(await substances(hub)) == len(load_register())


async def test_a_register_whose_documents_are_lost_stops_what_it_would_resolve(
    hub, reference, tmp_path
):
    await reference("ref.who_atc", ATC)
    await hub.pull(REGISTER_FEED)
    for kept in (tmp_path / "landing").rglob("*.gz"):
        kept.unlink()
    result = await hub.pull(MEMBER)
    assert result.outcome is Outcome.FAILED
    assert "the landing has no bytes" in result.reason
