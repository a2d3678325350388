"""The classes of callers that policies can tell apart, and those that they treat alike.

Policies ask for a caller's attributes by comparing them with words, as a rule. Two callers whose
attributes stand in the same of these comparisons get the same decisions, so one is decided for
both. Where a policy uses an attribute otherwise, each of its values is a class of its own. Start
reading at `Callers`.
"""

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any

from federation.records.declaration import Origin
from hub.identity.types import ALLIANCE_ROLES, Purpose, Role
from hub.policy.policy_set import Policy
from hub.policy.principals import MEMBERS, Mode, PrincipalClass

MEMBER_ROLES = frozenset(Role) - ALLIANCE_ROLES

Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class Audience:
    """Callers of a member who are affected alike: with one of the roles, for one of the purposes.

    `roles` joined by `and` are held together. No organisation means any that no policy names.
    """

    member: str
    organisation: str
    is_sender_constrained: bool
    roles: tuple[str, ...]
    purposes: tuple[str, ...]


class Callers:
    """What policies ask of callers: the words that each attribute is compared with."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._asked: defaultdict[str, set[Words | None]] = defaultdict(set)
        for est in {policy.est for policy in policies}:
            for name, words in _tests(json.loads(est)):
                self._asked[name] |= words

    @property
    def is_whole(self) -> bool:
        """Whether all organisations that policies tell apart are known by name."""
        return None not in self._asked["organisation"]

    def classes(self, mode: Mode) -> Iterator[tuple[PrincipalClass, ...]]:
        """List the classes, those together that all policies treat alike."""
        for member in (*MEMBERS, Origin.ALLIANCE):
            alike: defaultdict[Hashable, list[PrincipalClass]] = defaultdict(list)
            for each in self._of(member, mode):
                bound = each.sender_constrained, each.organisation
                purpose = self._place("purpose", frozenset((each.purpose,)))
                alike[bound, purpose, self._place("roles", each.roles)].append(each)
            yield from map(tuple, alike.values())

    def _of(self, member: Origin, mode: Mode) -> Iterator[PrincipalClass]:
        known = ALLIANCE_ROLES if member is Origin.ALLIANCE else MEMBER_ROLES
        held = [frozenset(each) for size in (1, 2) for each in combinations(sorted(known), size)]
        named = frozenset[str]().union(*filter(None, self._asked["organisation"]))
        bound = (False, True) if self._asked["senderConstrained"] else (False,)
        for organisation, roles, is_bound in product(sorted({"", *named}), held, bound):
            for purpose in Purpose:
                yield PrincipalClass(member, organisation, roles, purpose, is_bound, mode)

    def _place(self, name: str, values: frozenset[str]) -> Hashable:
        """Say in which comparisons values stand; the values, where they are used otherwise."""
        asked = self._asked[name]
        if None in asked:
            return values
        return frozenset(words for words in asked if words and words & values)


def audiences(classes: Iterable[PrincipalClass]) -> Iterator[Audience]:
    """Join classes over their purposes, then over their roles."""
    purposes: defaultdict[PrincipalClass, list[str]] = defaultdict(list)
    for each in classes:
        purposes[replace(each, purpose="")].append(each.purpose)
    held: defaultdict[tuple[PrincipalClass, tuple[str, ...]], list[Words]] = defaultdict(list)
    for each, found in purposes.items():
        held[replace(each, roles=frozenset()), tuple(found)].append(each.roles)
    for (each, served), sets in held.items():
        least = [roles for roles in sets if not any(other < roles for other in sets)]
        named = tuple(" and ".join(sorted(roles)) for roles in least)
        yield Audience(each.member, each.organisation, each.sender_constrained, named, served)


def _tests(policy: Any) -> Iterator[tuple[str, set[Words | None]]]:
    """List what a policy compares callers' attributes with; None where it uses one otherwise."""
    waiting = [policy]
    for node in waiting:
        if not isinstance(node, Mapping):
            waiting += node if isinstance(node, list) else ()
            continue
        found = _test(node)
        if found:
            yield found
        elif name := _attribute(node):
            yield name, {None}
        else:
            waiting += node.values()


def _test(node: Mapping[str, Any]) -> tuple[str, set[Words | None]] | None:
    match node:
        case {"==": sides} | {"!=": sides} | {"contains": sides} | {"containsAny": sides}:
            left, right = sides["left"], sides["right"]
        case {"containsAll": {"left": left, "right": right}} if _attribute(left):
            pass
        case _:
            return None
    name = _attribute(left) or _attribute(right)
    words = _words(right if _attribute(left) else left)
    if name is None or words is None or (name == "roles" and ("==" in node or "!=" in node)):
        return None
    if "containsAll" in node:
        return name, {frozenset((word,)) for word in words}
    return name, {words}


def _attribute(node: Any) -> str | None:
    match node:
        case {".": {"left": {"Var": "principal" | "context"}, "attr": str(name)}}:
            return name
    return None


def _words(node: Any) -> Words | None:
    match node:
        case {"Value": str(text)}:
            return frozenset((text,))
        case {"Set": [*parts]}:
            found = [_words(part) for part in parts]
            return None if None in found else frozenset[str]().union(*filter(None, found))
    return None
