import pytest

from federation.substances.claims import Claims, Draft, Standing


@pytest.fixture
def claims():
    return Claims()


def drafted(claims, inn, *, atc=()):
    draft = Draft(inn, atc=set(atc))
    claims.claim(inn, draft, Standing.ATC if atc else Standing.COMMON_NAME, "en")
    return draft


def test_the_better_standing_wins_a_name(claims):
    one, other = drafted(claims, "amlodipine"), drafted(claims, "nifedipine")
    claims.claim("adalat", one, Standing.SECOND_HAND)
    claims.claim("adalat", other, Standing.SYNONYM)
    assert claims.register().named("adalat").inn == "nifedipine"


def test_a_name_given_to_two_is_nobodys(claims):
    for inn in ("amlodipine", "nifedipine"):
        claims.claim("adalat", drafted(claims, inn), Standing.SYNONYM)
    assert claims.register().named("adalat") is None


def test_of_two_the_one_that_atc_lists_keeps_a_name(claims):
    claims.claim("adalat", drafted(claims, "amlodipine"), Standing.SYNONYM)
    claims.claim("adalat", drafted(claims, "nifedipine", atc=["C08CA05"]), Standing.SYNONYM)
    assert claims.register().named("adalat").inn == "nifedipine"


def test_a_synonym_spelt_as_anothers_own_name_is_a_sources_error(claims):
    drafted(claims, "methionine", atc=["V03AB26"])
    claims.claim("Methionin", drafted(claims, "acetylmethionine"), Standing.SYNONYM)
    assert claims.register().named("methionin") is None


@pytest.mark.parametrize("name", ["L", "FAD", "sodium", "hydrochloride", "(+)-amlodipine"])
def test_what_names_too_much_is_not_claimed(claims, name):
    claims.claim(name, drafted(claims, "amlodipine"), Standing.SYNONYM)
    assert claims.find(name) is None


def test_a_salt_finds_its_base_but_not_where_it_is_a_substance_of_its_own(claims):
    amlodipine, _ = drafted(claims, "amlodipine"), drafted(claims, "hydrocortisone")
    found, base = claims.find_base("Amlodipine Besilate")
    assert (found, base.taken) == (amlodipine, ("besilate",))
    assert claims.find_base("hydrocortisone butyrate") is None
    assert claims.find_base("nosuchsubstance") is None


def test_brands_stand_for_their_members_unless_two_differ(claims):
    one, other = drafted(claims, "amlodipine"), drafted(claims, "valsartan")
    claims.brand("Twobrand", [one, other])
    claims.brand("Sharedbrand", [one])
    claims.brand("Sharedbrand", [other])
    claims.brand("Amlodipine Nosuchmaker", [one])
    register = claims.register()
    assert {each.inn for each in register.branded("twobrand")} == {"amlodipine", "valsartan"}
    assert register.branded("sharedbrand") == frozenset()
    assert register.makers == {"nosuchmaker"}
