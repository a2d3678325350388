"""How large the text of a document is, told before it is parsed.

graphql-core makes an object of each word before it counts them; regular expressions count all of a
document in the time it takes for a few. Where the two read a text differently, the parser's own
limits still hold.
"""

import re
from itertools import accumulate

from hub.gateway.limits import DOCUMENT_CHARS, NESTING, TOKENS, WRITTEN_CHARS

_QUOTED = re.compile(
    r'"""(?:[^"\\]++|\\"""|\\|"(?!""))*+(?:""")?'
    r'|"(?:[^"\\\r\n]++|\\.)*+"?'
    r"|\#[^\r\n]*+",
    re.VERBOSE,
)
"""Block strings, strings and comments, those too that have no end."""

_TOKEN = re.compile(r"[_A-Za-z][_0-9A-Za-z]*+|-?[0-9][0-9.eE+-]*+|\.\.\.|[^\s,\ufeff]")
_BRACKET = re.compile(r"[(\[{}\])]")
_DEEPER = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


def check_text(text: str) -> None:
    """Check a document that is yet to be parsed.

    Raises:
        InvalidInput: it is over a limit, which the message states.
    """
    DOCUMENT_CHARS.check(len(text))
    bare = _QUOTED.sub('"', text)
    WRITTEN_CHARS.check(len(text) - len(bare) + len("".join(bare.split())))
    TOKENS.check(len(_TOKEN.findall(bare)))
    depths = accumulate(_DEEPER[bracket] for bracket in _BRACKET.findall(bare))
    NESTING.check(max(depths, default=0))
