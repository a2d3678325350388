"""Which links stand together, and the groups of records they make.

Links are heard by their confidence. A link that would bring two contradicting records into one
group is ambiguous, and so are all of its rank in that group: none of them stands, and the records
stay apart until a number or a person decides. The order of records changes nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from federation.organizations.matching import Link

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Clusters:
    """Groups of two or more keys, each sorted; and the links that stand, sorted."""

    groups: tuple[tuple[str, ...], ...]
    links: tuple[Link, ...]


def cluster(
    links: Iterable[Link],
    contradict: Callable[[str, str], bool],
    *,
    same: Iterable[Pair] = (),
    different: Iterable[Pair] = (),
) -> Clusters:
    """Group records by the links that stand.

    Args:
        links: what the rules found.
        contradict: whether two keys' records can't be one, by the rules.
        same: pairs that people have decided to be one: they stand whatever the rules say, and what
            fits one of them fits the other.
        different: pairs that people have decided not to be one.
    """
    decided = _Groups()
    for left, right in same:
        decided.join(left, right)
    apart = {frozenset(pair) for pair in different}

    def clash(left: str, right: str) -> bool:
        if frozenset((left, right)) in apart:
            return True
        ours, theirs = decided.members(decided.of(left)), decided.members(decided.of(right))
        return ours != theirs and all(contradict(one, other) for one in ours for other in theirs)

    standing: list[Link] = []
    groups = decided.copy()
    for rank in _by_confidence(links):
        groups, kept = _heard(groups, rank, clash)
        standing += kept
    found = sorted(tuple(sorted(group)) for group in groups.all() if len(group) > 1)
    return Clusters(tuple(found), tuple(sorted(standing)))


def _by_confidence(links: Iterable[Link]) -> Iterator[Sequence[Link]]:
    ranks: Mapping[float, list[Link]] = defaultdict(list)
    for link in links:
        ranks[link.confidence].append(link)
    return (ranks[confidence] for confidence in sorted(ranks, reverse=True))


def _heard(
    before: "_Groups", rank: Sequence[Link], clash: Callable[[str, str], bool]
) -> tuple["_Groups", list[Link]]:
    """Add one rank's links, but none in a group where two records clash."""
    tried = before.copy()
    for link in rank:
        tried.join(link.left, link.right)
    touched = {tried.of(link.left) for link in rank}
    torn = {
        name
        for name in touched
        if any(clash(left, right) for left, right in combinations(sorted(tried.members(name)), 2))
    }
    after = before.copy()
    kept = [link for link in rank if tried.of(link.left) not in torn]
    for link in kept:
        after.join(link.left, link.right)
    return after, kept


class _Groups:
    """Disjoint sets of keys; a key never joined is a set of its own."""

    def __init__(self) -> None:
        self._name: dict[str, str] = {}
        self._members: dict[str, set[str]] = {}

    def of(self, key: str) -> str:
        """Name the set that holds a key."""
        return self._name.get(key, key)

    def members(self, name: str) -> set[str]:
        """Keys of a set."""
        return self._members.get(name, {name})

    def join(self, left: str, right: str) -> None:
        """Make one set of two, the smaller going into the larger."""
        into, gone = self.of(left), self.of(right)
        if into == gone:
            return
        if len(self.members(into)) < len(self.members(gone)):
            into, gone = gone, into
        moved = self.members(gone)
        self._members[into] = self.members(into) | moved
        self._name[into] = into
        self._name.update(dict.fromkeys(moved, into))
        self._members.pop(gone, None)

    def all(self) -> Iterator[set[str]]:
        """All sets of more than one key."""
        return iter(self._members.values())

    def copy(self) -> "_Groups":
        """Copy the sets."""
        other = _Groups()
        other._name = dict(self._name)
        other._members = {name: set(keys) for name, keys in self._members.items()}
        return other
