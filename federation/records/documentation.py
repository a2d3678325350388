"""The shared schema as a document, written from the declarations: `docs/records.md`.

`hub schema` writes it. What each feed makes its fields of is another document,
`federation/members/documentation.py`.
"""

from collections.abc import Iterator
from enum import StrEnum

from federation.records.declaration import ENVELOPE, ColumnFacts, FieldFacts
from federation.records.registry import RECORD_TYPES, RecordType

_INTRODUCTION = """\
# The shared schema

Written from `federation/records/` by `hub schema`; do not edit.

Every field belongs to a group, and owners share groups: `public` (identity and status),
`operational` (plans, impact, sites), `commercial` (volumes, stock, prices not published),
`restricted` (investigations, stockpile places), `native` (the source row). A field marked *policy*
may stand in an agreement's conditions; what else may stand there is named below the fields, and is
shown to nobody.
"""


def document() -> str:
    """Write all record types: the common fields once, then each type's own."""
    types = list(RECORD_TYPES.values())
    common = [facts for name, facts in types[0].fields.items() if name in ENVELOPE]
    parts = [_INTRODUCTION, "## Fields of every record\n", _table(common)]
    for record_type in types:
        parts += [
            f"## {record_type.name}\n",
            f"{record_type.doc}\n",
            _table(list(record_type.content_fields)),
            *map(_condition, record_type.conditions),
        ]
    parts += ["## Vocabularies\n", *_vocabularies(types)]
    return "\n".join(parts)


def _table(fields: list[FieldFacts]) -> str:
    rows = "".join(f"{_row(facts)}\n" for facts in fields)
    return f"| field | type | group | what it says |\n| --- | --- | --- | --- |\n{rows}"


def _row(facts: FieldFacts) -> str:
    kind = f"[{facts.python_type.__name__}]" if facts.is_list else facts.python_type.__name__
    optional = "" if not facts.is_nullable else ", may be null"
    policy = ", *policy*" if facts.is_policy_attribute else ""
    link = f" Leads to {facts.refers_to} as `{facts.forward}`." if facts.refers_to else ""
    return f"| `{facts.name}` | {kind}{optional} | {facts.group}{policy} | {facts.doc}{link} |"


def _condition(facts: ColumnFacts) -> str:
    return f"Condition `{facts.name}`: {facts.doc}\n"


def _vocabularies(types: list[RecordType]) -> Iterator[str]:
    found = {
        facts.python_type
        for record_type in types
        for facts in record_type.fields.values()
        if issubclass(facts.python_type, StrEnum)
    }
    for vocabulary in sorted(found, key=lambda kind: kind.__name__):
        terms = " ".join(f"`{term}`" for term in vocabulary)
        yield f"**{vocabulary.__name__}**: {(vocabulary.__doc__ or '').strip()} {terms}\n"
