"""The profile: the part of Cedar that compiles to exact SQL and can't err.

Strict validation alone lets through arithmetic, which overflows, dereferences, which need joins,
and entities named outright, which partial evaluation would take for other than the unknown row.
`crude_faults` comes before any parser, since deep text crashes Cedar's; `faults` walks the parsed
policy. The walk covers all that `conditions.py` reads, and no more.
"""

import re
from collections.abc import Iterator

from cedarpy import pst

from hub.policy.findings import Finding

MAX_TEXT_BYTES = 256 * 1024
MAX_NESTING = 50
MAX_OPERATORS = 300
"""In one policy. Cedar's parser dies of some 600 nested or 1000 chained operators."""

_SKIPPED = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*', re.DOTALL)
_OPERATOR = re.compile(r"[!+*<>.\[-]|&&|\|\||==|\b(?:if|in|is|has|like)\b")

_SCOPE_MEND = "leave the scope open, and test attributes in `when`"
_MEND = "compare attributes of `resource` with literals or attributes of `principal` and `context`"

_CALLERS_SETS = [pst.GetAttr(pst.Var("principal"), name) for name in ("roles", "reciprocates")]

_PAIRS = {
    "eq",
    "not_eq",
    "less",
    "less_eq",
    "greater",
    "greater_eq",
    "contains_all",
    "contains_any",
}


def crude_faults(place: str, text: str) -> Iterator[Finding]:
    """Find what might crash a parser, by counting characters alone."""
    if len(text.encode()) > MAX_TEXT_BYTES:
        yield Finding(place, f"is over {MAX_TEXT_BYTES} bytes", "split it")
        return
    bare = _SKIPPED.sub('""', text)
    for number, policy in enumerate(bare.split(";"), 1):
        where = f"{place}: policy {number}"
        if _nesting(policy) > MAX_NESTING:
            yield Finding(where, f"nests deeper than {MAX_NESTING} brackets", "flatten it")
        if len(_OPERATOR.findall(policy)) > MAX_OPERATORS:
            yield Finding(where, f"has over {MAX_OPERATORS} operators", "split it in two policies")


def faults(place: str, policy: pst.Template) -> Iterator[Finding]:
    """Find what a parsed policy says outside the profile."""
    for scope in (policy.principal, policy.resource):
        if not isinstance(scope, pst.ScopeAny | pst.ScopeIs):
            yield Finding(place, f"names an entity in its scope ({scope})", _SCOPE_MEND)
    for clause in policy.clauses:
        for fault in _condition(clause.expr):
            yield Finding(place, fault, _MEND)


def _nesting(text: str) -> int:
    deepest = depth = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest


def _condition(expr: pst.Expr) -> Iterator[str]:
    match expr:
        case pst.BoolLit():
            pass
        case pst.UnaryOp("not", arg):
            yield from _condition(arg)
        case pst.BinaryOp("and" | "or", left, right):
            yield from _condition(left)
            yield from _condition(right)
        case pst.IfThenElse(condition, then, otherwise):
            # Each condition is compiled twice, so nested ones would double at every level.
            if _has_choice(condition):
                yield "tests an `if` inside the condition of another"
            for part in (condition, then, otherwise):
                yield from _condition(part)
        case pst.HasAttr(pst.Var("resource" | "principal" | "context"), (_,)):
            pass
        case pst.Is(pst.Var("resource" | "principal"), _, None):
            pass
        case _:
            yield from _comparison(expr)


def _comparison(expr: pst.Expr) -> Iterator[str]:
    match expr:
        case pst.Like(base, pattern):
            yield from _operand(base)
            if pst.Char("\0") in pattern:
                yield "has a pattern with a NUL"
        case pst.UnaryOp("is_empty", arg):
            yield from _operand(arg)
        case pst.BinaryOp("contains", left, right):
            yield from _operand(left)
            yield from _operand(right)
            if _is_of_row(left) and _is_of_row(right):
                yield "looks for one attribute of the row in another"
        case pst.BinaryOp(operator, left, right) if operator in _PAIRS:
            yield from _operand(left)
            yield from _operand(right)
        case pst.BinaryOp(operator) | pst.UnaryOp(operator):
            yield f"uses `{operator}`, which might err or has no exact SQL"
        case pst.GetAttr():
            yield from _operand(expr)
        case _:
            yield f"has a {type(expr).__name__} where a condition is expected"


def _operand(expr: pst.Expr) -> Iterator[str]:
    match expr:
        case pst.Set(elements):
            for element in elements:
                yield from _operand(element)
                if _is_of_row(element) or _is_set(element):
                    yield "has a set of other than literals and texts of `principal` or `context`"
        case pst.StringLit(text) if "\0" in text:
            yield "has a text with a NUL"
        case (
            pst.StringLit()
            | pst.LongLit()
            | pst.BoolLit()
            | pst.UnaryOp("datetime", pst.StringLit())
            | pst.GetAttr(pst.Var("resource" | "principal" | "context"))
        ):
            pass
        case pst.GetAttr():
            yield f"reads `{expr.attr}` of something other than a row, a caller or a context"
        case pst.EntityLit(uid):
            yield f"names the entity {uid}"
        case pst.BinaryOp(operator) | pst.UnaryOp(operator):
            yield f"computes with `{operator}`"
        case _:
            yield f"has a {type(expr).__name__} where a plain value is expected"


def _is_of_row(expr: pst.Expr) -> bool:
    return isinstance(expr, pst.GetAttr) and expr.base == pst.Var("resource")


def _is_set(expr: pst.Expr) -> bool:
    return isinstance(expr, pst.Set) or expr in _CALLERS_SETS


def _has_choice(expr: pst.Expr) -> bool:
    match expr:
        case pst.IfThenElse():
            return True
        case pst.UnaryOp(_, arg):
            return _has_choice(arg)
        case pst.BinaryOp(_, left, right):
            return _has_choice(left) or _has_choice(right)
    return False
