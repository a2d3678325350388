"""GraphQL names of the records' fields."""

from functools import cache

from strawberry.utils.str_converters import to_camel_case


@cache
def camel(name: str) -> str:
    """Spell a field's name as GraphQL does: `reason_text` becomes `reasonText`."""
    return to_camel_case(name)
