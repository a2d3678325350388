"""Brands by ear: what a kana or Hangul product name is, from the Latin brands of a register.

A member's own script has no source of brands, but リンヴォック is Rinvoq said aloud. A brand is not
built of a substance's name, so the bounds are narrower than `likeness` has them.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import extract_iter

from federation.substances.register import Substance, SubstanceRegister
from federation.substances.sounds import Script, latin_sounds, script_of, sound

_SHORTEST = 8  # letters of a sound
_SHORTEST_NEAR = 12
_MOST_EDITS = 1
_REACH = 2  # edits within which no brand of other contents may be

Contents = frozenset[Substance]


class BrandSounds:
    """The brands of a register by their sound in each script."""

    def __init__(self, register: SubstanceRegister) -> None:
        self._register = register
        self._sounds = lru_cache(maxsize=None)(self._index)

    def contents(self, name_key: str) -> Contents:
        """Find what is in the product whose brand sounds the same, or nearly; else nothing."""
        script = script_of(name_key)
        heard = sound(name_key, script) if script else ""
        if script is None or len(heard) < _SHORTEST:
            return frozenset()
        sounds = self._sounds(script)
        if heard in sounds:
            return _only(sounds[heard])
        if len(heard) < _SHORTEST_NEAR:
            return frozenset()
        near = {
            brand: edits
            for brand, edits, _ in extract_iter(
                heard,
                sounds.keys(),
                scorer=Levenshtein.distance,
                processor=None,
                score_cutoff=_REACH,
            )
        }
        if min(near.values(), default=_REACH) > _MOST_EDITS:
            return frozenset()
        return _only(contents for brand in near for contents in sounds[brand])

    def _index(self, script: Script) -> dict[str, set[Contents]]:
        sounds: dict[str, set[Contents]] = defaultdict(set)
        for brand, contents in self._register.brands():
            for heard in latin_sounds(brand, script) if brand.isascii() else ():
                sounds[heard].add(contents)
        return dict(sounds)


def _only(found: Iterable[Contents]) -> Contents:
    """Give the one composition of all that were found; nothing when they are several."""
    several = set(found)
    return several.pop() if len(several) == 1 else frozenset()
