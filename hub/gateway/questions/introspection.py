"""Questions about the schema: who may ask them, and how much of it at once.

The schema hides nothing: what is secret are values, and those are masked one by one. So every
caller may ask for it, unless the operator closes that to save the work. Answers are kept, since the
standard one takes a tenth of a second in which nobody else is answered.
"""

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.language import SelectionNode

from hub.errors import Forbidden
from hub.gateway.limits import INTROSPECTION_ALIASES, INTROSPECTION_LISTS
from hub.gateway.planning.selection import AnyExecutor
from hub.gateway.recent import Recent
from hub.identity.types import Role

_ROOTS = frozenset({"__schema", "__type"})
_LISTS = frozenset({"fields", "inputFields", "interfaces", "possibleTypes"})
"""Lists of a type that lead to types again, and so around in circles."""

MAX_ANSWERS = 16
"""Most answers kept of one schema; the standard one has 0.6 MB."""

_Answers = Recent[Hashable, orjson.Fragment]
_answers: WeakKeyDictionary[GraphQLSchema, _Answers] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class SchemaRights:
    """Roles whose callers may introspect, and those whose errors suggest names they may mean."""

    introspection: frozenset[Role] = frozenset(Role)
    suggestions: frozenset[Role] = frozenset()

    def check(self, roles: Collection[str]) -> None:
        """Check that a caller may introspect.

        Raises:
            Forbidden: none of its roles may.
        """
        if self.introspection.isdisjoint(roles):
            raise Forbidden(
                "introspection is closed to your roles: read the schema at `/schema.graphql`",
                code="INTROSPECTION_CLOSED",
            )


def check_introspection(document: DocumentNode) -> bool:
    """Check what a document asks about the schema; tell whether it asks anything.

    The document's size has been checked.

    Raises:
        InvalidInput: it asks for too much, which the message states.
    """
    ruler = _Ruler(document)
    roots = [
        root
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode | FragmentDefinitionNode)
        for root in _roots(each.selection_set)
    ]
    for root in roots:
        lists, aliases = ruler.below(root)
        # `__type` may be asked of several types; a second `__schema` asks for all of them again.
        is_again = root.name.value == "__schema" and root.alias is not None
        INTROSPECTION_LISTS.check(lists)
        INTROSPECTION_ALIASES.check(aliases + is_again)
    return bool(roots)


def _roots(selections: SelectionSetNode | None) -> list[FieldNode]:
    """Find the fields about the schema, at any depth."""
    found: list[FieldNode] = []
    waiting = [selections]
    while waiting:
        for node in getattr(waiting.pop(), "selections", ()):
            if isinstance(node, FieldNode) and node.name.value in _ROOTS:
                found.append(node)
            else:
                waiting.append(getattr(node, "selection_set", None))
    return found


class _Ruler:
    """Measures what is asked below `__schema` and `__type`, each fragment once."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._measured: dict[str, tuple[int, int]] = {}

    def below(self, node: SelectionNode | FragmentDefinitionNode) -> tuple[int, int]:
        """Count lists of types inside one another, and aliases."""
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        lists = aliases = 0
        selections = getattr(node, "selection_set", None)
        for child in getattr(selections, "selections", ()):
            found, more = self.below(child)
            is_field = isinstance(child, FieldNode)
            lists = max(lists, found + (is_field and child.name.value in _LISTS))
            aliases += more + (is_field and child.alias is not None)
        return lists, aliases

    def _fragment(self, name: str) -> tuple[int, int]:
        if name not in self._measured:
            self._measured[name] = 0, 0
            found = self._fragments.get(name)
            self._measured[name] = self.below(found) if found else (0, 0)
        return self._measured[name]


def kept_answer(executor: AnyExecutor, node: FieldNode, answer: Callable[[], object]) -> object:
    """Answer a root field, from memory where it asks about the schema and was asked before.

    Args:
        executor: of a valid document.
        node: the root field.
        answer: makes the answer.
    """
    operation = executor.operation
    if node.name.value not in _ROOTS or operation.variable_definitions or operation.loc is None:
        return answer()
    answers = _answers.setdefault(executor.schema, _Answers(MAX_ANSWERS))
    key = operation.loc.source.body, operation.name and operation.name.value, node.loc
    known = answers.find(key)
    if known is None:
        found = answer()
        if not isinstance(found, dict):
            return found
        known = orjson.Fragment(orjson.dumps(found))
        answers.keep(key, known)
    return known
