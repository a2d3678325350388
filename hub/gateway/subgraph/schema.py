"""The schema of a Federation 2 subgraph, of whatever types.

Its SDL has two forms. A router reads `_service`, in which federation's own directives are linked
and not defined; the file and `/schema.graphql` define them too, for any GraphQL tool to read.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import cast

import strawberry
from graphql import GraphQLDirective, GraphQLNamedType, print_type
from graphql.utilities.print_schema import print_directive
from strawberry import federation
from strawberry.federation.types import FieldSet
from strawberry.types.scalar import ScalarDefinition, scalar

SCALARS: Mapping[object, ScalarDefinition] = {
    FieldSet: scalar(name="federation__FieldSet", parse_value=str, print_definition=False)
}
"""Scalars of federation under the names its specification gives them; Strawberry's are older."""


class SubgraphSchema(federation.Schema):
    """A schema whose SDL defines all that it names."""

    @cached_property
    def sdl(self) -> str:
        """Give the SDL for routers, which know federation's own directives."""
        return super().as_str()

    def as_str(self) -> str:
        """Give the SDL for everybody: that for routers, and the definitions it leaves out."""
        return self._whole_sdl

    @cached_property
    def _whole_sdl(self) -> str:
        schema = self._schema
        left_out = [
            *(print_directive(each) for each in schema.directives if not _is_printed(each)),
            *(print_type(each) for each in schema.type_map.values() if not _is_printed(each)),
        ]
        return "\n\n".join([self.sdl, *left_out])


def _is_printed(defined: GraphQLDirective | GraphQLNamedType) -> bool:
    return getattr(defined.extensions.get("strawberry-definition"), "print_definition", True)


@strawberry.type(name="_Service", description="What a router reads of this subgraph.")
class _Service:
    sdl: str = strawberry.field(description="The schema, without federation's own definitions.")


def _service(info: strawberry.Info) -> _Service:
    return _Service(sdl=cast(SubgraphSchema, info.schema).sdl)


def service_query() -> dict[str, object]:
    """Make the root field `_service`; Strawberry's own would print the schema at each question."""
    field = strawberry.field(
        name="_service", resolver=_service, description="This subgraph, for routers."
    )
    return {"_service": field}
