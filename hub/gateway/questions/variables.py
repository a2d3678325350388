"""How much the variables of a question hold, told before any is coerced."""

from typing import Any

from hub.gateway.limits import VALUE_NESTING, VALUES

_HOLDERS = dict, list


def check_variables(variables: dict[str, object] | None) -> None:
    """Check what was read from JSON as variables.

    Raises:
        InvalidInput: they hold too much, or too deep, which the message states.
    """
    values = depth = 0
    level: list[Any] = [variables] if variables else []
    while level:
        below: list[Any] = []
        for each in level:
            below += each.values() if isinstance(each, dict) else each
        values += len(below)
        depth += 1
        level = [value for value in below if isinstance(value, _HOLDERS)]
    VALUES.check(values)
    VALUE_NESTING.check(depth)
