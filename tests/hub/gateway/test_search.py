"""A search finds names in every script and codes in every form, ranked, paged and as asked."""

import psycopg
import pytest

from tests.hub.gateway.search_scene import (
    DOLIPRANE,
    PARACETAMOL,
    RECORDS,
    finds,
    keys,
    put,
    record,
    refresh,
    search,
    searchable,
)
from tests.hub.gateway.serving import open_hub


@pytest.fixture(scope="module")
async def scene(database_url):
    async with searchable(database_url) as url:
        yield url


@pytest.fixture(scope="module")
async def hub(scene, policy_folders, state):
    async with open_hub(scene, policy_folders["open"], state) as opened:
        yield opened


TYLENOL, CALONAL = "KR.Product.195500005", "JP.Product.1141007F1012"
VENTOLIN = "US.Product.0002-1433"
ACETAMINOPHEN = "US.Product.0113-4004"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("타이레놀", TYLENOL),
        ("타이레놀정 500", TYLENOL),
        ("이레놀", TYLENOL),
        ("tylenol", TYLENOL),
        ("TYLENOL TAB 500 MG", TYLENOL),
        ("カロナール", CALONAL),
        ("ｶﾛﾅｰﾙ", CALONAL),
        ("かろなーる", CALONAL),
        ("ｶﾛﾅｰﾙ錠200", CALONAL),
        ("doliprane", DOLIPRANE),
        ("dolip", DOLIPRANE),
        ("comprime doliprane", DOLIPRANE),
        ("doliprane 500mg", DOLIPRANE),
        ("elixir paregorique", "EU.Product.60000001"),
        ("ELIXIR PARÉGORIQUE", "EU.Product.60000001"),
        ("한미약품", "KR.Organization.1"),
        ("sterile water", "US.QualityAlert.D-0270-2026"),
    ],
)
async def test_a_name_is_found_in_any_script_and_spelling(hub, text, key):
    assert key in await keys(hub, text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("0002-1433-80", "US.Package.00002143380"),
        ("0002143380", "US.Package.00002143380"),
        ("00002-1433-80", "US.Package.00002143380"),
        ("NDC 00002143380", "US.Package.00002143380"),
        ("00002143380", VENTOLIN),
        ("0002-1433", VENTOLIN),
        ("00021433", VENTOLIN),
        ("1141007F1012", CALONAL),
        ("１１４１００７ｆ１０１２", CALONAL),
        ("195500005", TYLENOL),
        ("5075", TYLENOL),
        ("8806482009409", "KR.SupplyNotice.2018000015"),
        ("3400937905282", DOLIPRANE),
        ("CIP13: 3400937905282", "EU.Package.3400937905282"),
        ("PZN-04300118", "EU.Package.04300118"),
        ("pzn 4300118", "EU.Package.04300118"),
        ("362O9ITL9D", PARACETAMOL),
        ("362o9itl9d", PARACETAMOL),
        ("103-90-2", PARACETAMOL),
        ("103902", PARACETAMOL),
        ("N02BE01", PARACETAMOL),
        ("D-0270-2026", "US.QualityAlert.D-0270-2026"),
        ("d02702026", "US.QualityAlert.D-0270-2026"),
        ("FEI:3002806523", "US.Site.3002806523"),
        ("3002806523", "US.Site.3002806523"),
    ],
)
async def test_a_code_is_found_with_dashes_or_without(hub, text, key):
    assert (await finds(hub, text))[key] == "CODE"


@pytest.mark.parametrize("text", ["N02", "N02BE", "n02be0"])
async def test_the_beginning_of_a_code_finds_all_that_begin_so(hub, text):
    assert await finds(hub, text) == {PARACETAMOL: "BEGINS", TYLENOL: "BEGINS"}


@pytest.mark.parametrize(
    "text",
    [
        "paracetamol",
        "Acetaminophen",
        "paracétamol",
        "아세트아미노펜",
        "ｱｾﾄｱﾐﾉﾌｪﾝ",
        "あせとあみのふぇん",
    ],
)
async def test_every_name_of_a_substance_finds_what_any_of_its_names_finds(hub, text):
    assert await finds(hub, text) == {
        PARACETAMOL: "NAME",
        ACETAMINOPHEN: "NAME",
        TYLENOL: "WORDS",
        CALONAL: "WORDS",
        DOLIPRANE: "WORDS",
        "EU.Ingredient.63368332/1": "WORDS",
    }


