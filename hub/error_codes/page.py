"""The page `docs/errors.md`, written from what each code is declared to mean.

`hub schema` writes it. The words stand in the modules beside, one a section; here is only what
stands around them.
"""

from collections.abc import Iterator, Mapping

from federation.harmonize.reasons import REASONS, words_of
from hub.error_codes.asking import EDGE, QUESTIONS, SIZES
from hub.error_codes.deciding import DECIDING
from hub.error_codes.entry import Code, Codes
from hub.error_codes.own_issuer import OWN_ISSUER
from hub.error_codes.pulling import PULLING

SECTIONS: Mapping[str, Codes] = {
    "At the edge": EDGE,
    "Questions, figures and exports": QUESTIONS,
    "Limits of a question": SIZES,
    "Filing and deciding": DECIDING,
    "Pulls": PULLING,
    "The hub's own issuer": OWN_ISSUER,
}
"""All codes, by where they come from; none stands twice."""

_HEAD = """# Error codes

Made by `hub schema` from `hub/error_codes/`: change what a code means there.

Every refusal has a stable code, and a message that says what happened, to what, and what to do
next. Programs go by the code, people by the message, which may be worded anew at any time.

| where | the code is | the message is |
| --- | --- | --- |
| GraphQL, exports, submissions, other addresses | `errors[].extensions.code` | `errors[].message` |
| the hub's own issuer, `/oauth/…` | `error` | `error_description` |
| a WebSocket that is closed | the reason, see [changes.md](changes.md) | |
| a pull | `reasonCode` | `reason` |
| the command `hub` | exit status 2; 1 if it found faults | `error: …` on standard error |
| the client `hub-client` | exit status, see `client/README.md` | on standard error |

The status is that of a request refused whole. An error of a question that could be read stands in
`errors` of an answer with status 200, or 400 where `application/graphql-response+json` is accepted
and nothing ran ([operations.md](operations.md)). What failed inside is in the operator's log alone.
"""

_REASONS = """
## Rows in quarantine

| code | the row | do |
| --- | --- | --- |
"""

_MISSING = "MISSING_<FIELD>"

_TAIL = """
## Elsewhere

- What holds a pull, such as `ROWS_LOST`: [gate.md](gate.md).
- What is wrong with a submission, such as `NOT_A_DAY`: [submissions.md](submissions.md).
- Why each limit is what it is: [limits.md](limits.md).
"""


def document() -> str:
    """Write the page."""
    sections = (line for title, codes in SECTIONS.items() for line in _section(title, codes))
    reasons = (f"| `{code}` | {_reason(code)} |\n" for code in sorted([*REASONS, _MISSING]))
    return "".join([_HEAD, *sections, _REASONS, *reasons, _TAIL])


def _section(title: str, codes: Codes) -> Iterator[str]:
    yield f"\n## {title}\n\n| code | status | who gets it | what happened | what to do |\n"
    yield "| --- | --- | --- | --- | --- |\n"
    for name, code in sorted(codes.items()):
        yield f"| `{name}` | {_statuses(code)} | {code.seen_by} | {code.means} | {code.advice} |\n"


def _statuses(code: Code) -> str:
    return " or ".join(map(str, code.statuses)) or "–"


def _reason(code: str) -> str:
    """Part a reason's words into what is and what to do."""
    means, _, advice = words_of(code).partition(": ")
    return f"{means} | {advice}"
