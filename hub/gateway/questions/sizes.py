"""How large a document is that was parsed, with its fragments written out.

Each definition is walked once, whatever its fragments multiply to: a dozen fragments that spread
one another twice stand for thousands of fields, and must be counted without being written out.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.language import DirectiveNode, SelectionNode

from hub.gateway.limits import (
    ALIASES,
    DIRECTIVES,
    DIRECTIVES_IN_PLACE,
    FIELDS,
    FRAGMENTS,
    LEVELS,
    NESTING,
    OPERATIONS,
    REPEATS,
    ROOT_FIELDS,
    VARIABLES,
)


@dataclass(frozen=True, slots=True)
class Size:
    """Size of a part of a document, its fragments written out; `here` are the fields on top."""

    levels: int = 0
    here: int = 0
    fields: int = 0
    aliases: int = 0

    def beside(self, other: "Size") -> "Size":
        """Add what stands on the same level."""
        return Size(
            max(self.levels, other.levels),
            self.here + other.here,
            self.fields + other.fields,
            self.aliases + other.aliases,
        )


def check_size(document: DocumentNode) -> None:
    """Check a document that was parsed, and not yet validated.

    Raises:
        InvalidInput: it, or one of its operations, is over a limit, which the message states.
    """
    operations = [e for e in document.definitions if isinstance(e, OperationDefinitionNode)]
    fragments = [e for e in document.definitions if isinstance(e, FragmentDefinitionNode)]
    OPERATIONS.check(len(operations))
    FRAGMENTS.check(len(fragments))
    ruler = _Ruler(fragments)
    for operation in operations:
        ruler.count(operation.directives)
        variables = operation.variable_definitions or ()
        VARIABLES.check(len(variables))
        for variable in variables:
            ruler.count(variable.directives)
        _check(ruler.size(operation.selection_set))
    for fragment in fragments:
        ruler.count(fragment.directives)
        ruler.fragment(fragment.name.value)
    DIRECTIVES.check(ruler.directives)


def _check(size: Size) -> None:
    LEVELS.check(size.levels)
    ROOT_FIELDS.check(size.here)
    FIELDS.check(size.fields)
    ALIASES.check(size.aliases)


class _Ruler:
    """Measures selections, each fragment once."""

    def __init__(self, fragments: Iterable[FragmentDefinitionNode]) -> None:
        self._fragments = {each.name.value: each for each in fragments}
        self._measured: dict[str, Size] = {}
        self._depth = 0
        self.directives = 0

    def size(self, selections: SelectionSetNode | None) -> Size:
        if selections is None:
            return Size()
        names = Counter(map(_named, selections.selections))
        REPEATS.check(max(names.values(), default=0))
        self._depth += 1
        NESTING.check(self._depth)
        size = reduce(Size.beside, map(self._one, selections.selections), Size())
        self._depth -= 1
        return size

    def count(self, directives: Sequence[DirectiveNode] | None) -> None:
        found = len(directives or ())
        DIRECTIVES_IN_PLACE.check(found)
        self.directives += found

    def fragment(self, name: str) -> Size:
        if name not in self._measured:
            # An unknown fragment, or one inside itself, is for the validation rules to refuse.
            self._measured[name] = Size()
            found = self._fragments.get(name)
            self._measured[name] = self.size(found.selection_set) if found else Size()
        return self._measured[name]

    def _one(self, node: SelectionNode) -> Size:
        self.count(node.directives)
        if isinstance(node, FragmentSpreadNode):
            return self.fragment(node.name.value)
        below = self.size(getattr(node, "selection_set", None))
        if not isinstance(node, FieldNode):
            return below
        if node.name.value.startswith("__"):
            # What is asked about the schema is measured by `introspection.py`.
            return Size(1, 1, 1, 0)
        return Size(1 + below.levels, 1, 1 + below.fields, bool(node.alias) + below.aliases)


def _named(node: SelectionNode) -> tuple[type, str]:
    """Tell what a selection answers as, or which fragment it is."""
    if isinstance(node, FieldNode):
        return FieldNode, (node.alias or node.name).value
    if isinstance(node, FragmentSpreadNode):
        return FragmentSpreadNode, node.name.value
    condition = cast(InlineFragmentNode, node).type_condition
    return InlineFragmentNode, condition.name.value if condition else ""
