"""Documents, parsed and validated: once for each text that is asked again.

What could be dear is refused before the step that would be: a long text before it is parsed, a wide
document before it is validated, and fields that are compared each with each while they are.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse, specified_rules, validate
from graphql.validation import (
    NoFragmentCyclesRule,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
)
from graphql.validation.validate import ValidationAbortedError

from hub.errors import HubError
from hub.gateway.limits import COMPARISONS, ERRORS, TOKENS
from hub.gateway.questions.introspection import SchemaRights, check_introspection
from hub.gateway.questions.lexing import check_text
from hub.gateway.questions.sizes import check_size

MAX_ERRORS = ERRORS.most
"""Most errors one answer lists."""

CACHED_DOCUMENTS = 500


class Refused(Exception):
    """A document that can't be run, and all that is wrong with it."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(*errors)
        self.errors = errors

    @classmethod
    def by(cls, error: HubError) -> "Refused":
        """Refuse for one reason of the hub's own."""
        return cls([GraphQLError(error.message, original_error=error)])


class BoundedOverlapRule(OverlappingFieldsCanBeMergedRule):
    """The rule whose work grows with the square of a document, stopped early."""

    def __init__(self, context: ValidationContext) -> None:
        """Lower the rule's own budget."""
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = COMPARISONS.most

    def enter_selection_set(self, *node: Any) -> None:
        """Compare the fields of a selection, with all that graphql-core's visitor tells of it.

        Raises:
            InvalidInput: there have been too many comparisons.
        """
        try:
            super().enter_selection_set(*node)
        except ValidationAbortedError as error:
            if self.rule_context.remaining_complexity_budget < 0:
                raise COMPARISONS.refusal(f"over {COMPARISONS.most}") from error
            raise


_ASKED_APART = {NoFragmentCyclesRule, OverlappingFieldsCanBeMergedRule}
RULES = (
    (NoFragmentCyclesRule,),
    tuple(rule for rule in specified_rules if rule not in _ASKED_APART),
    (BoundedOverlapRule,),
)
"""Rules by what they cost: circles make the others dear, and the dearest comes last."""


@dataclass(frozen=True, slots=True)
class _Document:
    node: DocumentNode
    introspects: bool


class Documents:
    """Reads documents of one schema; keeps the good ones, those least recently asked for go."""

    def __init__(self, schema: GraphQLSchema, rights: SchemaRights | None = None) -> None:
        """Keep the schema, and who may ask about it: every caller, if nothing else is said."""
        self._schema = schema
        self._rights = rights or SchemaRights()
        self._kept = lru_cache(CACHED_DOCUMENTS)(self._read)

    def read(self, text: str, roles: Collection[str] | None = None) -> DocumentNode:
        """Parse and validate a document, for a caller of some roles or for the hub itself.

        Raises:
            Refused: it has errors, is over a limit, or asks about the schema and may not.
        """
        suggests = not self._rights.suggestions.isdisjoint(roles or ())
        try:
            found = self._kept(text, suggests=suggests)
            if found.introspects and roles is not None:
                self._rights.check(roles)
        except HubError as error:
            raise Refused.by(error) from error
        return found.node

    def _read(self, text: str, *, suggests: bool) -> _Document:
        check_text(text)
        try:
            node = parse(text, max_lexical_tokens=TOKENS.most, max_comments=TOKENS.most)
        except GraphQLError as error:
            raise Refused([error]) from error
        check_size(node)
        introspects = check_introspection(node)
        for rules in RULES:
            errors = validate(self._schema, node, rules, MAX_ERRORS, hide_suggestions=not suggests)
            if errors:
                raise Refused(errors)
        return _Document(node, introspects)
