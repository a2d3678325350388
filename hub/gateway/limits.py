"""How large a document may be, with its fragments spelled out.

Each definition is walked once, whatever its fragments multiply to: a dozen fragments that spread
one another twice stand for thousands of fields, and must be counted without being spelled out.
"""

from dataclasses import dataclass
from functools import reduce

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.language import SelectionNode

from hub.errors import InvalidInput

MAX_TOKENS = 1_000
"""Most words and signs of a document."""

MAX_LEVELS = 12
"""Deepest a field may stand. What lies below `__schema` and `__type` has its own rule."""

MAX_FIELDS = 1_000
MAX_ALIASES = 60


@dataclass(frozen=True, slots=True)
class Size:
    """Size of a part of a document, its fragments spelled out."""

    levels: int = 0
    fields: int = 0
    aliases: int = 0

    def beside(self, other: "Size") -> "Size":
        """Add what stands on the same level."""
        return Size(
            max(self.levels, other.levels),
            self.fields + other.fields,
            self.aliases + other.aliases,
        )


def check_size(document: DocumentNode) -> None:
    """Check each operation of a document that was parsed, and not yet validated.

    Raises:
        InvalidInput: one is over a limit, which the message states.
    """
    ruler = _Ruler(document)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            _check(ruler.size(definition.selection_set))


def _check(size: Size) -> None:
    for code, what, found, limit in (
        ("DEPTH_LIMIT", "levels deep", size.levels, MAX_LEVELS),
        ("ALIAS_LIMIT", "aliases long", size.aliases, MAX_ALIASES),
        ("FIELD_LIMIT", "fields long", size.fields, MAX_FIELDS),
    ):
        if found > limit:
            # A number past all reason would be long to write, and tell nothing.
            figure = found if found < 1_000_000 else "over a million"
            raise InvalidInput(
                f"the question is {figure} {what}, {limit} at most: ask in parts", code=code
            )


class _Ruler:
    """Measures selections, each fragment once."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._measured: dict[str, Size] = {}

    def size(self, selections: SelectionSetNode | None) -> Size:
        nodes = selections.selections if selections else ()
        return reduce(Size.beside, map(self._one, nodes), Size())

    def _one(self, node: SelectionNode) -> Size:
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        below = self.size(getattr(node, "selection_set", None))
        if not isinstance(node, FieldNode):
            return below
        levels = 0 if node.name.value.startswith("__") else below.levels
        return Size(1 + levels, 1 + below.fields, bool(node.alias) + below.aliases)

    def _fragment(self, name: str) -> Size:
        if name not in self._measured:
            # An unknown fragment, or one inside itself, is for the validation rules to refuse.
            self._measured[name] = Size()
            found = self._fragments.get(name)
            self._measured[name] = self.size(found.selection_set) if found else Size()
        return self._measured[name]
