"""Only one module verifies signatures, and only one decodes JSON that bears trust."""

import ast
from pathlib import Path

HUB = Path(__file__).resolve().parents[2] / "hub"


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def users_of(*modules):
    return {
        path.relative_to(HUB).as_posix()
        for path in HUB.rglob("*.py")
        if any(name.startswith(modules) for name in imports(path))
    }


def test_only_jose_module_touches_signatures():
    assert users_of("joserfc.jws", "joserfc.jwt") == {"identity/keys/jose.py"}


def test_nothing_uses_encryption_or_the_deprecated_library():
    assert users_of("joserfc.jwe", "authlib.jose") == set()


def test_jose_module_does_not_use_the_lenient_decoder():
    assert "joserfc.jwt" not in " ".join(imports(HUB / "identity" / "keys" / "jose.py"))


def test_what_judges_a_token_knows_no_web():
    judges = [HUB / "identity" / "strict_json.py"]
    for room in ("keys", "proofs", "tokens", "trust"):
        judges += (HUB / "identity" / room).glob("*.py")
    web = users_of("starlette", "fastapi")
    assert not {path.relative_to(HUB).as_posix() for path in judges} & web
