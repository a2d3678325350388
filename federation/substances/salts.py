"""Salts, esters and hydrates taken off a name, in each language's own way of building them.

The words are in `ions`; here are the rules that make affixes of them. Names are compact keys
(`normalise.key`), so a word that a source broke in two is whole, and one walk serves languages
that write salts apart (English), as a suffix (Korean, Japanese, German) and before (French).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from federation.substances.ions import ACIDS, METALS, OWN_SUBSTANCES, PARTNERS, STATES, Ion

_COUNTS = (
    "mono di bi tri tetra penta hexa hepta octa nona deca hemi sesqui hemipenta hemihepta"
    " hydrogen dihydrogen"
)
_LATIN_TIMES = ("", *_COUNTS.split())
_KOREAN_TIMES = ("", *"일이삼사오육칠팔구십반", "세스키", "헤미", "모노", "디")
_JAPANESE_COUNTS = (
    "一 二 三 四 五 六 七 八 九 十 半 1 2 3 4 5 6 7 8 9 12 32 52 セスキ ヘミ ヘミペンタ"
)
_JAPANESE_TIMES = ("", *_JAPANESE_COUNTS.split())  # "3/2" is 32 in a key
_MOST_AFFIXES = 5  # salt, second salt, ester, hydrate and state; no name was seen with more


def _times(times: Iterable[str], words: str) -> Iterator[str]:
    for word in words.split():
        for many in times:
            yield many + word


def _is_acid(word: str) -> bool:
    return word[-1] in "산酸"


def _is_halide(word: str) -> bool:
    return word[-1] in "화化"


def _asian_suffix(word: str, salt: str, halide: str) -> str:
    """Close a Korean or Japanese acid or halide as a suffix is closed; loan words need nothing."""
    if _is_acid(word):
        return word + salt
    return word + halide if _is_halide(word) else word


def _acid_suffixes(ion: Ion) -> Iterator[str]:
    yield from _times(_LATIN_TIMES, f"{ion.en} {ion.fr} {ion.de}")
    for word in ion.ko.split():
        yield from _times(_KOREAN_TIMES, _asian_suffix(word, "염", "물"))
        yield word + "에스테르"
    for word in ion.ja.split():
        yield from _times(_JAPANESE_TIMES, _asian_suffix(word, "塩", "物"))
        yield word + "エステル"


def _acid_prefixes(ion: Ion) -> Iterator[str]:
    # "CHLORHYDRATE DE X", "PHOSPHATE SODIQUE D'X".
    for word in _times(_LATIN_TIMES, f"{ion.en} {ion.fr}"):
        yield from (word + metal + of for metal in ("", "sodique") for of in ("de", "d"))
    # The old word order: 염산X, 塩酸X, 塩化X.
    yield from (word for word in ion.ko.split() if _is_acid(word) or _is_halide(word))
    yield from (word for word in ion.ja.split() if _is_acid(word) or _is_halide(word))


def _base_affixes(ion: Ion) -> Iterator[str]:
    yield from _times(_LATIN_TIMES, f"{ion.en} {ion.fr} {ion.de}")
    for word in _times(_KOREAN_TIMES, ion.ko):
        yield from (word, word + "염")
    yield from _times(_JAPANESE_TIMES, ion.ja)


def _by_affix(affixes: Iterable[tuple[Ion, Iterator[str]]]) -> dict[str, str]:
    return {affix: ion.en.split()[0] for ion, words in affixes for affix in words}


SUFFIXES = _by_affix(
    [
        *((ion, _acid_suffixes(ion)) for ion in ACIDS),
        *((ion, _base_affixes(ion)) for ion in (*METALS, *PARTNERS, *STATES)),
    ]
)
PREFIXES = _by_affix(
    [
        *((ion, _acid_prefixes(ion)) for ion in ACIDS),
        *((ion, _base_affixes(ion)) for ion in (*METALS, *STATES)),
    ]
)
COUNTER_IONS = frozenset(SUFFIXES) | frozenset(PREFIXES)
_PARTNER_NAMES = frozenset(word for ion in PARTNERS for word in ion.en.split())
IONS_ONLY = COUNTER_IONS - _PARTNER_NAMES
"""Keys that are no substance; arginine or trometamol, alone, is one."""
_SUFFIX_LENGTHS = tuple(sorted({len(affix) for affix in SUFFIXES}))
_PREFIX_LENGTHS = tuple(sorted({len(affix) for affix in PREFIXES}))

_ACIDS = frozenset(ion.en.split()[0] for ion in ACIDS)
_METALS = frozenset(ion.en.split()[0] for ion in METALS)
_ESTERS_WITH_A_METAL = frozenset({"phosphate", "succinate"})  # "dexamethasone sodium phosphate"


@dataclass(frozen=True)
class Base:
    """What a name may be a salt, ester or hydrate of.

    Attributes:
        name: a key.
        taken: the ions and states taken away, in English, outermost first.
        is_acid: the name is the acid of an anion that stood there.
    """

    name: str
    taken: tuple[str, ...] = ()
    is_acid: bool = False


def bases(name: str) -> Iterator[tuple[Base, ...]]:
    """Yield the bases of a name, all with one affix less than the ones before.

    Args:
        name: a key. It is itself the first base.

    Yields:
        Bases to look up, in this order, until one is known. None is empty, and but for the name
        itself none is a mere counter-ion.
    """
    for level in _levels(name):
        yield tuple(form for base in level for form in _with_acid(base))


def is_only_ions(name: str) -> bool:
    """Tell whether a key holds counter-ions and states and nothing else."""
    return any(base.name in COUNTER_IONS for level in _levels(name) for base in level)


def is_own_substance(inn: str, taken: Iterable[str]) -> bool:
    """Tell whether an INN with these ions is listed as another substance than the INN alone."""
    return any((inn, ion) in OWN_SUBSTANCES for ion in taken)


def _levels(name: str) -> Iterator[list[Base]]:
    reached = {name}
    level = [Base(name)]
    for _ in range(_MOST_AFFIXES + 1):
        yield level
        lesser = {less.name: less for base in level for less in _one_less(base)}
        level = [less for name, less in lesser.items() if name not in reached]
        reached.update(lesser)


def _with_acid(base: Base) -> Iterator[Base]:
    """Give the base, and the acid where the base is written as its anion ("valproate")."""
    if base.taken and base.name in IONS_ONLY:
        return
    yield base
    for ending in ("ate", "at"):
        if base.name.endswith(ending):
            yield Base(base.name.removesuffix(ending) + "icacid", base.taken, is_acid=True)


def _one_less(base: Base) -> Iterator[Base]:
    name = base.name
    for length in _SUFFIX_LENGTHS:
        if length >= len(name):
            break
        ion = SUFFIXES.get(name[-length:])
        if ion and not _closes_a_salt(ion, base.taken):
            yield Base(name[:-length], (*base.taken, ion))
    for length in _PREFIX_LENGTHS:
        if length >= len(name):
            break
        ion = PREFIXES.get(name[:length])
        if ion:
            yield Base(name[length:], (*base.taken, ion))


def _closes_a_salt(ion: str, taken: tuple[str, ...]) -> bool:
    """Tell whether the metal before an anion just taken makes it a substance: "sodium chloride"."""
    outer = taken[-1] if taken else ""
    return ion in _METALS and outer in _ACIDS and outer not in _ESTERS_WITH_A_METAL
