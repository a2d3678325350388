from itertools import product

import pytest
from cedarpy import policies_to_pst, validate_policies

from federation.records.declaration import Group
from hub.policy.examination import Document, examine
from hub.policy.profile import (
    MAX_NESTING,
    MAX_OPERATORS,
    MAX_TEXT_BYTES,
    crude_faults,
    faults,
)
from hub.policy.schema import Attribute, CedarType, ResourceType, schema_of


def found(condition: str, scope: str = "principal, action, resource") -> list[str]:
    text = f"permit({scope}) when {{ {condition} }};"
    (policy,) = policies_to_pst(text).static_policies.values()
    return [finding.fault for finding in faults("policy `p`", policy)]


@pytest.mark.parametrize(
    "condition",
    [
        "true",
        'resource.status == "ONGOING" && !(resource.kind != "SHORTAGE")',
        "principal.member == resource.origin",
        'principal.roles.containsAny(["regulator"]) || context.senderConstrained',
        'principal.roles.contains("regulator")',
        "principal.roles.contains(resource.origin)",
        "resource.ageDays >= 7 && 90 > resource.ageDays",
        "resource.ageDays == -9223372036854775808",
        'resource.feed like "kr.*"',
        'resource.at < datetime("2025-01-01T00:00:00Z")',
        '[datetime("2025-01-01")].contains(resource.at)',
        '["a", principal.member].contains(resource.feed)',
        'resource.tags.contains("a") && resource.tags.isEmpty()',
        'resource.tags.containsAll(principal.roles) && ["a"].containsAny(resource.tags)',
        "resource has status && principal has member",
        "resource is Product && principal is Caller",
        'if context.purpose == "exercise" then resource.flag else resource.ageDays < 3',
        "if resource.flag then true else (if resource.ageDays < 3 then true else false)",
    ],
)
def test_conditions_on_attributes_are_within_the_profile(condition):
    assert found(condition) == []


@pytest.mark.parametrize(
    ("condition", "word"),
    [
        ("resource.ageDays + 1 == 8", "add"),
        ("resource.ageDays - 1 < 8", "sub"),
        ("resource.ageDays * 2 < 8", "mul"),
        ("-resource.ageDays < 8", "neg"),
        ("9223372036854775807 + 1 > resource.ageDays", "add"),
        ('resource.at.offset(duration("1d")) < datetime("2025-01-01")', "offset"),
        ('resource.at.toDate() == datetime("2025-01-01")', "to_date"),
        ('datetime("2025-01-01").durationSince(resource.at) < duration("1d")', "duration_since"),
        ('decimal("1.0").lessThan(decimal("2.0"))', "decimal_less_than"),
        ("resource.owner.level == 3", "level"),
        ("principal.org.level == 3", "level"),
        ('resource == Product::"x"', "Var"),
        ('principal == Caller::"caller"', "Var"),
        ('action == Action::"read"', "Var"),
        ('[Caller::"x"].contains(principal)', "Caller"),
        ('resource in Product::"x"', "in"),
        ('principal in Caller::"x"', "in"),
        ('resource is Product in Product::"x"', "Is"),
        ('resource.hasTag("x")', "has_tag"),
        ('resource.getTag("x") == "y"', "get_tag"),
        ("{a: 1} == {a: 1}", "Record"),
        ("context == context", "Var"),
        ('ip("10.0.0.1").isLoopback()', "is_loopback"),
        ('resource.address == ip("10.0.0.1")', "ip"),
        ('resource.word == "a\\0b"', "NUL"),
        ('resource.word like "a\\0*"', "NUL"),
        ('["a\\0"].contains(resource.word)', "NUL"),
        ('[resource.word].contains("a")', "set"),
        ('[["a"]].contains(resource.tags)', "set"),
        ("[principal.roles].contains(resource.tags)", "set"),
        ("resource.tags.contains(resource.word)", "another"),
        ('(resource.word == "a") == (resource.other == "b")', "eq"),
        ('(if resource.flag then "a" else "b") == resource.word', "IfThenElse"),
        ("if (if resource.flag then true else false) then true else false", "inside"),
        ("if !(resource.ageDays < 3 && (if true then false else true)) then true else false", "in"),
        ("resource has a.b", "HasAttr"),
        ("datetime(resource.word) == resource.at", "datetime"),
        ('"text"', "StringLit"),
    ],
)
def test_what_might_err_or_has_no_exact_sql_is_outside_the_profile(condition, word):
    first, *_ = found(condition)
    assert word in first


