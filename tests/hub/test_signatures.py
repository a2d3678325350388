"""A public signature names types, or aliases whose docstring says why they are open."""

import ast
import re

import pytest

from hub.settings import ROOT

OPEN = [
    (
        "stands for a value of any type in a class body, as SQLModel's own `Field` does",
        "federation/records/declaration.py",
        "field condition public operational commercial restricted link",
    ),
    ("typer does not publish its class of commands", "hub/cli/contents.py", "load"),
    (
        "graphql-core's signatures, which are overridden",
        "hub/gateway/execution/executor.py",
        "PassThroughExecutor.execute_root_grouped_field_set PassThroughExecutor.execute_field",
    ),
    (
        "a message of our own beside those that uvicorn's type lists",
        "hub/joined_writes.py",
        "AnswerCycle.send",
    ),
    ("what is loaded late is known by its name alone", "hub/late.py", "load_late"),
    ("values that mypy can't order", "hub/gateway/planning/decisions.py", "Predicate.origins"),
    (
        "graphql-core's signature, which is overridden",
        "hub/gateway/questions/parsed.py",
        "BoundedOverlapRule.enter_selection_set",
    ),
]
"""Why a signature names `Any` itself, where it stands, and what it is of."""


def open_signatures(body, within=""):
    for node in body:
        name = getattr(node, "name", "_")
        if name.startswith("_") and name != "__init__":
            continue
        if isinstance(node, ast.ClassDef):
            yield from open_signatures(node.body, f"{within}{name}.")
        elif re.search(r"\bAny\b", f"{ast.unparse(node.args)} {ast.unparse(node.returns or [])}"):
            yield f"{within}{name}"


@pytest.mark.parametrize("text", ["x: Any", "*x: 'list[Any]'", "x: typing.Any = 1, /", ") -> (Any"])
def test_any_is_found_wherever_a_signature_names_it(text):
    assert [*open_signatures(ast.parse(f"class A:\n  def f({text}): ...").body)] == ["A.f"]


def test_no_other_public_signature_names_any():
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for room in ("hub", "federation", "client")
        for path in (ROOT / room).rglob("*.py")
        for name in open_signatures(ast.parse(path.read_text("utf-8")).body)
    }
    assert found == {(path, name) for _, path, names in OPEN for name in names.split()}
