"""Cedar's JSON conditions, as partial evaluation leaves them, read as expressions.

Only what the profile admits is known here. Anything else, such as the `Var` that cedarpy leaves
where a part of a policy would err, raises `Undecided`: every node is read, folded away or not.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub.errors import Unavailable
from hub.policy.expression import (
    Expression,
    Instant,
    Scalar,
    TextSet,
    all_of,
    any_of,
    at_least,
    at_most,
    constant,
    holds_all,
    holds_any,
    matches,
    negation,
    not_over,
    one_of,
    same,
)
from hub.policy.instants import read_instant
from hub.policy.schema import Attribute, CedarType, ResourceType

Operand = Attribute | Scalar | frozenset[Scalar]


class Undecided(Unavailable):
    """Cedar's answer is not one that can be relied on."""

    code = "POLICY_UNDECIDED"

    def __init__(self, detail: str) -> None:
        super().__init__(
            "access can't be decided now: ask the secretariat to check the policies", detail=detail
        )


class ConditionReader:
    """Reads conditions on a row of one record type; `sentinel` is the uid of the unknown row."""

    def __init__(self, resource: ResourceType, sentinel: str) -> None:
        self._attributes = resource.attributes
        self._unknown = {"unknown": [{"Value": sentinel}]}

    def boolean(self, node: object) -> Expression:
        """Read a condition.

        Raises:
            Undecided: it holds something that can't be compiled.
        """
        match _operation(node):
            case "Value", bool(value):
                return constant(value)
            case "&&", _:
                return all_of(map(self.boolean, _chain("&&", node)))
            case "||", _:
                return any_of(map(self.boolean, _chain("||", node)))
            case "!", {"arg": arg}:
                return negation(self.boolean(arg))
            case "if-then-else", {"if": condition, "then": then, "else": otherwise}:
                return _choice(*map(self.boolean, (condition, then, otherwise)))
        return self._test(node)

    def _test(self, node: object) -> Expression:
        match _operation(node):
            case ".", _:
                return one_of(self._attribute(node, CedarType.BOOL), (True,))
            case "has", {"left": left, "attr": str(name)} if left == self._unknown:
                return constant(name in self._attributes)
            case "like", {"left": left, "pattern": list(pattern)}:
                text = self._attribute(left, CedarType.STRING)
                return matches(text, map(_pattern_part, pattern))
            case "isEmpty", {"arg": arg}:
                return holds_all(frozenset(), self._attribute(arg, CedarType.STRINGS))
            case str(operator), {"left": left, "right": right} if operator in _COMPARISONS:
                return _COMPARISONS[operator](self._operand(left), self._operand(right))
        raise _unknown(node)

    def _operand(self, node: object) -> Operand:
        match _operation(node):
            case "Value", str(value) | bool(value) | int(value):
                return value
            case "datetime", [{"Value": str(text)}]:
                return _instant(text)
            case "Set", list(members):
                return frozenset(map(self._scalar, members))
        return self._attribute(node)

    def _scalar(self, node: object) -> Scalar:
        operand = self._operand(node)
        if isinstance(operand, Attribute | frozenset):
            raise _unknown(node)
        return operand

    def _attribute(self, node: object, cedar_type: CedarType | None = None) -> Attribute:
        match _operation(node):
            case ".", {"left": left, "attr": str(name)} if left == self._unknown:
                attribute = self._attributes.get(name)
                if attribute and cedar_type in {attribute.cedar_type, None}:
                    return attribute
        raise _unknown(node)


def _operation(node: Any) -> tuple[str, Any]:
    if isinstance(node, Mapping) and len(node) == 1:
        return next(iter(node.items()))
    raise _unknown(node)


def _unknown(node: object) -> Undecided:
    return Undecided(f"a residual holds what can't be compiled: {json.dumps(node)[:200]}")


def _chain(operator: str, node: Any) -> Iterator[Any]:
    """List the operands of nested `&&` or `||` at once; level by level would be quadratic."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        match node:
            case {**only} if only.keys() == {operator}:
                match only[operator]:
                    case {"left": left, "right": right}:
                        waiting += (right, left)
                    case _:
                        raise _unknown(node)
            case _:
                yield node


def _choice(condition: Expression, then: Expression, otherwise: Expression) -> Expression:
    return any_of((all_of((condition, then)), all_of((negation(condition), otherwise))))


def _pattern_part(part: Any) -> str | None:
    match part:
        case "Wildcard":
            return None
        case {"Literal": str(character)}:
            return character
    raise _unknown(part)


def _instant(text: str) -> Instant:
    try:
        return read_instant(text)
    except ValueError as error:
        raise Undecided(str(error)) from error


def _equal(left: Operand, right: Operand) -> Expression:
    if not isinstance(left, Attribute):
        left, right = right, left
    match left, right:
        case Attribute(), Attribute() if left.cedar_type is right.cedar_type:
            return same(left, right)
        case Attribute(), frozenset():
            held = _texts(right)
            return all_of((holds_all(_texts(left), held), holds_all(held, left)))
        case Attribute(), _:
            return one_of(left, (_literal(left, right),))
    raise _mismatch(left, right)


def _at_most(left: Operand, right: Operand) -> Expression:
    match left, right:
        case Attribute(), Attribute() if left.cedar_type is right.cedar_type:
            return not_over(left, right)
        case Attribute(), _:
            return at_most(left, _bound(left, right))
        case _, Attribute():
            return at_least(right, _bound(right, left))
    raise _mismatch(left, right)


def _below(left: Operand, right: Operand) -> Expression:
    return negation(_at_most(right, left))


def _contains(left: Operand, right: Operand) -> Expression:
    match left, right:
        case frozenset(), Attribute():
            return one_of(right, (_literal(right, value) for value in left))
        case Attribute(), str():
            return holds_all(_texts(left), frozenset((right,)))
    raise _mismatch(left, right)


def _contains_all(left: Operand, right: Operand) -> Expression:
    return holds_all(_texts(left), _texts(right))


def _contains_any(left: Operand, right: Operand) -> Expression:
    return holds_any(_texts(left), _texts(right))


_COMPARISONS: Mapping[str, Callable[[Operand, Operand], Expression]] = {
    "==": _equal,
    "<": _below,
    "<=": _at_most,
    "contains": _contains,
    "containsAll": _contains_all,
    "containsAny": _contains_any,
}

_LITERAL_TYPES: Mapping[CedarType, type[Scalar]] = {
    CedarType.STRING: str,
    CedarType.LONG: int,
    CedarType.BOOL: bool,
    CedarType.DATETIME: Instant,
}


def _literal(attribute: Attribute, value: Operand) -> Scalar:
    # By exact type: to Python, True is also 1.
    if isinstance(value, str | int | Instant) and type(value) is _LITERAL_TYPES.get(
        attribute.cedar_type
    ):
        return value
    raise _mismatch(attribute, value)


def _bound(attribute: Attribute, value: Operand) -> int | Instant:
    literal = _literal(attribute, value)
    if isinstance(literal, str | bool):
        raise _mismatch(attribute, value)
    return literal


def _texts(operand: Operand) -> TextSet:
    if isinstance(operand, Attribute) and operand.cedar_type is CedarType.STRINGS:
        return operand
    if isinstance(operand, frozenset) and all(isinstance(value, str) for value in operand):
        return frozenset(map(str, operand))
    raise Undecided(f"a set of texts is expected, not {operand}")


def _mismatch(left: Operand, right: Operand) -> Undecided:
    return Undecided(f"a residual compares what can't be compared: {left} with {right}")
