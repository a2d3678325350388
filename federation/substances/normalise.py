"""Native text brought to one width, case, accent, dash and blank, and its brackets taken out.

`fold` keeps a text readable, `key` makes it comparable. Doses and forms are `noise`, salts are
`salts`: nothing is lost here but spelling.
"""

import re
import unicodedata
from functools import lru_cache

_ACCENTS = re.compile("[\u0300-\u036f]")
_SPACES = re.compile(r"\s+")
_NOT_IN_KEYS = re.compile(r"[\W_]+")
_LONG_VOWEL_AS_DASH = re.compile("(?<![\u3041-\u30ff])ー")
_LETTERS = str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹣－", "-")
    | dict.fromkeys("’‘´`′", "'")
    | dict.fromkeys("®™©\u00ad\u200b\ufeff")
    | {"œ": "oe", "æ": "ae", "ø": "o"}
    | {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ω": "omega"}
    | {"μ": "u", "µ": "u"}  # the micro sign in both its code points; no name here has a mu
)
_ISOTOPE = re.compile(
    r"[\[(](?P<isotope>\d{1,3}m?[a-z]{1,2})[\])]\s*(?P<element>[a-z]+)(?:\(i+\))?(?:\s*-\s*|\s+|$)"
)
_INVERTED = re.compile(r"(?P<name>[^()]+) \((?P<first>acide|[a-z ]+ d(?:e|'))\)(?P<rest>.*)")


_KEYS_KEPT = 131_072  # a register names the same things over and over


def fold(text: str) -> str:
    """Bring text to one width, case, accent, dash and blank; it stays readable."""
    if not text.isascii():
        # Marks are dropped from the decomposed text and the rest composed again, so that Hangul
        # and the voiced kana, whose marks lie outside this range, come back whole.
        text = unicodedata.normalize("NFKD", text.translate(_LETTERS))
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", text))
        text = _LONG_VOWEL_AS_DASH.sub("-", text.casefold().translate(_LETTERS))
    return _SPACES.sub(" ", text.casefold()).strip()


@lru_cache(maxsize=_KEYS_KEPT)
def key(text: str) -> str:
    """Reduce text to its letters and digits: two spellings of one name have one key.

    Without blanks, words that a source broke in two ("hydrochlori de") are whole again.
    """
    return _NOT_IN_KEYS.sub("", fold(text))


def in_speech_order(folded: str) -> str:
    """Put a French "x (chlorhydrate de) y" or "x (acide)" as one would say it.

    An isotope before its element goes behind it: "[99mtc]technetium-x" is "technetium (99mtc) x".
    """
    folded = _ISOTOPE.sub(r"\g<element> (\g<isotope>) ", folded)
    inverted = _INVERTED.fullmatch(folded)
    return f"{inverted['first']} {inverted['name']}{inverted['rest']}" if inverted else folded


def apart(folded: str) -> tuple[str, tuple[str, ...]]:
    """Take the outermost brackets out: the text around them, and what each of them holds."""
    around: list[str] = []
    asides: list[list[str]] = []
    depth = 0
    for mark in folded:
        opens, closes = mark in "([{<", mark in ")]}>" and depth > 0
        if opens and not depth:
            asides.append([])
        elif depth and not (closes and depth == 1):
            asides[-1].append(mark)
        elif not opens and not closes:
            around.append(mark)
        depth += opens - closes
    return "".join(around).strip(" _"), tuple("".join(aside).strip() for aside in asides)