async def test_a_find_says_where_it_is_and_by_which_substance(hub):
    page = await search(hub, "acetaminophen")
    matched = {edge["node"]["id"]: edge["matched"] for edge in page["edges"]}
    assert matched[DOLIPRANE] == {
        "field": "ingredients.nativeText",
        "text": "PARACÉTAMOL",
        "how": "WORDS",
        "substance": PARACETAMOL,
    }
    assert matched[ACETAMINOPHEN]["substance"] is None
    assert matched[PARACETAMOL] == {
        "field": "namesEn",
        "text": "Acetaminophen",
        "how": "NAME",
        "substance": None,
    }


@pytest.mark.parametrize("text", ["albuterol", "salbutamol", "albuterol sulfate"])
async def test_a_usan_finds_what_its_inn_finds(hub, text):
    assert VENTOLIN in await keys(hub, text)


async def test_a_substance_is_told_from_the_other_words(hub):
    assert await keys(hub, "paracetamol 500") == [TYLENOL]
    assert await keys(hub, "paracetamol 1000") == []


async def test_the_surest_find_comes_first(database_url, policy_folders, state):
    found = [
        record("KR.Product.1", name="other", authorisation_number="가나1"),
        record("KR.Product.99", name="가다 나다 가나1다"),
        record("KR.Product.98", name="a가나1"),
        record("KR.Product.97", name="가나1라"),
        record("KR.Product.96", name="가나1"),
        record("KR.Product.95", name="가나1"),
        record("KR.Product.94", name="나다라 다가"),
        record("EU.Package.1", code="ab12", code_text="AB-12"),
        record("EU.Product.96", name="ab12 forte"),
        record("EU.Product.97", name="AB 12"),
        record("EU.Product.98", name="forte ab12"),
    ]
    async with (
        searchable(database_url, found) as url,
        open_hub(url, policy_folders["open"], state) as hub,
    ):
        assert list((await finds(hub, "가나1")).items()) == [
            ("KR.Product.95", "NAME"),
            ("KR.Product.96", "NAME"),
            ("KR.Product.97", "BEGINS"),
            ("KR.Product.98", "WORDS"),
            ("KR.Product.99", "WORDS"),
        ]
        assert list((await finds(hub, "ab12")).items()) == [
            ("EU.Package.1", "CODE"),
            ("EU.Product.96", "BEGINS"),
            ("EU.Product.97", "WORDS"),
            ("EU.Product.98", "WORDS"),
        ]
        assert await finds(hub, "나다가") == {"KR.Product.94": "PARTS"}
        assert await finds(hub, "다가나") == {}


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("text", ["paracetamol", "500", "0002", "N02BE"])
async def test_pages_join_without_a_gap_or_a_double(hub, text, size):
    whole = await search(hub, text)
    walked, after = [], None
    while True:
        page = await search(hub, text, first=size, after=after)
        walked += page["edges"]
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        assert len(page["edges"]) == size or not page["pageInfo"]["hasNextPage"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert walked == whole["edges"]
    assert not whole["pageInfo"]["hasNextPage"]


async def test_types_and_origins_narrow_what_is_found(hub):
    assert await keys(hub, "paracetamol", types=["Product"], origins=["JP", "EU"]) == [
        DOLIPRANE,
        CALONAL,
    ]
    assert await keys(hub, "paracetamol", types=["Substance"]) == [PARACETAMOL]
    assert await keys(hub, "paracetamol", origins=["IN"]) == []
    everything = await keys(hub, "paracetamol")
    assert await keys(hub, "paracetamol", types=[], origins=[]) == everything


async def test_a_record_found_shows_any_of_its_fields(hub):
    found = await hub.data(
        """{ search(text: "doliprane") { edges { node { ...P } n: node { __typename } }
             nodes { __typename ...P } __typename } }
           fragment P on Product { key name ingredients { nativeText product { name } } }"""
    )
    shown = {
        "key": DOLIPRANE,
        "name": "DOLIPRANE 500 mg, comprimé",
        "ingredients": [
            {"nativeText": "PARACÉTAMOL", "product": {"name": "DOLIPRANE 500 mg, comprimé"}}
        ],
    }
    assert found["search"] == {
        "edges": [{"node": shown, "n": {"__typename": "Product"}}],
        "nodes": [{"__typename": "Product"} | shown],
        "__typename": "SearchConnection",
    }


async def test_a_node_of_another_type_has_no_fields_of_this_one(hub):
    found = await hub.data('{ search(text: "N02BE01") { nodes { ... on Product { name } } } }')
    assert found["search"]["nodes"] == [{}, {"name": "타이레놀정500밀리그람(아세트아미노펜)"}]


AWKWARD = [
    "'; DROP TABLE search_term; --",
    'a"b',
    "100%",
    "under_score",
    "back\\slash",
    "$1 $2",
    "%s%(x)s",
    "{a,b}",
    'a" OR "1"="1',
    "\u202eetirw\u202c",
    "دواء",
    "दवा",
    "💊 pill",
    "a\0b",
    "e\u0301" * 50,
    "a " * 100,
    "1" * 200,
    "-" * 198 + "10",
    "\U0010ffff wx",
]


@pytest.mark.parametrize("text", AWKWARD)
async def test_an_awkward_text_finds_what_is_named_so_and_harms_nothing(hub, text):
    assert await keys(hub, text) == []
    assert DOLIPRANE in await keys(hub, "doliprane")


@pytest.mark.parametrize("text", ["", " ", "💊", "%_'\";--", "\0", "\u200f"])
async def test_a_text_with_nothing_to_look_for_is_refused(hub, text):
    error = await hub.error("query ($t: String!) { search(text: $t) { nodes { id } } }",
                            variables={"t": text})  # fmt: skip
    assert error["extensions"]["code"] == "SEARCH_TEXT"


async def test_a_text_that_is_too_long_is_refused_by_its_length(hub):
    question = "query ($t: String!) { search(text: $t) { nodes { id } } }"
    error = await hub.error(question, variables={"t": "x" * 10_000})
    assert error["extensions"]["code"] == "SEARCH_TEXT"
    assert "10000" in error["message"]
    assert "200" in error["message"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("first: 0", "PAGE_SIZE"),
        ("first: 501", "PAGE_SIZE"),
        ('after: "x"', "BAD_CURSOR"),
        ('after: "WyJrZXkgb2YgUHJvZHVjdCIsICJFVS5Qcm9kdWN0LjEiXQ"', "BAD_CURSOR"),
    ],
)
async def test_a_page_that_cannot_be_is_refused(hub, arguments, code):
    error = await hub.error(f'{{ search(text: "a", {arguments}) {{ nodes {{ id }} }} }}')
    assert error["extensions"]["code"] == code


