"""One name, without separators and brackets: the substance it names, by which step, how surely.

As it stands, less salts and states, in another spelling or script, by its chemical parts, as a
brand, and last by what is nearly the same. Start at `NameReader.read`; texts are `texts`' matter.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from federation.substances import salts
from federation.substances.brands import BrandSounds
from federation.substances.likeness import Likeness, LikenessIndex
from federation.substances.minerals import english_names
from federation.substances.noise import bare
from federation.substances.normalise import key
from federation.substances.readings import Reading, nothing
from federation.substances.register import Substance, SubstanceRegister

_CONFIDENCE = {"exact": 1.0, "synonym": 0.99, "salt": 0.97, "chemical": 0.97, "brand": 0.95}
_HEARD_BRAND = 0.9

# The FDA's four letters without meaning, on a biological: "adalimumab-adaz".
_BIOSIMILAR = re.compile(r"(?<=mab|ept|tim|lfa|ine|art|pro|pin)-[a-z]{4}$")

_FEWEST_TO_COMPARE = 2_000  # substances
_HANGUL = re.compile(r"[가-힣]{5,}")
_LONGEST_MAKER = 6  # syllables
_AFTER_MAKER = 0.93  # factor
# With one of these before it a substance is another: 에스오메프라졸 is no 오메프라졸 made by 에스.
_PREFIXES = """
    레보 에스 덱스 덱시 아르 데스 디 트리 메틸 메칠 에틸 옥시 하이드로 히드로 히드록시
    클로로 클로르 플루오로 플루 노르 이소 네오 프로 페길 페그 아세틸 벤조
    메타 파라 페닐 아미노 니트로 술파 설파 알파 베타
"""
_NAME_PREFIXES = tuple(_PREFIXES.split())

Hit = tuple[Substance | Likeness, salts.Base]


class NameReader:
    """Reads names against one register."""

    def __init__(self, register: SubstanceRegister) -> None:
        self._register = register
        self._likeness = LikenessIndex(register)
        self._brands = BrandSounds(register)

    def read(self, name: str) -> Reading:
        """Read a folded name, then less doses and forms, then less the FDA's suffix."""
        plain = bare(name)
        spellings = tuple(map(key, dict.fromkeys((name, plain, _BIOSIMILAR.sub("", plain)))))
        for steps in (self._surely, self._nearly):
            for name_key in dict.fromkeys(spellings):
                if name_key and (reading := steps(name_key, plain)):
                    return reading
        return nothing(f"`{plain}` is not in the register")

    def _surely(self, name_key: str, plain: str) -> Reading | None:
        for bases in salts.bases(name_key):
            if hits := next(self._hits(bases), None):
                return self._found_among(hits)
        for english in english_names(name_key):
            if substance := self._register.keyed(english):
                return _named(substance, "chemical", f"`{name_key}` is {english}")
        return self._branded(name_key, plain)

    def _nearly(self, name_key: str, plain: str) -> Reading | None:
        # A register that lacks most substances cannot tell that no other is as near.
        if len(self._register) < _FEWEST_TO_COMPARE:
            return None
        for bases in salts.bases(name_key):
            if hits := _each(bases, self._likeness.near):
                return self._found_among(hits)
        return self._after_maker(name_key) if "(" not in plain else None

    def _after_maker(self, name_key: str) -> Reading | None:
        """Read a Korean product named for its maker and substance: 대한아테놀롤."""
        if not _HANGUL.fullmatch(name_key):
            return None
        for cut in range(2, min(_LONGEST_MAKER, len(name_key) - 3) + 1):
            maker, rest = name_key[:cut], name_key[cut:]
            reading = None if maker.endswith(_NAME_PREFIXES) else self._surely(rest, rest)
            if reading and reading.substances and all(each.atc for each in reading.substances):
                steps = (f"took `{maker}` for the maker", *reading.steps)
                confidence = reading.confidence * _AFTER_MAKER
                return replace(reading, method="brand", confidence=confidence, steps=steps)
        return None

    def _hits(self, bases: Sequence[salts.Base]) -> Iterator[list[Hit]]:
        """Yield what names of one level stand for, the surest first: names, then their acids."""
        for is_acid in (False, True):
            names = [base for base in bases if base.is_acid == is_acid]
            for find in (self._register.keyed, self._likeness.same):
                if hits := _each(names, find):
                    yield hits

    def _found_among(self, hits: Sequence[Hit]) -> Reading:
        hit, base = hits[0]
        reading = self._of_salt(hit, base) or _found(hit, base)
        (substance,) = reading.substances
        if any(_substance(other) is not _substance(hit) for other, _ in hits):
            return reading.left_open("other readings name another substance")
        if salts.is_own_substance(substance.inn, base.taken):
            return reading.left_open("with that taken away it is another substance")
        return reading

    def _of_salt(self, hit: Substance | Likeness, base: salts.Base) -> Reading | None:
        """Find a salt or ester that is listed beside its base, as in fluticasone furoate."""
        substance = _substance(hit)
        for ion in base.taken:
            own = self._register.keyed(key(substance.inn) + ion)
            if own and own is not substance and substance.inn in own.inn:
                return _named(own, "salt", f"with {ion} `{base.name}` is {own.inn}")
            for name in substance.all_names():
                own = self._register.keyed(ion + key(name))
                if own and own is not substance and own.inn == f"{ion} {name.lower()}":
                    return _named(own, "salt", f"with {ion} `{base.name}` is {own.inn}")
        return None

    def _branded(self, name_key: str, plain: str) -> Reading | None:
        if substances := self._register.branded(name_key):
            named = " and ".join(sorted(substance.inn for substance in substances))
            step = f"`{name_key}` is a brand of {named}"
            return Reading(substances, substances, 1, "brand", _CONFIDENCE["brand"], (step,))
        if substances := self._brands.contents(name_key):
            named = " and ".join(sorted(substance.inn for substance in substances))
            step = f"`{name_key}` sounds as a brand of {named}"
            return Reading(substances, substances, 1, "brand", _HEARD_BRAND, (step,))
        words = plain.split()
        for length in range(len(words) - 1, 0, -1):
            maker = key(" ".join(words[length:]))
            substance = self._register.named(" ".join(words[:length]))
            if substance and maker in self._register.makers:
                return _named(substance, "brand", f"took the maker `{maker}` away")
        return None


def _each(
    bases: Sequence[salts.Base], find: Callable[[str], Substance | Likeness | None]
) -> list[Hit]:
    return [(hit, base) for base in bases if (hit := find(base.name))]


def _substance(hit: Substance | Likeness) -> Substance:
    return hit.substance if isinstance(hit, Likeness) else hit


def _found(hit: Substance | Likeness, base: salts.Base) -> Reading:
    steps = (f"took {', '.join(base.taken)} away",) if base.taken else ()
    one = frozenset({_substance(hit)})
    if isinstance(hit, Likeness):
        return Reading(one, one, 1, hit.method, hit.confidence, (*steps, hit.step))
    if base.taken or base.is_acid:
        method = "salt"
    else:
        method = "exact" if base.name == key(hit.inn) else "synonym"
    steps = (*steps, f"`{base.name}` is {hit.inn}")
    return Reading(one, one, 1, method, _CONFIDENCE[method], steps)


def _named(substance: Substance, method: str, step: str) -> Reading:
    one = frozenset({substance})
    return Reading(one, one, 1, method, _CONFIDENCE[method], (step,))
