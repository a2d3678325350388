"""Every code that the hub gives is explained on one page, with its statuses, and is provoked."""

import ast
import re
from itertools import chain
from pathlib import Path

import pytest

from federation.errors import FederationError
from federation.harmonize.reasons import REASONS
from hub import app, cli, errors  # noqa: F401 - all errors are declared once these are read
from hub.error_codes.own_issuer import OWN_ISSUER
from hub.error_codes.page import SECTIONS, document
from hub.errors import HubError, MemberFault
from hub.gateway.limits import LIMITS
from hub.settings import ROOT

CODES = {name: code for codes in SECTIONS.values() for name, code in codes.items()}
SHOWN = {name: code for name, code in CODES.items() if name not in OWN_ISSUER}
RELAYED = {
    ("POLICIES_MOVED", 410),
    ("INTERRUPTED", 409),
    ("PERSISTED_QUERY_NOT_FOUND", 400),
    ("SOURCE_BUSY", 502),
    ("SOURCE_DOWN", 502),
}
"""What is raised by a code that was kept or worked out before."""
DETAILED = {"Undecided", "ListMoved"}
"""Errors that are made with a detail, and whose message is worded where it is kept."""
BEGINS = re.compile(r"[a-z`…]|HUB_")
ADVISES = re.compile(r"[:;] \S|^(send|name|say|decide|give|use|correct|ask) | must ")
"""What to do next stands behind a colon, or is all that is said."""
PUT_IN = {"a value of `…` …"}
"""Messages that are given what to do next by whoever refuses."""


def in_tree(kind):
    return [kind, *chain.from_iterable(map(in_tree, kind.__subclasses__()))]


KINDS = {kind.__name__: (kind.code, kind.status) for kind in in_tree(HubError)}
KINDS |= {kind.__name__: (kind.code, MemberFault.status) for kind in in_tree(FederationError)}
TREES = [
    ast.parse(path.read_text(encoding="utf-8"))
    for room in ("hub", "federation")
    for path in sorted((ROOT / room).rglob("*.py"))
    if not {"demo", "error_codes", "members"} & set(path.relative_to(ROOT).parts)
]
NODES = [node for tree in TREES for node in ast.walk(tree)]
CONSTANTS = {
    node.value
    for node in NODES
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 500
}
NAMED = {
    target.id: node.value.value
    for node in NODES
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    for target in node.targets
    if isinstance(target, ast.Name)
}
"""What is called how; of a name that stands for several things, the last."""


USED = LIMITS.keys() & {
    ast.unparse(node.value)
    for node in NODES
    if isinstance(node, ast.Attribute) and node.attr in {"check", "code", "message", "refusal"}
}
TESTED = {
    word
    for path in (ROOT / "tests").rglob("test_*.py")
    if path != Path(__file__)
    for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))
}
"""All words of the other tests; those of `hub/errors.py` are provoked by `test_error_shape.py`."""


def codes_in(value):
    """The codes that an expression may give, by their texts or by limits; OAuth's are apart."""
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and re.fullmatch(r"[A-Z_]+", str(node.value)):
            yield node.value
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in LIMITS:
            yield LIMITS[ast.unparse(node.value)].code


def raised():
    """Each code that an error is made with, and the status of that error."""
    for node in NODES:
        name = ast.unparse(node.func).split(".")[-1] if isinstance(node, ast.Call) else None
        if name in KINDS:
            code, status = KINDS[name]
            finer = [each.value for each in node.keywords if each.arg == "code"]
            for value in finer:
                yield from ((code, status) for code in codes_in(value))
            if not finer:
                yield code, status


def written():
    """Codes that are assigned to a name, or put into a table's column."""
    for node in NODES:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
            yield from codes_in(node.value)
    for text in CONSTANTS:
        yield from re.findall(r"(?:reason_)?code = '([A-Z_]+)'", text)
        yield from re.findall(r"^SOURCE_[A-Z_]+$", text)


def words_in(node):
    """The text of a string, `…` standing for what is put in; None of anything else."""
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.JoinedStr(parts):
            return "".join(words_in(part) or "…" for part in parts)
    return None


def messages():
    """Each message that an error is made with on the spot."""
    for node in NODES:
        name = ast.unparse(node.func).split(".")[-1] if isinstance(node, ast.Call) else None
        if name in KINDS.keys() - DETAILED and node.args and (words := words_in(node.args[0])):
            yield words


RAISED = set(raised()) | RELAYED
CHECKED = {
    code: {name for name in USED if LIMITS[name].code == code}
    for code in {LIMITS[name].code for name in USED}
}
"""Limits that questions are held to, by the code of the refusal."""
GATE = {
    NAMED.get(ast.unparse(node.args[0]), getattr(node.args[0], "value", None))
    for node in NODES
    if isinstance(node, ast.Call)
    and ast.unparse(node.func) in {"Breach", "Held"}
    and len(node.args) > 1
} - {None}


def test_the_page_is_what_the_codes_are_declared_to_mean():
    assert (ROOT / "docs" / "errors.md").read_text(encoding="utf-8") == document()


def test_no_code_is_explained_twice():
    assert len(CODES) == sum(map(len, SECTIONS.values()))
    assert not CODES.keys() & REASONS.keys()


def test_every_code_that_is_given_is_explained():
    given = {code for code, _ in RAISED} | set(written()) | {code for code, _ in KINDS.values()}
    assert sorted(given - CODES.keys() - GATE) == []


def test_every_explained_code_is_given():
    given = {code for code, _ in KINDS.values()} | CHECKED.keys()
    assert sorted(CODES.keys() - CONSTANTS - given - set(written())) == []


def test_every_explained_code_is_provoked_by_a_test():
    provoked = {kind.code for kind in in_tree(HubError) if kind.__module__ == errors.__name__}
    provoked |= {code for code, names in CHECKED.items() if names & TESTED}
    assert sorted(CODES.keys() - TESTED - provoked) == []


@pytest.mark.parametrize("name", SHOWN)
def test_a_code_comes_with_the_statuses_that_the_page_shows(name):
    seen = {status for code, status in RAISED if code == name}
    seen |= {status for code, status in KINDS.values() if code == name}
    assert seen <= set(SHOWN[name].statuses)
    if name not in {limit.code for limit in LIMITS.values()}:
        assert seen == set(SHOWN[name].statuses)


def test_oauth_has_no_code_that_is_not_explained():
    oauth = re.compile(r"(invalid|unsupported|unauthorized|temporarily|use_dpop)_[a-z_]+")
    assert {text for text in CONSTANTS if oauth.fullmatch(text)} == OWN_ISSUER.keys()


def test_the_page_on_the_gate_lists_each_code_that_holds_a_pull():
    page = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    table = page.partition("| code | held when")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE)) == GATE


def test_messages_are_lower_case_without_a_period_and_say_what_to_do():
    """A rough measure, which a message of half a sentence does not meet."""
    found = set(messages()) - PUT_IN
    assert len(found) > 300
    assert [words for words in sorted(found) if not BEGINS.match(words)] == []
    assert [words for words in sorted(found) if words.endswith(".")] == []
    assert [words for words in sorted(found) if not ADVISES.search(words)] == []


@pytest.mark.parametrize("name", CODES)
def test_a_code_says_what_happened_and_what_to_do(name):
    code = CODES[name]
    for words in (code.seen_by, code.means, code.advice):
        assert words
        assert "|" not in words
        assert not words.endswith(".")
