"""The policy folder: YAML agreements, the baseline and the committed schema.

Every fault is a `Finding` that names the file, the key and the mend; one broken file does not hide
the faults of the others.
"""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hub.identity.types import Purpose
from hub.policy.agreement import Agreement, Example, Examples, Recipients, Share, faults
from hub.policy.findings import Finding, PolicyFault
from hub.policy.principals import MEMBERS

BASELINE_FILE = "baseline.cedar"
SCHEMA_FILE = "alliance.cedarschema"
AGREEMENTS_FOLDER = "agreements"
MAX_FILE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class PolicyFolder:
    """What a folder holds, as far as it can be read."""

    baseline: str
    agreements: tuple[Agreement, ...]
    findings: tuple[Finding, ...]


def read_folder(folder: Path) -> PolicyFolder:
    """Read a baseline and all agreements. Faults are collected, never skipped in silence."""
    findings: list[Finding] = []
    agreements: list[Agreement] = []
    baseline = ""
    try:
        baseline = read_baseline(folder)
    except PolicyFault as fault:
        findings += fault.findings
    files = folder / AGREEMENTS_FOLDER
    if not files.is_dir():
        findings.append(Finding(str(files), "there is no such folder", "name the policy folder"))
    for path in sorted(files.iterdir()) if files.is_dir() else ():
        if path.name.startswith("."):
            continue
        try:
            agreements.append(read_agreement(path))
        except PolicyFault as fault:
            findings += fault.findings
    return PolicyFolder(baseline, tuple(agreements), tuple(findings))


def read_baseline(folder: Path) -> str:
    """Read a folder's baseline.

    Raises:
        PolicyFault: the file can't be read.
    """
    return _text(folder / BASELINE_FILE)


def agreement_text(folder: Path, agreement_id: str) -> str:
    """Read the YAML of one of a folder's agreements.

    Raises:
        PolicyFault: the file can't be read.
    """
    return _text(folder / AGREEMENTS_FOLDER / f"{agreement_id}.yaml")


def read_agreement(path: Path) -> Agreement:
    """Read one agreement, from a file named after its id.

    Raises:
        PolicyFault: the file can't be read, or says something that an agreement can't.
    """
    agreement = parse_agreement(_text(path), path.name)
    if path.name != f"{agreement.id}.yaml":
        mend = f"call the file `{agreement.id}.yaml`"
        raise PolicyFault([Finding(path.name, "is not named after the agreement's id", mend)])
    return agreement


def parse_agreement(text: str, place: str) -> Agreement:
    """Read one agreement from YAML; findings name the place it came from.

    Raises:
        PolicyFault: the text says something that an agreement can't.
    """
    if len(text) > MAX_FILE_BYTES:
        raise PolicyFault([Finding(place, f"is over {MAX_FILE_BYTES} bytes", "split it in two")])
    try:
        raw = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a stricter SafeLoader
        # Through JSON, where pydantic's strict mode takes lists and code words as such.
        agreement = Agreement.model_validate_json(json.dumps(_spelled_out(raw), default=str))
    except (yaml.YAMLError, RecursionError) as error:
        problem = " ".join(str(error).split()) or "nested too deep"
        raise PolicyFault([Finding(place, problem, "correct the YAML there")]) from error
    except ValidationError as error:
        raise PolicyFault([_finding(place, each) for each in error.errors()]) from error
    if found := [*faults(agreement)]:
        raise PolicyFault(found)
    return agreement


class _StrictLoader(yaml.SafeLoader):
    """YAML without repeated keys, of which the last would win, and without multiplying aliases."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias (`*name`) is not allowed: write the value out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                problem = f"the key `{key.value}` stands twice, or is no word"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if len(data) > MAX_FILE_BYTES:
            raise PolicyFault(
                [Finding(str(path), f"is over {MAX_FILE_BYTES} bytes", "split it in two")]
            )
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        mend = "put a readable UTF-8 file there"
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise PolicyFault([Finding(str(path), f"can't be read: {why}", mend)]) from error


def _spelled_out(raw: Any) -> Any:
    """Write out `recipients: all` and `purposes: any`."""
    if not isinstance(raw, Mapping):
        return raw
    spelled = dict(raw)
    if raw.get("recipients") == "all":
        spelled["recipients"] = {"members": list(MEMBERS)}
    if raw.get("purposes") == "any":
        spelled["purposes"] = list(Purpose)
    if isinstance(raw.get("share"), list):
        spelled["share"] = [_spelled_out(share) for share in raw["share"]]
    return spelled


_PARTS: dict[str, type[BaseModel]] = {
    "recipients": Recipients,
    "share": Share,
    "examples": Examples,
    "allowed": Example,
    "refused": Example,
}

_MENDS = {
    "missing": ("is missing", "add it"),
    "enum": ("is none of the words known here", "use {expected}"),
    "string_type": ("is no text", "put it in quotes"),
    "string_pattern_mismatch": (
        "has characters that it may not",
        "use a-z, 0-9 and hyphens in an id, one line of words elsewhere",
    ),
    "string_too_long": ("is too long", "use at most {max_length} characters"),
    "int_type": ("is no whole number", "write digits alone, such as 7"),
    "greater_than_equal": ("is too small", "use {ge} or more"),
    "less_than_equal": ("is too large", "use {le} or less"),
    "date_parsing": ("is no date", "write it as 2027-12-31"),
    "date_type": ("is no date", "write it as 2027-12-31"),
    "tuple_type": ("is no list", "put it in brackets, such as [public]"),
    "too_short": ("is empty", "name at least one"),
    "model_type": ("holds no keys", "write `key: value` lines"),
    "dict_type": ("holds no keys", "write `key: value` lines"),
}


def _finding(file: str, error: ErrorDetails) -> Finding:
    *parents, key = error["loc"] or ("agreement",)
    place = f"{file}: {'.'.join(map(str, (*parents, key)))}"
    if error["type"] == "extra_forbidden":
        names = [str(parent) for parent in parents if isinstance(parent, str)]
        known = _PARTS[names[-1]] if names else Agreement
        return Finding(place, "is an unknown key", f"use one of {', '.join(known.model_fields)}")
    fault, mend = _MENDS.get(error["type"], (error["msg"].lower(), "correct it"))
    return Finding(place, fault, mend.format_map(error.get("ctx", {})))
