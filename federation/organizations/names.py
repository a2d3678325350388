"""Names of organisations and sites in their normal form, in every script the members use.

Two records may be compared by it; that they are one takes the evidence of `matching.py`. Names are
not romanised: readings of Korean and Japanese names are too many to prove anything.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from federation.organizations.legal_forms import CO, FORM_BY_SIGN, FORM_BY_WORDS

_LONGEST_FORM = max(map(len, FORM_BY_WORDS))

# What stands beside a name: by-names, the number of the establishment, what a site delivers.
_BESIDE = re.compile(
    r"(?i)\b(?:HR-)?Beiname:.*|\bRechtsform:.*|\(BS ?\d+\)|^\[[^\]]*\]+|^m/s\b\.?|\(구 [^)]*\)",
    re.DOTALL,
)
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}[^\W\d_]?\b|\b[^\W\d_]\.[^\W\d_]\b")
_LATIN_WITH_MARK = re.compile(r"[\u00c0-\u024f\u1e00-\u1eff]")
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i"})
_SIGNS = re.compile("|".join(map(re.escape, FORM_BY_SIGN)))
_EAST_ASIAN = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NUMERALS = re.compile(r"\b(?:\d+|[ivx]+|unit|plant|factory|site)\b")


@dataclass(frozen=True, slots=True)
class Name:
    """A name in two parts.

    `core` has no capitals, accents, punctuation or legal form, its words parted by one blank.
    `form` is a key of `legal_forms`, or None where the name states none.
    """

    core: str
    form: str | None

    @property
    def joined(self) -> str:
        """The core without blanks, which sources put in or leave out: `H e x a l`."""
        return self.core.replace(" ", "")

    @property
    def numerals(self) -> tuple[str, ...]:
        """Words that tell one plant of a company from another, sorted."""
        return tuple(sorted(_NUMERALS.findall(self.core)))


@lru_cache(maxsize=1 << 16)
def read_name(text: str) -> Name | None:
    """Bring a name into its normal form; nothing for a name without a letter or digit.

    A name that is nothing but a legal form is its own core.
    """
    whole = unicodedata.normalize("NFKC", text)
    plain = fold(_BESIDE.sub(" ", whole)) or fold(whole)
    if not plain:
        return None
    bare, sign = _without_signs(plain)
    words, form = _without_forms(_words(bare))
    core = " ".join(words)
    return Name(core, form or sign)


def fold(text: str) -> str:
    """Write text in small letters without accents, words parted by single blanks.

    Parentheses around East Asian forms stay until these are read.
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    text = text.replace("a/s", "as").translate(_LETTERS)
    text = _LATIN_WITH_MARK.sub(lambda found: unicodedata.normalize("NFD", found[0])[0], text)
    text = _INITIALS.sub(lambda found: found[0].replace(".", ""), text)
    text = re.sub(r"['’‘`´]", "", text)
    text = re.sub(r"[&+]", " and ", text)
    kept = _SIGNS.sub(lambda found: found[0].replace("(", "⟨").replace(")", "⟩"), text)
    return " ".join(re.sub(r"[^\w⟨⟩]|_", " ", kept).split()).replace("⟨", "(").replace("⟩", ")")


def _without_signs(text: str) -> tuple[str, str | None]:
    found = _SIGNS.search(text)
    bare = _SIGNS.sub(" ", text).strip()
    if not found or not bare:
        return text, None
    return bare, FORM_BY_SIGN[found[0]]


def _words(text: str) -> list[str]:
    """Part a name at blanks; in an East Asian one they mean nothing."""
    text = text.replace("(", "").replace(")", "")
    return text.replace(" ", "").split() if _EAST_ASIAN.search(text) else text.split()


def _without_forms(words: list[str]) -> tuple[list[str], str | None]:
    """Take legal forms off the end, and say the last but `Company`."""
    stated: str | None = None
    while (form := _form_at_end(words)) is not None:
        words = words[: -form[1]]
        stated = stated or (None if form[0] == CO else form[0])
    return words, stated


def _form_at_end(words: list[str]) -> tuple[str, int] | None:
    for length in range(min(_LONGEST_FORM, len(words) - 1), 0, -1):
        form = FORM_BY_WORDS.get(tuple(words[-length:]))
        if form is not None:
            return form, length
    return None
