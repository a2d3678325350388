"""Generated questions: valid documents over the schema, with all that GraphQL allows in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
)
from hypothesis import strategies as st

from federation.records.declaration import Origin
from tests.hub.gateway.oracle import ROOTS
from tests.hub.gateway.world import DANGLING, DAYS, TEXTS, WHOLES, World

PAGE_SIZES = (1, 2, 3, 7, 50, 500)
ALIASES = ("a", "b", "c", "key", "title", "__a", "j", "m", "r", "place", "mask", "_", "x" * 63)
"""Among them names that the statement's own could be."""

DECIMALS = ("0", "1", "-1", "0.5", "1.50", "1e3", "10000000000000000000000000000.12345")


@dataclass
class Question:
    """A document and the variables it wants."""

    document: str = ""
    variables: dict[str, Any] = field(default_factory=dict)


@st.composite
def questions(draw: st.DrawFn, schema: GraphQLSchema, world: World) -> Question:
    """Draw a question about records."""
    return _Writer(draw, schema, world).question()


class _Writer:
    """Writes one document.

    A response name stands for one field with one set of arguments in the whole document, so that
    all fields that share a name can be merged.
    """

    def __init__(self, draw: st.DrawFn, schema: GraphQLSchema, world: World) -> None:
        self._draw = draw
        self._schema = schema
        self._world = world
        self._named: dict[str, tuple[str, str, str]] = {}
        self._declared: list[str] = []
        self._variables: dict[str, Any] = {}
        self._fragments: dict[str, list[str]] = {}
        self._definitions: list[str] = []
        self._budget = 40

    def question(self) -> Question:
        query = self._schema.query_type
        roots = self._several([*ROOTS, "node"], 1, 3)
        selections = [self._field(query, name, 0) for name in roots]
        if self._chance(5):
            selections.append("__typename")
        declared = f"({', '.join(self._declared)})" if self._declared else ""
        head = f"query Q{declared} " if declared or self._chance(2) else ""
        operation = f"{head}{{ {' '.join(selections)} }}"
        return Question("\n".join([operation, *self._definitions]), self._variables)

    def _field(self, parent: GraphQLObjectType, name: str, depth: int) -> str:
        definition = parent.fields[name]
        arguments = self._arguments(parent, name, definition)
        alias = self._alias(name, arguments, str(definition.type))
        below = get_named_type(definition.type)
        selections = (
            f" {{ {self._selections(below, depth + 1)} }}" if is_composite_type(below) else ""
        )
        return f"{alias}{name}{arguments}{self._directives()}{selections}"

    def _alias(self, name: str, arguments: str, kind: str) -> str:
        meaning = (name, arguments, kind)
        wanted = self._draw(st.sampled_from(ALIASES)) if self._chance(4) else name
        number = 0
        response = wanted
        while self._named.setdefault(response, meaning) != meaning:
            number += 1
            response = f"{wanted[:55]}_{number}"
        return "" if response == name else f"{response}: "

    def _selections(self, kind: Any, depth: int) -> str:
        if isinstance(kind, GraphQLInterfaceType):
            return self._on_node(depth)
        found = [self._selection(kind, depth) for _ in range(self._draw(st.integers(1, 5)))]
        return " ".join(found)

    def _on_node(self, depth: int) -> str:
        name = self._draw(st.sampled_from(list(ROOTS.values()))).name
        below = self._selections(self._schema.type_map[name], depth + 1)
        return f"__typename id ... on {name} {{ {below} }}"

    def _selection(self, kind: GraphQLObjectType, depth: int) -> str:
        self._budget -= 1
        shape = self._draw(st.integers(0, 19))
        if shape == 0:
            return f"__typename{self._directives()}"
        if shape == 1 and self._budget > 0:
            condition = self._draw(st.sampled_from(["", f"on {kind.name}"]))
            return f"... {condition}{self._directives()} {{ {self._selections(kind, depth)} }}"
        if shape == 2 and self._budget > 0:
            return f"...{self._fragment(kind, depth)}{self._directives()}"
        if shape == 3 and kind.interfaces:
            return "... on Node { id }"
        names = self._names(kind, depth)
        return (
            self._field(kind, self._draw(st.sampled_from(names)), depth) if names else "__typename"
        )

    def _names(self, kind: GraphQLObjectType, depth: int) -> list[str]:
        """Name the fields to choose from: the scalars, or, not too deep, those with fields."""
        deeper = [n for n, f in kind.fields.items() if is_composite_type(get_named_type(f.type))]
        leaves = [name for name in kind.fields if name not in deeper]
        if not leaves or (deeper and self._budget > 0 and depth < 7 and self._chance(3)):
            return deeper
        return leaves

    def _fragment(self, kind: GraphQLObjectType, depth: int) -> str:
        known = self._fragments.setdefault(kind.name, [])
        if known and self._chance(2):
            return self._draw(st.sampled_from(known))
        name = f"F{len(self._definitions)}"
        place = len(self._definitions)
        self._definitions.append("")
        body = self._selections(kind, depth + 1)
        self._definitions[place] = f"fragment {name} on {kind.name} {{ {body} }}"
        # Known only now, so that no fragment is spread within itself.
        known.append(name)
        return name

    def _directives(self) -> str:
        if not self._chance(8):
            return ""
        name = self._draw(st.sampled_from(["skip", "include"]))
        value = self._draw(st.booleans())
        shown = self._variable("Boolean!", value) if self._chance(2) else str(value).lower()
        return f" @{name}(if: {shown})"

    def _variable(self, kind: str, value: Any, literal: str = "") -> str:
        """Declare a variable; with a literal, as a default that is sometimes overridden."""
        name = f"v{len(self._declared)}"
        default = f" = {literal}" if literal and self._chance(2) else ""
        self._declared.append(f"${name}: {kind}{default}")
        if not default:
            self._variables[name] = value
        return f"${name}"

    def _arguments(self, parent: GraphQLObjectType, name: str, definition: GraphQLField) -> str:
        if parent is not self._schema.query_type:
            sizes = st.sampled_from((1, 2, 20))
            has_size = "first" in definition.args and self._chance(2)
            return f"(first: {self._size(sizes)})" if has_size else ""
        if name == "node":
            return f"(id: {_text(self._key())})"
        return self._page(definition)

    def _page(self, definition: GraphQLField) -> str:
        given = []
        if self._chance(2):
            given.append(f"first: {self._size(st.sampled_from(PAGE_SIZES))}")
        if self._chance(2):
            given.append(f"filter: {self._filter(definition.args['filter'].type)}")
        if self._chance(2):
            given.append(f"orderBy: {self._order(definition.args['orderBy'].type)}")
        if self._chance(4):
            instant = self._draw(st.sampled_from(self._world.instants)).isoformat()
            literal = _text(instant)
            use_variable = self._chance(2)
            shown = self._variable("DateTime", instant, literal) if use_variable else literal
            given.append(f"asOf: {shown}")
        return f"({', '.join(given)})" if given else ""

    def _size(self, sizes: st.SearchStrategy[int]) -> str:
        size = self._draw(sizes)
        return self._variable("Int!", size, str(size)) if self._chance(3) else str(size)

    def _key(self) -> str:
        keys = [row["key"] for rows in self._world.rows.values() for row in rows]
        return self._draw(st.sampled_from([*keys, DANGLING, "", "KR.Nothing.1"]))

    def _filter(self, kind: Any) -> str:
        fields = _input_fields(kind)
        found = []
        for name in self._several(sorted(fields), 1, 2):
            operators = _input_fields(fields[name].type)
            operator = self._draw(st.sampled_from(sorted(operators)))
            found.append(f"{name}: {{{operator}: {self._value(operators[operator].type)}}}")
        return f"{{{', '.join(found)}}}"

    def _value(self, kind: Any) -> str:
        kind = get_nullable_type(kind)
        if isinstance(kind, GraphQLList):
            values = [self._value(kind.of_type) for _ in range(self._draw(st.integers(0, 3)))]
            return f"[{', '.join(values)}]"
        if isinstance(kind, GraphQLEnumType):
            return str(self._draw(st.sampled_from(sorted(kind.values))))
        return self._scalar(kind)

    def _scalar(self, kind: GraphQLScalarType) -> str:
        match kind.name:
            case "Boolean":
                return str(self._draw(st.booleans())).lower()
            case "Int":
                return str(self._draw(st.sampled_from(WHOLES)))
            case "Decimal":
                return _text(self._draw(st.sampled_from(DECIMALS)))
            case "DateTime":
                return _text(self._draw(st.sampled_from(self._world.instants)).isoformat())
            case "Date":
                return _text(self._draw(st.sampled_from([day for day in DAYS if day])))
        text = self._draw(st.sampled_from((*TEXTS, *Origin, "one.feed", "scheme", "%", "_", "\\")))
        return self._variable("String!", str(text), _text(text)) if self._chance(3) else _text(text)

    def _order(self, kind: Any) -> str:
        item = get_named_type(kind)
        fields = sorted(get_named_type(item.fields["field"].type).values)
        parts = []
        for name in self._several(fields, 1, 3):
            direction = self._draw(st.sampled_from(["", ", direction: ASC", ", direction: DESC"]))
            parts.append(f"{{field: {name}{direction}}}")
        return f"[{', '.join(parts)}]"

    def _chance(self, one_in: int) -> bool:
        return self._draw(st.integers(1, one_in)) == 1

    def _several(self, names: Iterable[str], least: int, most: int) -> Iterator[str]:
        chosen = st.lists(st.sampled_from(list(names)), min_size=least, max_size=most, unique=True)
        yield from self._draw(chosen)


def _input_fields(kind: Any) -> dict[str, Any]:
    found = get_named_type(kind)
    assert isinstance(found, GraphQLInputObjectType)
    return found.fields


def _text(text: str) -> str:
    """Write a GraphQL string."""
    escaped = "".join(
        f"\\u{{{ord(sign):x}}}" if not sign.isprintable() or sign in '"\\' else sign
        for sign in text
    )
    return f'"{escaped}"'