async def test_a_search_costs_the_dearest_type_and_not_all_together(hub):
    nested = "... on Product { packages(first: 98) { id } } ... on Site { roles(first: 98) { id } }"
    await hub.data(f'{{ search(text: "a", first: 500) {{ nodes {{ {nested} }} }} }}')
    twice = f"nodes {{ {nested} }} edges {{ node {{ {nested} }} }}"
    error = await hub.ask(f'{{ search(text: "a", first: 500) {{ {twice} }} }}')
    assert error["errors"][0]["extensions"]["code"] == "COST_LIMIT"


async def test_a_new_version_is_found_by_what_it_still_says_at_once(
    database_url, policy_folders, state
):
    async with (
        searchable(database_url) as url,
        open_hub(url, policy_folders["open"], state) as hub,
    ):
        _, old = next(each for each in RECORDS if each[1]["key"] == TYLENOL)
        await supersede(url, old, name="게보린정", name_en=old["name_en"])
        assert await keys(hub, "타이레놀") == []
        assert await keys(hub, "tylenol") == [TYLENOL]
        await refresh(url)
        assert await keys(hub, "게보린") == [TYLENOL]
        assert await keys(hub, "타이레놀") == []


async def supersede(url, old, **changes):
    """Publish a new version of a record."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute(
            "UPDATE product SET superseded_at = now() WHERE key = %s", [old["key"]]
        )
    await put(url, [("Product", old | changes)])
