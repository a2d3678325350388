"""Documents, parsed and validated: once for each text that is asked again."""

from functools import lru_cache

from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse, validate

from hub.errors import HubError
from hub.gateway.limits import MAX_TOKENS, check_size

MAX_ERRORS = 20
"""Most errors one answer lists."""

CACHED_DOCUMENTS = 500


class Refused(Exception):
    """A document that can't be run, and all that is wrong with it."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(*errors)
        self.errors = errors


class Documents:
    """Reads documents of one schema; keeps the good ones, those least recently asked for go."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self.read = lru_cache(CACHED_DOCUMENTS)(self._read)

    def _read(self, text: str) -> DocumentNode:
        """Parse and validate a document.

        Raises:
            Refused: it has errors.
        """
        try:
            document = parse(text, max_tokens=MAX_TOKENS)
            check_size(document)
        except GraphQLError as error:
            raise Refused([error]) from error
        except HubError as error:
            raise Refused([GraphQLError(error.message, original_error=error)]) from error
        errors = validate(self._schema, document, max_errors=MAX_ERRORS, hide_suggestions=True)
        if errors:
            raise Refused(errors)
        return document
