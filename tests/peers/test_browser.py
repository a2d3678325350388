"""A real browser opens the hub's page, as a regulator would on the first day."""

import os

import pytest

from hub.demo.run import Demo


@pytest.fixture(scope="module")
async def seen(peer, token: str, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What the browser saw with a token, and then with one that lost its end when pasted."""
    return await peer(
        "browser.mjs",
        chromium=os.environ["CHROMIUM"],
        folder=str(tmp_path_factory.mktemp("screenshots")),
        token=token,
        wrongToken=token[:-2],
    )


def test_no_request_leaves_the_hub(seen: dict, demo: Demo):
    assert f"{demo.url}/graphiql/graphiql.min.js" in seen["requests"]
    assert [url for url in seen["requests"] if not url.startswith(f"{demo.url}/")] == []


def test_the_console_shows_no_error(seen: dict):
    assert seen["errors"] == []


def test_the_page_says_where_the_token_goes(seen: dict):
    assert "PASTE_YOUR_TOKEN_HERE under Headers" in seen["hint"]
    assert "PASTE_YOUR_TOKEN_HERE" in seen["placeholder"]


def test_the_schema_can_be_read_before_there_is_a_token(seen: dict):
    assert "SupplyNotice" in seen["documentation"]


def test_the_default_question_is_answered(seen: dict):
    notices = seen["answer"]["data"]["supplyNotices"]
    assert notices["totalCount"] > len(notices["nodes"]) > 0
    products = [notice["product"] for notice in notices["nodes"] if notice["product"]]
    substances = [item["substance"] for product in products for item in product["ingredients"]]
    assert any(substance and substance["inn"] for substance in substances)


def test_a_wrong_token_is_refused_with_what_to_do(seen: dict):
    [error] = seen["refusal"]["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "get a new token" in error["message"]


def test_the_browser_keeps_no_token(seen: dict, token: str):
    assert "WhatIsShort" in seen["kept"]
    assert token[:-2] not in seen["kept"]
