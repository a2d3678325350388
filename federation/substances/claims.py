"""What sources call a substance, collected and settled into a register.

Sources are claimed in the order of `Standing`; a name that two of one standing give to different
substances is nobody's, unless only one of these is listed by ATC. Reading is `reference`'s work.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

from federation.substances import salts
from federation.substances.normalise import fold, key
from federation.substances.register import Substance, SubstanceRegister
from federation.substances.spellings import skeleton

_ROTATION = re.compile(r"\([+/±-]+\)")  # keys hold no signs, and one turn is not the other
_SHORTEST_SECOND_HAND = 4  # letters: "L" and "FAD" name too many things


class Standing(IntEnum):
    """How much a source's word counts; the lowest number wins a name."""

    ATC = 0
    COMMON_NAME = 1
    STATED_PAIR = 2
    SYNONYM = 3
    SECOND_HAND = 4
    DERIVED = 5


@dataclass(eq=False)
class Draft:
    """A substance in the making."""

    inn: str
    unii: str | None = None
    cas: str | None = None
    atc: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Claim:
    standing: Standing
    draft: Draft
    language: str
    name: str
    is_disputed: bool = False


class Claims:
    """Names and what they are claimed to stand for."""

    def __init__(self) -> None:
        self._held: dict[str, _Claim] = {}
        self._brands: dict[str, frozenset[Draft]] = {}
        self._makers: set[str] = set()
        self._salts: dict[str, Draft] = {}

    def claim(self, name: str, draft: Draft, standing: Standing, language: str = "und") -> None:
        """Claim a name for a substance; a claim of lesser standing than the held one is void."""
        name = name.strip()
        name_key = key(name)
        if name_key in salts.IONS_ONLY or _ROTATION.match(name):
            return
        if len(name_key) < _SHORTEST_SECOND_HAND and standing > Standing.STATED_PAIR:
            return
        held = self._held.get(name_key)
        claim = _Claim(standing, draft, language, name)
        if held is None or standing < held.standing:
            self._held[name_key] = claim
        elif standing == held.standing and held.draft is not draft:
            self._held[name_key] = _settled(held, claim)

    def find(self, name: str) -> Draft | None:
        """Find what a name stands for by the claims so far."""
        return None if _ROTATION.match(name) else self._find(key(name))

    def find_base(self, name: str) -> tuple[Draft, salts.Base] | None:
        """Find what a name is a salt, ester or hydrate of, and what had to be taken away."""
        for bases in salts.bases(key(name)):
            found = [(draft, base) for base in bases if (draft := self._find(base.name))]
            if found:
                (draft, base), *others = found
                if any(other is not draft for other, _ in others):
                    return None
                return None if salts.is_own_substance(draft.inn, base.taken) else (draft, base)
        return None

    def base_names(self, name: str) -> Iterator[str]:
        """Yield the keys of a name less its ions."""
        for bases in salts.bases(key(name)):
            yield from (base.name for base in bases if base.taken)

    def brand(self, name: str, drafts: Iterable[Draft]) -> None:
        """Note a brand; one of two compositions is none."""
        drafts = frozenset(drafts)
        name_key = key(name)
        held = self._brands.setdefault(name_key, drafts)
        if held != drafts:
            self._brands[name_key] = frozenset()
        for draft in drafts:
            head, _, maker = fold(name).partition(f"{draft.inn} ")
            if maker and not head:
                self._makers.add(key(maker))

    def code_of_salt(self, unii: str, draft: Draft) -> None:
        """Note the code that a salt, ester or hydrate of a substance has of its own."""
        self._salts.setdefault(unii, draft)

    def register(self) -> SubstanceRegister:
        """Make the register of what the claims came to."""
        names: dict[Draft, dict[str, list[str]]] = {}
        for claim in self._upheld():
            names.setdefault(claim.draft, {}).setdefault(claim.language, []).append(claim.name)
        made: dict[Draft, Substance] = {}
        uniis: set[str | None] = set()
        for draft in sorted(names, key=lambda draft: not draft.atc):
            unii = draft.unii if draft.unii not in uniis else None
            uniis.add(unii)
            given = {language: tuple(found) for language, found in names[draft].items()}
            atc = tuple(sorted(draft.atc))
            made[draft] = Substance(draft.inn, unii, draft.cas, atc, MappingProxyType(given))
        brands = {
            name: frozenset(made[draft] for draft in drafts)
            for name, drafts in self._brands.items()
            if drafts and drafts <= made.keys()
        }
        salt_uniis = {unii: made[draft] for unii, draft in self._salts.items() if draft in made}
        return SubstanceRegister(made.values(), brands, frozenset(self._makers), salt_uniis)

    def drafts(self) -> Iterator[Draft]:
        """Yield every substance that has a name, once."""
        yield from dict.fromkeys(claim.draft for claim in self._held.values())

    def _upheld(self) -> Iterator[_Claim]:
        """Yield claims that none disputes, of substances that keep their INN."""
        respelt = self._respelt()
        for name_key, claim in self._held.items():
            if claim.is_disputed or self._find(key(claim.draft.inn)) is not claim.draft:
                continue
            is_weak = claim.standing >= Standing.SYNONYM and name_key.isalpha()
            # A synonym may be another substance's own name in another language: a source's error.
            if is_weak and respelt.get(skeleton(name_key), claim.draft) is not claim.draft:
                continue
            yield claim

    def _respelt(self) -> dict[str, Draft]:
        """Index the names of the best standing by their spelling."""
        strong = [claim for claim in self._held.values() if claim.standing <= Standing.COMMON_NAME]
        strong.sort(key=lambda claim: -claim.standing)
        return {skeleton(key(claim.name)): claim.draft for claim in strong}

    def _find(self, name_key: str) -> Draft | None:
        claim = self._held.get(name_key)
        return claim.draft if claim and not claim.is_disputed else None


def _settled(held: _Claim, claim: _Claim) -> _Claim:
    if bool(held.draft.atc) == bool(claim.draft.atc):
        return _Claim(held.standing, held.draft, held.language, held.name, is_disputed=True)
    return held if held.draft.atc else claim
