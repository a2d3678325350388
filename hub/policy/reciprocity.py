"""Who gives whom what, and which reciprocal shares hold because the other side gives as much back.

A reciprocal share holds while the recipient's member shares the same record type and group with
the owner's, at the same level or a fuller one; two reciprocal shares hold each other up. Annexes
are not counted: what a free text opens can't be told from its words.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from federation.records.declaration import Group, Origin
from hub.policy.agreement import Agreement
from hub.policy.principals import MEMBERS, Mode
from hub.policy.schema import Level

FULLNESS = {Level.COUNT: 0, Level.ROUND: 1, Level.READ: 2}
"""Which level shows more."""


@dataclass(frozen=True, slots=True)
class Gift:
    """What one agreement opens of one field group to one member; `holds` in the end."""

    owner: Origin
    recipient: Origin
    record_type: str
    group: Group
    level: Level
    agreement: str
    is_reciprocal: bool
    holds: bool = True


def token(owner: str, record_type: str, group: Group) -> str:
    """Name what is given back, as policies do in `principal.reciprocates`."""
    return f"{owner}:{record_type}.{group}"


def balance(agreements: Iterable[Agreement], mode: Mode) -> tuple[Gift, ...]:
    """List all gifts of agreements in force in a mode; those that nobody returns do not hold."""
    gifts = [gift for agreement in agreements for gift in _gifts(agreement, mode)]
    while True:
        fullest = _fullest(gifts)
        settled = [replace(gift, holds=gift.holds and _returned(gift, fullest)) for gift in gifts]
        if settled == gifts:
            return tuple(gifts)
        gifts = settled


def given_back(gifts: Iterable[Gift]) -> Mapping[str, frozenset[str]]:
    """Find, by member, the tokens of the reciprocal gifts to it that hold."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for gift in gifts:
        if gift.is_reciprocal and gift.holds:
            found[gift.recipient].add(token(gift.owner, gift.record_type, gift.group))
    return {member: frozenset(tokens) for member, tokens in found.items()}


def _gifts(agreement: Agreement, mode: Mode) -> Iterator[Gift]:
    for share in agreement.share:
        if mode not in (share.modes or agreement.modes or Mode):
            continue
        for recipient in agreement.recipients.members or MEMBERS:
            for record_type in share.records if recipient != agreement.owner else ():
                for group in share.groups:
                    yield Gift(
                        agreement.owner,
                        recipient,
                        record_type,
                        group,
                        share.level,
                        agreement.id,
                        share.reciprocal,
                    )


Place = tuple[Origin, Origin, str, Group]


def _fullest(gifts: Iterable[Gift]) -> Mapping[Place, int]:
    found: dict[Place, int] = {}
    for gift in gifts:
        if gift.holds:
            place = gift.owner, gift.recipient, gift.record_type, gift.group
            found[place] = max(found.get(place, -1), FULLNESS[gift.level])
    return found


def _returned(gift: Gift, fullest: Mapping[Place, int]) -> bool:
    if not gift.is_reciprocal:
        return True
    place = gift.recipient, gift.owner, gift.record_type, gift.group
    return fullest.get(place, -1) >= FULLNESS[gift.level]
