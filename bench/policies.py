"""`python -m bench.policies`"""

import random
from collections.abc import Iterator
from datetime import date

import orjson

from federation.records.declaration import Group
from federation.vocabularies.terms import NoticeKind, SupplyStatus
from hub.identity.types import Purpose
from hub.policy.agreement import Agreement
from hub.policy.principals import MEMBERS

OPEN = '@id("baseline/all") permit (principal, action in Action::"read", resource);'
CLOSED = ""


def drawn(count: int, *, outright: float = 0.1, seed: int = 1) -> list[Agreement]:
    """Draw agreements that use what an agreement can say, a part of them without conditions."""
    draw = random.Random(seed)  # noqa: S311 - a bench, not a secret
    return [_agreement(draw, number, draw.random() < outright) for number in range(count)]


def _agreement(draw: random.Random, number: int, is_outright: bool) -> Agreement:
    owner = MEMBERS[number % len(MEMBERS)]
    return agreement(
        f"drawn-{number}",
        owner,
        [
            {"records": records, "groups": groups, **_conditions(draw, records, is_outright)}
            for records, groups in _shares(draw)
        ],
        members=draw.choice(((), draw.sample(MEMBERS, 2))),
        purposes=draw.sample(list(Purpose), draw.randint(2, len(Purpose))),
    )


def agreement(name, owner, share, *, members=(), purposes=tuple(Purpose)) -> Agreement:
    """Make an agreement of today."""
    return Agreement.model_validate_json(
        orjson.dumps(
            {
                "id": name,
                "owner": owner,
                "title": "An agreement of the bench",
                "legal_basis": "none",
                "recipients": {"members": members, "roles": ["regulator", "agency"]},
                "purposes": purposes,
                "valid_from": date(2026, 1, 1),
                "share": share,
            }
        )
    )


def _shares(draw: random.Random) -> Iterator[tuple[list[str], list[str]]]:
    yield ["SupplyNotice"], [Group.PUBLIC]
    yield ["SupplyNotice"], draw.sample([Group.OPERATIONAL, Group.COMMERCIAL, Group.NATIVE], 2)
    yield draw.sample(["Product", "Ingredient", "Organization", "Package"], 2), [Group.PUBLIC]


def _conditions(draw: random.Random, records: list[str], is_outright: bool) -> dict:
    if is_outright:
        return {}
    found = {"embargo_days": draw.choice((0, 7, 14, 30, 90))}
    where = {}
    if records == ["SupplyNotice"]:
        if draw.random() < 0.7:
            where["status"] = draw.sample(list(SupplyStatus), draw.randint(1, 4))
        if draw.random() < 0.7 or not where:
            where["kind"] = draw.sample(list(NoticeKind), draw.randint(1, 3))
    elif not found["embargo_days"]:
        found["embargo_days"] = 7
    return found | {"where": where}
