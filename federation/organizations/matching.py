"""Evidence that two records are one organisation or one site: the rules, each with its confidence.

A shared official number is strong. An equal name counts within one country; a name nearly equal
counts only with more: the place, or an English name that both state. Where two numbers of one
scheme, two countries or two legal forms differ, nothing else counts. What the rules find may still
be ambiguous: `clusters.py` decides what stands.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations

from rapidfuzz import fuzz

from federation.organizations.legal_forms import COUNTRIES_OF_FORM
from federation.organizations.names import Name, read_name
from federation.organizations.places import Agreement, Place, agreement, read_place
from federation.organizations.schemes import EXCLUSIVE

LIKE_NAME = 93.0
"""Least likeness of two names that place or English name may make one, of 100."""

LIKE_NATIVE_NAME = 80.0
"""The same for native names of one English name."""

_LARGEST_BLOCK = 60
"""Records that share a blocking key beyond which it says too little to compare them all."""


class Method(StrEnum):
    """By which rule two records were found to be one."""

    NUMBER = "NUMBER"
    NAME_AND_COUNTRY = "NAME_AND_COUNTRY"
    NAME_AND_FORM = "NAME_AND_FORM"  # one states the country, the other a form of its law
    NAME_AND_ADDRESS = "NAME_AND_ADDRESS"
    NAME_AND_TOWN = "NAME_AND_TOWN"  # the town of one stands in the address of the other
    ENGLISH_NAME = "ENGLISH_NAME"
    NEAR_NAME_AND_PLACE = "NEAR_NAME_AND_PLACE"


CONFIDENCE: Mapping[Method, float] = {
    Method.NUMBER: 0.99,
    Method.NAME_AND_COUNTRY: 0.97,
    Method.NAME_AND_ADDRESS: 0.95,
    Method.NAME_AND_FORM: 0.92,
    Method.NAME_AND_TOWN: 0.91,
    Method.ENGLISH_NAME: 0.9,
    Method.NEAR_NAME_AND_PLACE: 0.88,
}
"""How surely a rule holds; the stronger one is heard first where two can't both stand."""


@dataclass(frozen=True, slots=True)
class Party:
    """A record of an organisation or site, as the rules see it.

    `numbers` are `SCHEME:number`; `names` hold the record's own name first, `english` the English
    one where the source states both.
    """

    key: str
    names: tuple[Name, ...]
    english: Name | None
    country: str | None
    numbers: frozenset[str]
    place: Place

    @property
    def own(self) -> Name:
        """The name the record goes by."""
        return self.names[0]

    def number_of(self, scheme: str) -> str | None:
        """The number in a scheme, the first where there are several."""
        found = sorted(number for number in self.numbers if number.startswith(f"{scheme}:"))
        return found[0] if found else None


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """Evidence that two records are one; `left` is the smaller key."""

    left: str
    right: str
    method: Method
    evidence: Mapping[str, str] = field(compare=False)

    @property
    def pair(self) -> tuple[str, str]:
        """Both keys."""
        return self.left, self.right

    @property
    def confidence(self) -> float:
        """How surely its rule holds."""
        return CONFIDENCE[self.method]


def party(
    *,
    key: str,
    name: str,
    other_names: Sequence[str] = (),
    english: str | None = None,
    country: str | None = None,
    numbers: Iterable[str] = (),
    address: str | None = None,
    locality: str | None = None,
) -> Party | None:
    """Read a record; nothing where its name holds neither letter nor digit."""
    own = read_name(name)
    if own is None:
        return None
    others = {read for text in other_names if (read := read_name(text))} - {own}
    return Party(
        key=key,
        names=(own, *sorted(others, key=lambda one: (one.core, one.form or ""))),
        english=read_name(english) if english else None,
        country=country,
        numbers=frozenset(numbers),
        place=read_place(address, locality),
    )


def contradict(left: Party, right: Party) -> str | None:
    """Say what keeps two records from being one: a number, country or form that differs.

    A number that both have settles it: companies are renamed and move.
    """
    shared = left.numbers & right.numbers
    if any(number.split(":")[0] in EXCLUSIVE for number in shared):
        return None
    for scheme in sorted(EXCLUSIVE):
        one, other = left.number_of(scheme), right.number_of(scheme)
        if one and other:
            return f"{one} and {other}"
    if left.country and right.country and left.country != right.country:
        return f"{left.country} and {right.country}"
    for one_name in left.names:
        for other_name in right.names:
            if one_name.joined == other_name.joined and _differ(one_name.form, other_name.form):
                return f"{one_name.form} and {other_name.form}"
    return None


def link_organizations(parties: Iterable[Party]) -> list[Link]:
    """Find every pair of organisations that a rule makes one, the strongest rule of each pair."""
    known = sorted(parties, key=lambda one: one.key)
    return _strongest(
        (
            *_pairs(known, _numbers, _by_number),
            *_pairs(known, _joined_names, _by_name_and_country),
            *_pairs(known, _english_name, _by_english_name),
            *_pairs(known, _initials_and_address, _by_near_name),
        )
    )


def link_sites(parties: Iterable[Party]) -> list[Link]:
    """Find every pair of sites that a rule makes one, the strongest rule of each pair."""
    known = sorted(parties, key=lambda one: one.key)
    found = (
        *_pairs(known, _joined_names, _by_name_and_place),
        *_pairs(known, _initials, _by_near_name),
    )
    scattered = _scattered(known)
    sure = (link for link in found if not (_rests_on_town(link) and scattered & set(link.pair)))
    return _strongest((*_pairs(known, _numbers, _by_number), *sure))


