"""How a name sounds to a Korean or Japanese ear, so that it can be compared across scripts.

A sound is text in which a vowel is one letter and a consonant two, its class and its kind: `Pp` and
`Pb` are one edit apart, `Pp` and `Ss` two. What either script cannot tell apart is one letter; the
vowels that it must put between consonants are dropped, on the Latin side too. Start at `sound`.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from federation.substances.spellings import ACID

_SHORTEST = 2  # native letters
_NOT_NATIVE = re.compile(r"[a-z0-9]|酸$")


class Script(StrEnum):
    """A script that writes INNs by ear."""

    HANGUL = "ko"
    KANA = "ja"


_CLASSES = {
    **dict.fromkeys("kg", "K"),
    **dict.fromkeys("td", "T"),
    **dict.fromkeys("pb", "P"),
    **dict.fromkeys("szj", "S"),
    **dict.fromkeys("mn", "N"),
    "l": "L",
    "h": "H",
}
_KANA_JI = "Tz"  # ジ stands for di and for zi

# Jamo in Unicode order. ㅊ is an old t (아세칠), a final ㅅ a t.
_INITIALS = tuple("ggnddlmbbss_jjtktph")
_MEDIAL_LETTERS = "a e ia ie o e io ie o oa oe e io u uo ue ui iu _ i i"
_FINAL_LETTERS = "_ k k ks n n n d l l l l l l l l m p p t t n s t k t p h"
_MEDIALS, _FINALS = _MEDIAL_LETTERS.split(), _FINAL_LETTERS.split()

_KANA: dict[str, str] = {}
for _row, _letters in {
    "": "アイウエオ",
    "k": "カキクケコ",
    "g": "ガギグゲゴ",
    "s": "サシスセソ",
    "z": "ザ_ズゼゾ",
    "t": "タチツテト",
    "d": "ダ_ヅデド",
    "n": "ナニヌネノ",
    "h": "ハヒフヘホ",
    "b": "バビブベボ",
    "p": "パピプペポ",
    "m": "マミムメモ",
    "l": "ラリルレロ",
}.items():
    _KANA |= {letter: _row + vowel for letter, vowel in zip(_letters, "aiueo", strict=True)}
_KANA |= {"ジ": "ji", "ヂ": "ji", "ヴ": "bu", "ン": "n", "ワ": "a", "ヲ": "o", "ッ": "", "ー": ""}
_KANA |= {"ヤ": "ia", "ユ": "iu", "ヨ": "io", "_": ""}
_SMALL = dict(zip("ァィゥェォャュョ", ["a", "i", "u", "e", "o", "ia", "u", "io"], strict=True))

_LATIN = re.compile(
    r"(?P<ps>^ps)|(?P<pn>^pn)|(?P<pt>^pt)|(?P<first_x>^x)|(?P<first_u>^u)|(?P<first_eu>^eu)"
    r"|(?P<k>sch|ch|ck|qu?|k|c(?![eiy]))|(?P<s>sc?(?=[eiy])|c(?=[eiy])|s)|(?P<f>ph|f)|(?P<t>th?)"
    r"|(?P<l>rh|[lr])|(?P<g>gh?)|(?P<ks>x)|(?P<e>ae|oe|e(?!u))|(?P<iu>eu)"
    r"|(?P<n>m(?=b|p(?!h)))|(?P<ou>ou)|(?P<u>oo|w|u)|(?P<i>ee|y|i)|(?P<b>[bv])"
)
_AS_NAMED = {group: group for group in _LATIN.groupindex}
_HEARD = {
    Script.HANGUL: _AS_NAMED
    | {"f": "p", "ou": "u", "ps": "s", "pn": "n", "pt": "t", "first_x": "j"}
    | {"first_u": "iu", "first_eu": "iu", "n": "m"},
    Script.KANA: _AS_NAMED
    | {"f": "h", "pn": "n", "first_x": "ks", "first_u": "u", "first_eu": "iu", "iu": "u"},
}
_MERGED = {
    Script.HANGUL: (re.compile("z"), "j"),
    Script.KANA: (re.compile(r"[dz](?=i)|j"), "Z"),
}
_REPEATED = re.compile(r"([A-Z][a-z]?|[aeiou])\1+")
_ACID_STEM = re.compile(r"i(?:Nn|Kk)?$")  # ascorbic acid is 아스코르브산 or 아스코르빈산
_ACID_ENDING = re.compile(r"(?:ic|in)?acid$")
_MOST_SOUNDS = 6
_HEARD_TWO_WAYS = {
    Script.HANGUL: (
        (re.compile(r"r(?![aeiouyhr])"), ""),  # 텔미사르탄, 텔미사탄
        (re.compile(r"at$"), "eit"),  # 아세타트, 아세테이트
        (re.compile(r"id$"), "aid"),  # 클로라미드, 클로라마이드
        (re.compile(r"y(?!l?$)"), "ai"),  # 히드로, 하이드로
        (re.compile(r"g(?=[eiy])"), "j"),  # 게피티니브, 젬시타빈
        (re.compile(r"oe"), "o_e"),  # 슈도에페드린: two vowels where two words meet
        (re.compile(r"iodin$"), "iod"),
    ),
    Script.KANA: (
        (re.compile(r"th(?=i)"), "s"),  # チアミン, サイアミン
        (re.compile(r"y(?!l?$)"), "ai"),
        (re.compile(r"g(?=[eiy])"), "j"),
        (re.compile(r"iodin$"), "iod"),
    ),
}
_LATIN_RUN = re.compile(r"[a-z]+")
_SPELT_OUT = re.compile(r"^디엘")  # "DL", by the names of the letters
_NATIVE_ACID = {Script.HANGUL: "산", Script.KANA: "酸"}
_NOT_HEARD = {
    Script.HANGUL: re.compile(r"(?!)"),  # ㅡ is dropped as a letter
    # ウ columns, ト and ド are bare consonants too, as are ネ at an end (モルヒネ) and キ in an x.
    Script.KANA: re.compile(r"u|(?<=T[td])o|(?<=Kk)i(?=Ss)|e$"),
}


def script_of(name_key: str) -> Script | None:
    """Tell the script of a key: Hangul or kana, with Latin letters, digits and 酸 between them."""
    native = _NOT_NATIVE.sub("", name_key)
    if len(native) < _SHORTEST:
        return None
    if _is_between(native, "가", "힣"):
        return Script.HANGUL
    return Script.KANA if _is_between(native, "ァ", "ー") else None


def sound(name_key: str, script: Script) -> str:
    """Give the sound of a key written in a script."""
    acid = _NATIVE_ACID[script]
    is_acid = name_key.endswith(acid) and len(name_key) > len(acid) + 1
    name = _SPELT_OUT.sub("dl", name_key.removesuffix(acid) if is_acid else name_key)
    letters = _hangul(name) if script is Script.HANGUL else _kana(name)
    return _finished(letters, script, is_acid=is_acid)


def latin_sounds(name_key: str, script: Script) -> Iterator[str]:
    """Yield the sounds that a key of Latin letters may have in a script, the usual one first."""
    name = _ACID_ENDING.sub("", name_key)
    is_acid = name != name_key
    usual = name if is_acid else name.removesuffix("e")
    yield _finished(_latin(usual, script), script, is_acid=is_acid)
    heard = [usual]
    for written, other in _HEARD_TWO_WAYS[script]:
        heard += [changed for name in heard if (changed := written.sub(other, name)) != name]
        del heard[_MOST_SOUNDS:]
    for name in heard[1:]:
        yield _finished(_latin(name, script), script, is_acid=is_acid)


def _latin(name: str, script: Script) -> str:
    heard = _HEARD[script]
    return _LATIN.sub(lambda found: heard[found.lastgroup or ""], name)


def _finished(letters: str, script: Script, *, is_acid: bool) -> str:
    letters = _MERGED[script][0].sub(_MERGED[script][1], letters)
    spelt = _REPEATED.sub(r"\1", _NOT_HEARD[script].sub("", letters.translate(_CODES)))
    return _ACID_STEM.sub("", spelt) + ACID if is_acid else spelt


_CODES: Mapping[int, str] = str.maketrans(
    {
        **{kind: class_ + kind for kind, class_ in _CLASSES.items()},
        "Z": _KANA_JI,
        "_": "",
    }
)


def _hangul(name: str) -> str:
    letters = []
    for syllable in _LATIN_RUN.sub(lambda run: _latin(run[0], Script.HANGUL), name):
        if syllable.isascii():
            letters.append(syllable)
            continue
        place = ord(syllable) - ord("가")
        initial, rest = divmod(place, len(_MEDIALS) * len(_FINALS))
        medial, final = divmod(rest, len(_FINALS))
        letters += [_INITIALS[initial], _MEDIALS[medial], _FINALS[final]]
    return "".join(letters)


def _kana(name: str) -> str:
    letters = ""
    for kana in _LATIN_RUN.sub(lambda run: _latin(run[0], Script.KANA), name):
        if kana.isascii():
            letters += kana
        elif small := _SMALL.get(kana):
            small = small[-1] if letters.endswith(("ji", "si", "ti")) else small
            letters = letters[:-1] + small if letters[-1:] in {*"aiueo"} else letters + small
        else:
            letters += _KANA.get(kana, "")
    return letters


def _is_between(text: str, first: str, last: str) -> bool:
    return bool(text) and all(first <= letter <= last for letter in text)
