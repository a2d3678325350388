"""The hub's schema as a subgraph's: its keys, and the two forms of its SDL."""

import re

import pytest
from graphql import build_schema as read_sdl
from graphql import parse, print_schema
from graphql.language import ObjectTypeDefinitionNode, StringValueNode

from federation.records.declaration import Group
from federation.records.registry import RECORD_TYPES
from hub.gateway.planning.fields import FIELDS
from hub.gateway.schema import build_schema

SCHEMA = build_schema()
NEWEST_VERSION = (2, 9)
"""Newest that the routers in use compose."""


@pytest.fixture(scope="module")
def keys() -> dict[str, list[str]]:
    """The keys of each type, as the SDL has them."""
    found = {}
    for definition in parse(SCHEMA.sdl).definitions:
        if isinstance(definition, ObjectTypeDefinitionNode):
            arguments = [
                argument.value
                for directive in definition.directives or ()
                if directive.name.value == "key"
                for argument in directive.arguments or ()
            ]
            assert all(isinstance(value, StringValueNode) for value in arguments)
            if arguments:
                found[definition.name.value] = [value.value for value in arguments]
    return found


def test_every_record_type_is_an_entity_and_nothing_else_is(keys):
    assert keys.keys() == RECORD_TYPES.keys()
    assert all(each[:3] == ["id", "key", "origin nationalId"] for each in keys.values())
    assert keys["Substance"][3:] == ["unii"]


def test_keys_are_of_fields_that_everybody_who_sees_a_record_sees(keys):
    for name, found in keys.items():
        for field in {field for key in found for field in key.split()} - {"id"}:
            assert FIELDS[name].scalars[field].group is Group.PUBLIC


def test_the_version_is_one_that_routers_know():
    [version] = re.findall(r"specs\.apollo\.dev/federation/v(\d+)\.(\d+)", SCHEMA.sdl)
    assert tuple(map(int, version)) <= NEWEST_VERSION


def test_the_sdl_for_everybody_is_that_for_routers_and_the_definitions_it_leaves_out():
    whole = SCHEMA.as_str()
    assert whole.startswith(SCHEMA.sdl)
    left_out = parse(whole.removeprefix(SCHEMA.sdl)).definitions
    assert {one.name.value for one in left_out} == {
        "key", "shareable", "link", "federation__FieldSet", "link__Purpose", "link__Import",
    }  # fmt: skip
    assert "directive @" not in SCHEMA.sdl


def test_any_tool_reads_the_sdl_for_everybody():
    assert "union _Entity" in print_schema(read_sdl(SCHEMA.as_str()))


async def test_a_router_is_given_its_own_form(hub):
    answer = await hub.data("{ _service { sdl } }")
    assert answer == {"_service": {"sdl": SCHEMA.sdl}}
