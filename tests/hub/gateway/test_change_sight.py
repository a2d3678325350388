"""The newest place can be asked for, and a page says whether other fields may be seen by now."""

NEWEST = '{ changes(since: "now") { nodes { key } endCursor hasNextPage sight } }'
AFTER = "query ($since: String!) { changes(since: $since) { nodes { key } sight } }"


async def test_now_is_an_empty_page_at_the_newest_place(hub):
    page = (await hub.data(NEWEST))["changes"]
    assert (page["nodes"], page["hasNextPage"]) == ([], False)
    after = (await hub.data(AFTER, variables={"since": page["endCursor"]}))["changes"]
    assert after == {"nodes": [], "sight": page["sight"]}


async def test_sight_is_another_for_other_fields_and_for_other_callers(hubs):
    asked = [("open", "kr-mfds"), ("by_row", "kr-mfds"), ("by_row", "us-fda"), ("none", "us-fda")]
    found = [
        (await hubs[name].data(NEWEST, client=client))["changes"]["sight"] for name, client in asked
    ]
    again = (await hubs["by_row"].data(NEWEST))["changes"]["sight"]
    assert len({*found}) == len(asked)
    assert again == found[1]
