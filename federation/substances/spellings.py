"""One spelling for what INN, USAN, BAN, Latin, French and German write differently.

`skeleton` reduces a name in Latin script to what these spellings have in common; two names with one
skeleton are one name. Other scripts are `sounds`' matter.
"""

import re

_ACID = re.compile(
    r"acid[eo]?(?P<french>.+?)(?:iqu|ic)?[eo]?|(?P<stem>.+?)(?:ic|in|ino|ico|(?<=o)e)?(?:acid|saure)"
)
_ENDING = re.compile(r"(?:um|e|a|o)(?=\d|$)")
_SAME = (
    (re.compile(r"sch|ch|ck|qu|k|q"), "c"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"(?<=[ctrg])h"), ""),
    (re.compile(r"y|j"), "i"),
    (re.compile(r"w"), "v"),
    (re.compile(r"ae|oe"), "e"),
    (re.compile(r"cs"), "x"),
    (re.compile(r"(.)\1"), r"\1"),
)
ACID = "#"


def skeleton(name_key: str) -> str:
    """Reduce a key in Latin script; an acid ends in `ACID` in whatever language it was one."""
    if acid := _ACID.fullmatch(name_key):
        return _reduced(acid["french"] or acid["stem"]) + ACID
    return _reduced(_ENDING.sub("", name_key))


def _reduced(name: str) -> str:
    for pattern, common in _SAME:
        name = pattern.sub(common, name)
    return name