@pytest.mark.parametrize(
    "scope",
    [
        'principal == Caller::"caller", action, resource',
        'principal in Caller::"caller", action, resource',
        'principal is Caller in Caller::"caller", action, resource',
        'principal, action, resource == Product::"?"',
        'principal, action, resource in Product::"?"',
    ],
)
def test_a_scope_may_not_name_an_entity(scope):
    assert "scope" in found("true", scope)[0]


def test_a_scope_may_name_types_and_actions():
    scope = 'principal is Caller, action in [Action::"read"], resource is Product'
    assert found("true", scope) == []


def crude(text: str) -> list[str]:
    return [finding.fault for finding in crude_faults("baseline", text)]


def test_deep_brackets_long_chains_and_long_texts_are_refused_before_parsing():
    deep = "(" * (MAX_NESTING + 1)
    long = " && ".join(["true"] * (MAX_OPERATORS + 2))
    assert "nests deeper" in crude(f"permit(principal,action,resource) when {{ {deep} }};")[0]
    assert "operators" in crude(f"permit(principal,action,resource) when {{ {long} }};")[0]
    assert "operators" in crude("!" * (MAX_OPERATORS + 1))[0]
    assert "bytes" in crude(" " * (MAX_TEXT_BYTES + 1))[0]


def test_brackets_and_operators_in_texts_and_remarks_count_nothing():
    noise = "(" * 100 + "!" * 1000 + ";"
    assert (
        crude(f'permit(principal,action,resource) when {{ "{noise}\\"" == "" }}; // {noise}') == []
    )


def test_each_policy_is_counted_by_itself():
    one = "permit(principal,action,resource) when { " + " && ".join(["true"] * 50) + " };"
    assert crude(one * 50) == []


OPERANDS = [
    *(f"resource.a{number}" for number in range(len(CedarType))),
    "principal.member",
    "principal.roles",
    "context.purpose",
    "context.senderConstrained",
    '"a"',
    "7",
    "true",
    'datetime("2025-01-01")',
    '["a"]',
    "[7]",
    '[principal.member, "a"]',
    '[datetime("2025-01-01")]',
    "resource",
    "[principal.roles]",
]
OPERATORS = ["==", "!=", "<", "<=", ">", ">=", "&&", "||"]
METHODS = ["contains", "containsAll", "containsAny"]


def test_whatever_profile_and_schema_admit_compiles():
    """Each operator on each pair of operands: admitted means compiled, for every class."""
    attributes = {
        f"a{number}": Attribute(f"a{number}", cedar_type, f"{{row}}.a{number}")
        for number, cedar_type in enumerate(CedarType)
    }
    schema = schema_of([ResourceType("Wide", attributes, (Group.PUBLIC,))])
    conditions = [
        *(f"{left} {each} {right}" for left, each, right in product(OPERANDS, OPERATORS, OPERANDS)),
        *(f"{left}.{each}({right})" for left, each, right in product(OPERANDS, METHODS, OPERANDS)),
        *(f"{operand}.isEmpty()" for operand in OPERANDS),
        *(f'{operand} like "a*"' for operand in OPERANDS),
        *OPERANDS,
    ]
    inside = [condition for condition in conditions if not found(condition)]
    texts = [
        f'@id("baseline/p{number}") permit(principal, action, resource) when {{ {condition} }};'
        for number, condition in enumerate(inside)
    ]
    errors = validate_policies("".join(texts), schema.handle).errors
    wrong = {int(error.policy_id.removeprefix("policy")) for error in errors}
    admitted = [text for number, text in enumerate(texts) if number not in wrong]
    assert len(admitted) > 200
    assert len(examine([Document("baseline", "".join(admitted))], schema)) == len(admitted)
