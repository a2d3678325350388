"""Both ways to a page, by the next rows and by all that can be seen, give the same bytes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from hub.gateway.planning import plan
from tests.hub.gateway.test_differential import GENERATED, QUESTIONS, WHO, compare, oracles
from tests.hub.gateway.test_paging import page, walked

__all__ = ["oracles"]

NOBODY, BARELY, PLENTY = 0, 1, 1000
"""Rows looked at for each row of a page: none, so that all are sorted, and as good as all."""


@pytest.fixture(params=[NOBODY, BARELY, PLENTY])
def walked_rows(request, monkeypatch):
    monkeypatch.setattr(plan, "WALKED_ROWS", request.param)
    return request.param


@settings(GENERATED, max_examples=25)
@given(question=QUESTIONS, who=WHO)
async def test_a_page_is_the_oracles_whichever_rows_it_is_found_among(
    hubs, oracles, walked_rows, question, who
):
    policies, *asking = who
    # A text of its own, since plans are kept by it.
    marked = replace(question, document=f"{question.document}\n# {walked_rows}")
    await compare(hubs[policies], oracles(*who), marked, *asking)


@pytest.mark.parametrize("policies", ["open", "by_row", "committed"])
async def test_pages_join_without_a_gap_whichever_way_each_is_found(hubs, walked_rows, policies):
    size = 3 + walked_rows % 7
    whole = await page(hubs[policies], "SupplyNotice", client="jp-mhlw")
    edges = await walked(hubs[policies], "SupplyNotice", size, client="jp-mhlw")
    assert edges == whole["edges"]
    assert len(edges) == whole["totalCount"]