def _scattered(parties: Iterable[Party]) -> set[str]:
    """Find the sites of companies that one scheme numbers at several sites.

    Such a company may have several in one town, of which the records need not tell all.
    """
    numbers: dict[tuple[str, str], set[str]] = defaultdict(set)
    sites: dict[str, set[str]] = defaultdict(set)
    for one in parties:
        for name in one.names:
            sites[name.joined].add(one.key)
            for number in one.numbers:
                numbers[name.joined, number.split(":")[0]].add(number)
    several = {name for (name, _), known in numbers.items() if len(known) > 1}
    return {key for name in several for key in sites[name]}


def _rests_on_town(link: Link) -> bool:
    return link.evidence.get("place") == Agreement.TOWN


Blocks = Callable[[Party], Iterable[str]]
Rule = Callable[[Party, Party], tuple[Method, Mapping[str, str]] | None]


def _pairs(parties: Sequence[Party], blocks: Blocks, rule: Rule) -> Iterator[Link]:
    """Try a rule on every pair of records that share a blocking key."""
    members: dict[str, list[Party]] = defaultdict(list)
    for one in parties:
        for block in blocks(one):
            members[block].append(one)
    for sharing in members.values():
        if len(sharing) > _LARGEST_BLOCK:
            continue
        for left, right in combinations(sharing, 2):
            if (found := rule(left, right)) and contradict(left, right) is None:
                yield Link(left.key, right.key, *found)


def _strongest(links: Iterable[Link]) -> list[Link]:
    best: dict[tuple[str, str], Link] = {}
    for link in links:
        if link.pair not in best or link.confidence > best[link.pair].confidence:
            best[link.pair] = link
    return [best[pair] for pair in sorted(best)]


def _numbers(one: Party) -> Iterable[str]:
    return one.numbers


def _joined_names(one: Party) -> Iterable[str]:
    return {name.joined for name in one.names}


def _english_name(one: Party) -> Iterable[str]:
    return [one.english.joined] if one.english else []


def _initials(one: Party) -> Iterable[str]:
    return [one.own.joined[:4]] if len(one.own.joined) > 4 else []


def _initials_and_address(one: Party) -> Iterable[str]:
    return [f"{one.own.joined[:3]} {number}" for number in one.place.numbers]


def _by_number(left: Party, right: Party) -> tuple[Method, Mapping[str, str]] | None:
    shared = sorted(left.numbers & right.numbers)
    return (Method.NUMBER, {"number": ", ".join(shared)}) if shared else None


def _by_name_and_country(left: Party, right: Party) -> tuple[Method, Mapping[str, str]] | None:
    name = _common_name(left, right)
    if name is None:
        return None
    if left.country and right.country:
        return Method.NAME_AND_COUNTRY, {"name": name, "country": left.country}
    country = _country_by_form(left, right)
    return (Method.NAME_AND_FORM, {"name": name, "country": country}) if country else None


def _by_name_and_place(left: Party, right: Party) -> tuple[Method, Mapping[str, str]] | None:
    name = _common_name(left, right)
    place = agreement(left.place, right.place)
    if name is None or place is None:
        return None
    is_address = place is Agreement.ADDRESS
    method = Method.NAME_AND_ADDRESS if is_address else Method.NAME_AND_TOWN
    return method, {"name": name, "place": str(place)}


def _by_english_name(left: Party, right: Party) -> tuple[Method, Mapping[str, str]] | None:
    if left.english is None or right.english is None or left.country != right.country:
        return None
    if _differ(left.english.form, right.english.form):
        return None
    likeness = fuzz.ratio(left.own.joined, right.own.joined)
    if likeness < LIKE_NATIVE_NAME:
        return None
    return Method.ENGLISH_NAME, {
        "english": left.english.core,
        "names": f"{left.own.core} / {right.own.core}",
        "likeness": f"{likeness:.0f}",
    }


def _by_near_name(left: Party, right: Party) -> tuple[Method, Mapping[str, str]] | None:
    if left.own.joined == right.own.joined or left.own.numerals != right.own.numerals:
        return None
    likeness = fuzz.ratio(left.own.joined, right.own.joined, score_cutoff=LIKE_NAME)
    if not likeness or _differ(left.own.form, right.own.form):
        return None
    place = agreement(left.place, right.place)
    if place is None:
        return None
    return Method.NEAR_NAME_AND_PLACE, {
        "names": f"{left.own.core} / {right.own.core}",
        "likeness": f"{likeness:.0f}",
        "place": str(place),
    }


def _common_name(left: Party, right: Party) -> str | None:
    """Give a name both records go by, its legal form not in the way."""
    for name in left.names:
        for other in right.names:
            if name.joined == other.joined and not _differ(name.form, other.form):
                return name.core
    return None


def _country_by_form(left: Party, right: Party) -> str | None:
    """Give the country that one record states and the other's legal form belongs to."""
    for stated, other in ((left, right), (right, left)):
        forms = {name.form for name in other.names if name.form}
        allowed = frozenset().union(*(COUNTRIES_OF_FORM[form] for form in forms))
        if stated.country in allowed:
            return stated.country
    return None


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other
