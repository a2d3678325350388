import pytest

from federation.organizations.matching import (
    Method,
    contradict,
    link_organizations,
    link_sites,
    party,
)


def one(key, name, country=None, *numbers, **others):
    return party(key=key, name=name, country=country, numbers=numbers, **others)


def methods(links):
    return [(link.left, link.right, link.method) for link in links]


def organizations(*parties):
    return methods(link_organizations(parties))


def sites(*parties):
    return methods(link_sites(parties))


def test_shared_official_number_links_a_renamed_company():
    old = one("a", "Glenmark Life Sciences Limited", "IN", "SPOR-ORG:100")
    new = one("b", "Alivus Life Sciences Limited", "IN", "SPOR-ORG:100")
    assert organizations(old, new) == [("a", "b", Method.NUMBER)]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("한미약품(주)", "주식회사 한미약품"),
        ("한국먼디파마유한회사", "한국먼디파마(유)"),
        ("Fresenius Kabi Austria GmbH", "FRESENIUS KABI AUSTRIA"),
        ("H e x a l Aktiengesellschaft", "Hexal AG"),
        ("日本新薬株式会社", "日本新薬"),
    ],
)
def test_equal_name_in_one_country_links(left, right):
    found = organizations(one("a", left, "KR"), one("b", right, "KR"))
    assert found == [("a", "b", Method.NAME_AND_COUNTRY)]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (("Teva GmbH", "DE"), ("Teva B.V.", "NL")),
        (("Teva GmbH", "DE"), ("Teva AG", "DE")),
        (("Sandoz", "AT"), ("Sandoz", "DE")),
        (("Bayer AG", "DE"), ("Bayer Pharma AG", "DE")),
        (("Pfizer", None), ("Pfizer", None)),
        (("Pfizer Inc.", None), ("Pfizer", "US")),
        (("종근당(주)", "KR"), ("종근당바이오(주)", "KR")),
    ],
)
def test_companies_of_one_group_stay_apart(left, right):
    assert organizations(one("a", *left), one("b", *right)) == []


def test_form_of_one_law_stands_for_the_country_it_does_not_state():
    found = organizations(one("a", "Zambon SpA"), one("b", "ZAMBON", "IT"))
    assert found == [("a", "b", Method.NAME_AND_FORM)]
    assert organizations(one("a", "Zambon SpA"), one("b", "ZAMBON", "FR")) == []


def test_two_licence_serials_are_two_holders_unless_the_business_number_is_one():
    maker = ("a", "한미약품(주)", "KR", "MFDS-ENTP:19570027")
    importer = ("b", "한미약품(주)", "KR", "MFDS-ENTP:20162753")
    assert organizations(one(*maker), one(*importer)) == []
    assert organizations(one(*maker, "KR-BRN:1"), one(*importer, "KR-BRN:2")) == []
    found = organizations(one(*maker, "KR-BRN:1"), one(*importer, "KR-BRN:1"))
    assert found == [("a", "b", Method.NUMBER)]


def test_near_name_alone_does_not_link():
    assert (
        organizations(
            one("a", "Ursapharm Arzeimittel", "DE"), one("b", "Ursapharm Arzneimittel", "DE")
        )
        == []
    )


def test_near_native_names_link_by_the_english_name_both_state():
    left = one("a", "지이헬스케어에이에스", "KR", english="GE Healthcare AS")
    right = one("b", "지이헬스케어에이에스한국", "KR", english="GE HEALTHCARE A/S")
    assert organizations(left, right) == [("a", "b", Method.ENGLISH_NAME)]
    elsewhere = one("b", "지이헬스케어에이에스한국", "KR", english="GE Healthcare Korea")
    assert organizations(left, elsewhere) == []


def test_site_links_by_name_and_address():
    found = sites(
        one(
            "a", "Patheon Italia S.p.A.", "IT", address="Viale G.B. Stucchi, 110, 20900 Monza (MB)"
        ),
        one("b", "Patheon Italia SPA", "IT", address="Viale G.B. Stucchi 110, Monza (MB), 20900"),
    )
    assert found == [("a", "b", Method.NAME_AND_ADDRESS)]


def test_site_links_by_name_and_town_where_the_company_has_no_other():
    plant = one("a", "Roquette Freres", "FR", address="1 Rue de la haute Loge, 62136 LESTREM")
    inspected = one("b", "Roquette Freres", None, "FEI:1000001", locality="Lestrem")
    assert sites(plant, inspected) == [("a", "b", Method.NAME_AND_TOWN)]
    second = one("c", "Roquette Freres", None, "FEI:1000002", locality="Vecquemont")
    assert sites(plant, inspected, second) == []


def test_two_establishment_numbers_are_two_sites_at_one_address():
    at = {"address": "1 Main St, 12345 Town"}
    assert (
        sites(one("a", "X Inc", "US", "FEI:1", **at), one("b", "X Inc", "US", "FEI:2", **at)) == []
    )


def test_near_name_links_sites_at_one_place():
    found = sites(
        one(
            "a", "Ursapharm Arzeimittel GmbH", "DE", address="Industriestraße 35, 66129 Saarbrucken"
        ),
        one("b", "Ursapharm Arzneimittel GmbH", None, "FEI:3", locality="Saarbrucken"),
    )
    assert found == [("a", "b", Method.NEAR_NAME_AND_PLACE)]


def test_other_unit_is_another_site_however_near_the_name():
    at = {"address": "Sy. No. 1277, Nandigama 509228"}
    units = [
        one(n, f"MSN Laboratories Formulation Division Unit-{n}", "IN", **at) for n in ("II", "III")
    ]
    assert sites(*units) == []


def test_contradiction_says_what_differs():
    left = one("a", "Teva GmbH", "DE", "SPOR-ORG:1")
    assert contradict(left, one("b", "Teva", None, "SPOR-ORG:2")) == "SPOR-ORG:1 and SPOR-ORG:2"
    assert contradict(left, one("b", "Teva", "NL")) == "DE and NL"
    assert contradict(left, one("b", "Teva AG")) == "GMBH and AG"
    assert contradict(left, one("b", "Teva")) is None


def test_evidence_says_what_was_seen():
    (link,) = link_organizations([one("a", "Zambon SpA"), one("b", "ZAMBON", "IT")])
    assert link.evidence == {"name": "zambon", "country": "IT"}
    assert 0.9 < link.confidence < 1
