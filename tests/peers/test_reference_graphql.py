"""graphql-js, the reference implementation, reads the hub's schema and the README's questions."""

import pytest


@pytest.fixture
async def seen(peer, token: str, questions: list[str]) -> dict:
    return await peer("reference_graphql.mjs", token=token, questions=questions)


async def test_the_schema_file_is_valid(seen: dict):
    assert "supplyNotices(" in seen["fromSdl"]
    assert seen["schemaErrors"] == []


async def test_the_readme_questions_are_valid(seen: dict, questions: list[str]):
    assert seen["questionErrors"] == [[] for _ in questions]
    assert len(questions) >= 3


async def test_introspection_says_what_the_schema_file_says(seen: dict):
    assert seen["fromIntrospection"].splitlines() == seen["fromSdl"].splitlines()
