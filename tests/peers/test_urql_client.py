"""urql, a popular client, asks the README's first question page by page."""

import pytest

from hub.demo.run import Demo

BY_POST, BY_GET = {"preferGetMethod": False}, {"preferGetMethod": "force"}
PAGE = 7


@pytest.fixture
def question(questions: list[str]) -> str:
    """The README's first question, with variables and the key of each notice."""
    asked = questions[0]
    for old, new in (
        ("WhatIsShort", "WhatIsShort($first: Int!, $after: String, $filter: SupplyNoticeFilter)"),
        (
            "(first: 10, filter: {status: {eq: ONGOING}})",
            "(first: $first, after: $after, filter: $filter)",
        ),
        ("nodes {", "nodes { key"),
    ):
        assert asked.count(old) == 1
        asked = asked.replace(old, new)
    return asked


@pytest.mark.parametrize("options", [BY_POST, BY_GET], ids=["post", "get"])
@pytest.mark.parametrize("status", [None, "ONGOING"])
async def test_the_pages_together_are_all_notices(
    demo: Demo, peer, token: str, question: str, *, status: str | None, options: dict
):
    variables = {"first": PAGE, "filter": {"status": {"eq": status}} if status else None}
    seen = await peer(
        "urql_client.mjs", token=token, question=question, variables=variables, options=options
    )
    assert seen["refused"] is None
    keys = [node["key"] for page in seen["pages"] for node in page["nodes"]]
    total = seen["pages"][0]["totalCount"]
    assert len(keys) == len(set(keys)) == total > 3 * PAGE
    assert {page["totalCount"] for page in seen["pages"]} == {total}
    everything = demo.visible["us-fda"]["SupplyNotice"]
    assert total < everything if status else total == everything
