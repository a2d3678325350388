"""A database of a few records in several scripts, each found in another way."""

from contextlib import asynccontextmanager

import psycopg

from federation.records.declaration import ENVELOPE
from federation.records.registry import RECORD_TYPES
from hub.search.index import bring_up_to_date
from hub.store.database import writing_pool
from tests.hub.gateway.serving import WORLD, new_database
from tests.hub.gateway.world import insert

SEARCH = """
query ($text: String!, $types: [RecordTypeName!], $origins: [Origin!],
       $first: Int! = 50, $after: String) {
  search(text: $text, types: $types, origins: $origins, first: $first, after: $after) {
    nodes { id }
    edges { cursor node { id __typename } matched { field text how substance } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""

KEPT = ENVELOPE - {"native"}


def record(key, **values):
    """A current record of which nothing is stated but this."""
    origin, name, national_id = key.split(".", 2)
    record_type = RECORD_TYPES[name]
    row = dict(WORLD.current(name)[0])
    for facts in record_type.fields.values():
        if facts.name not in KEPT:
            row[facts.name] = (
                [] if facts.is_list else None if facts.is_nullable else row[facts.name]
            )
    row |= {"key": key, "origin": origin, "national_id": national_id, "native": {}}
    row |= {facts.name: [] for facts in record_type.conditions}
    return name, row | {"listing": "LISTED", "feed": "one.feed"} | values


PARACETAMOL = "ALLIANCE.Substance.paracetamol"
DOLIPRANE = "EU.Product.63368332"

RECORDS = [
    record(
        PARACETAMOL,
        inn="paracetamol",
        unii="362O9ITL9D",
        cas="103-90-2",
        atc_codes=["N02BE01"],
        names_en=["Acetaminophen"],
        names_ko=["아세트아미노펜"],
        names_ja=["アセトアミノフェン"],
    ),
    record(
        "ALLIANCE.Substance.salbutamol", inn="salbutamol", names_en=["Albuterol"], unii="QF8SVZ843E"
    ),
    record(
        "KR.Product.195500005",
        name="타이레놀정500밀리그람(아세트아미노펜)",
        name_en="Tylenol Tab. 500mg",
        authorisation_number="5075",
        atc_codes=["N02BE01"],
    ),
    record(
        "JP.Product.1141007F1012",
        name="カロナール錠２００",
        substance_text="アセトアミノフェン",
    ),
    record(DOLIPRANE, name="DOLIPRANE 500 mg, comprimé"),
    record("EU.Product.60000001", name="Élixir parégorique"),
    record("US.Product.0113-4004", name="Acetaminophen", substance_text="ACETAMINOPHEN"),
    record("US.Product.0002-1433", name="Ventolin", substance_text="Albuterol Sulfate"),
    record("EU.Ingredient.63368332/1", product_key=DOLIPRANE, native_text="PARACÉTAMOL"),
    record(
        "US.Package.00002143380",
        product_key="US.Product.0002-1433",
        code="00002143380",
        code_text="0002-1433-80",
    ),
    record("EU.Package.04300118", code="04300118", code_text="04300118"),
    record(
        "EU.Package.3400937905282",
        product_key=DOLIPRANE,
        code="3400937905282",
        code_text="3400937905282",
    ),
    record("KR.SupplyNotice.2018000015", title="중단", package_codes=["8806482009409"]),
    record("US.QualityAlert.D-0270-2026", title="Sterile water, lot recalled"),
    record("US.Site.3002806523", name="Plant", identifiers=["FEI:3002806523"]),
    record("KR.Organization.1", name="주식회사 한미약품", name_en="Hanmi Pharm."),
]


@asynccontextmanager
async def searchable(server_url, records=RECORDS):
    """A database that holds records, and their terms."""
    async with new_database(server_url) as url:
        await put(url, records)
        await refresh(url)
        yield url


async def put(url, records):
    """Insert records, each after all others."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        for name, row in records:
            cursor = await connection.execute("SELECT nextval('change_seq')")
            [row["change_seq"]] = await cursor.fetchone()
            await insert(connection, {name: [row]})


async def refresh(url):
    """Bring the terms in step with the records."""
    async with writing_pool(url) as pool:
        await bring_up_to_date(pool)


async def search(hub, text, *, client="kr-mfds", **variables):
    """Ask for a page."""
    found = await hub.data(SEARCH, client=client, variables={"text": text, **variables})
    page = found["search"]
    assert [each["id"] for each in page["nodes"]] == [each["node"]["id"] for each in page["edges"]]
    return page


async def keys(hub, text, **variables):
    """The keys found, in their order."""
    return [node["id"] for node in (await search(hub, text, **variables))["nodes"]]


async def finds(hub, text, **variables):
    """The keys found, each with how."""
    page = await search(hub, text, **variables)
    return {edge["node"]["id"]: edge["matched"]["how"] for edge in page["edges"]}
