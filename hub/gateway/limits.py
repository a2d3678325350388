"""Every limit of a question: its number, its code, and why it is that number.

The one place that declares them; who checks each says so where it does. `docs/limits.md` shows this
table, and a test compares the two. The times in the reasons are CPU of one process on one core of
a shared 2-core machine, worst of several runs.
"""

from dataclasses import dataclass

from hub.errors import InvalidInput
from hub.store.database import STATEMENT_TIMEOUT_MS

_PAST_REASON = 1_000_000
"""A figure above would be long to write, and tell nothing."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The most there may be of something.

    `says` states what was found, with `{found}` for the figure; `advice` what to do about it.
    """

    code: str
    most: int
    says: str
    advice: str
    why: str

    def check(self, found: int) -> None:
        """Check a figure.

        Raises:
            InvalidInput: it is over the limit.
        """
        if found > self.most:
            raise self.refusal(found)

    def refusal(self, found: int | str) -> InvalidInput:
        """Make the error that states the figure and the limit."""
        return InvalidInput(self.message(found), code=self.code)

    def message(self, found: int | str) -> str:
        """State the figure, the limit and the advice."""
        is_past_reason = isinstance(found, int) and found >= _PAST_REASON
        figure = "over a million" if is_past_reason else found
        return f"{self.says.format(found=figure)}, {self.most} at most: {self.advice}"


BODY_BYTES = Limit(
    "TOO_LARGE",
    100 * 1024,
    "the request has {found} bytes",
    "ask in parts",
    "The largest of the trusted documents has 1.2 kB, and a hundred representations have 10. JSON "
    "of this size takes up to 12 ms to read, values being counted.",
)
DOCUMENT_CHARS = Limit(
    "DOCUMENT_LIMIT",
    48 * 1024,
    "the document has {found} characters",
    "ask in parts, and send values as variables",
    "The longest introspection query that graphql-js writes (`typeDepth` 100) has 44,026, nearly "
    "all of them indentation. graphql-core passes over white space at 0.2 µs a letter: 9 ms.",
)
WRITTEN_CHARS = Limit(
    "DOCUMENT_LIMIT",
    8 * 1024,
    "the document has {found} characters besides white space",
    "ask in parts, and send values as variables",
    "The longest introspection query has 2,392, the trusted documents 1,000 or fewer. graphql-core "
    "reads names, strings and comments at up to 0.5 µs a letter: 4 ms.",
)
TOKENS = Limit(
    "TOKEN_LIMIT",
    700,
    "the document has {found} words, signs and comments",
    "ask in parts",
    "Introspection with `typeDepth` 100 has 646, with the usual 9 it has 191; the trusted "
    "documents have 184 or fewer. To parse and validate costs 20 µs a token: 14 ms.",
)
NESTING = Limit(
    "NESTING_LIMIT",
    128,
    "the document is {found} brackets deep, with its fragments written out",
    "ask in parts",
    "Introspection with `typeDepth` 100 is 101 deep; graphql-core's parser gives up at 200.",
)
OPERATIONS = Limit(
    "TOO_MANY_OPERATIONS",
    10,
    "the document has {found} operations",
    "send those apart that are not run",
    "One is run. Validation walks all the fragments of each anew.",
)
FRAGMENTS = Limit(
    "FRAGMENT_LIMIT",
    50,
    "the document has {found} fragments",
    "write some of them out",
    "Room for a client that keeps one for each component of a page. To find that 50 spread one "
    "another in a circle takes 11 ms.",
)
VARIABLES = Limit(
    "VARIABLE_LIMIT",
    50,
    "an operation declares {found} variables",
    "bring values together in lists and objects",
    "The widest filter of a record type has 38 fields.",
)
LEVELS = Limit(
    "DEPTH_LIMIT",
    12,
    "the question is {found} levels deep",
    "ask in parts",
    "The trusted documents need 8 or fewer. Each level joins one table more.",
)
FIELDS = Limit(
    "FIELD_LIMIT",
    500,
    "the question has {found} fields with its fragments written out",
    "ask in parts",
    "The trusted documents need 125 or fewer; the widest record type has 52. Counted without "
    "being written out: a dozen fragments can stand for thousands.",
)
ALIASES = Limit(
    "ALIAS_LIMIT",
    60,
    "the question has {found} aliases",
    "ask in parts",
    "Each may be another list of the same name, so that nothing is merged.",
)
ROOT_FIELDS = Limit(
    "ROOT_FIELD_LIMIT",
    20,
    "the question has {found} root fields",
    "ask in parts",
    "One for each of the 16 record types, and room. Each record field is a statement of its own; a "
    "gateway process has 8 connections.",
)
REPEATS = Limit(
    "REPEAT_LIMIT",
    10,
    "one field or fragment stands {found} times in one place",
    "write it once, or give it aliases",
    "Those that merge have to be compared each with each: 249 times one field took 420 ms.",
)
COMPARISONS = Limit(
    "COMPARISON_LIMIT",
    1_000,
    "the fields of the question would have to be compared {found} times, to see that they merge",
    "write each field once, in one fragment",
    "The trusted documents need 7 or fewer. graphql-core alone would allow 500,000, which is "
    "0.4 s.",
)
DIRECTIVES_IN_PLACE = Limit(
    "DIRECTIVE_LIMIT",
    5,
    "one place of the document has {found} directives",
    "leave out those that repeat",
    "`@skip` and `@include` are all that bear on a field, each once; the rest is room for what "
    "clients add for themselves.",
)
DIRECTIVES = Limit(
    "DIRECTIVE_LIMIT",
    50,
    "the document has {found} directives",
    "put conditions on fragments, not on each field",
    "Room for one on each fragment that a document may have.",
)
INTROSPECTION_LISTS = Limit(
    "INTROSPECTION_LIMIT",
    1,
    "the introspection is {found} lists of fields or types deep",
    "ask for each type by its name",
    "The standard query has 1, whatever its options. Each level more multiplies the 300 types by "
    "the 8 fields that one has, 52 at most.",
)
INTROSPECTION_ALIASES = Limit(
    "INTROSPECTION_LIMIT",
    0,
    "the introspection has {found} aliases in it",
    "ask for each part once",
    "The standard query has none. It takes 110 ms when it is first asked; an alias of `types` "
    "would double that.",
)
VALUES = Limit(
    "VALUE_LIMIT",
    2_500,
    "the variables hold {found} values",
    "ask in parts",
    "Two lists of a filter at their most, and room. To coerce costs 2 µs a value.",
)
VALUE_NESTING = Limit(
    "VALUE_DEPTH_LIMIT",
    12,
    "the variables are {found} lists and objects deep",
    "send no more than the type of a variable has",
    "A filter in a variable is 4 deep; the type of no argument is deeper.",
)
ENTITIES = Limit(
    "ENTITY_LIMIT",
    500,
    "`_entities` has {found} representations",
    "ask in batches",
    "A router asks for those of one page, in one statement a type: 500 with every field take 25 ms "
    "and 600 kB, as a page does.",
)
PAGE = Limit(
    "PAGE_SIZE",
    500,
    "`first` is {found}",
    "page on with `after`",
    "30 ms and 300 kB with every field asked.",
)
NESTED_PAGE = Limit(
    "PAGE_SIZE",
    100,
    "`first` of a nested list is {found}",
    "ask for the list at the root, where it has pages",
    "A nested list is read for each row of the page above.",
)
ORDERS = Limit(
    "TOO_MANY_ORDERS",
    5,
    "`orderBy` lists {found} fields",
    "leave the last ones out",
    "The condition of a cursor grows with their square.",
)
TERMS = Limit(
    "TOO_MANY_TERMS",
    1_000,
    "a filter lists {found} values",
    "ask in parts",
    "Two pages of keys. They are one array, so one probe of the index each.",
)
ALIAS_CHARS = Limit(
    "ALIAS_TOO_LONG",
    63,
    "an alias has {found} characters",
    "choose a shorter one",
    "PostgreSQL cuts longer names of columns off silently.",
)
SEARCH_CHARS = Limit(
    "SEARCH_TEXT",
    200,
    "the text to search for has {found} characters",
    "search for a name or a code",
    "Of 200 names that are searched one is longer, and lists what is in the medicine.",
)
COST = Limit(
    "COST_LIMIT",
    50_000,
    "the question may bring {found} objects by its page sizes",
    "ask for smaller pages, or for fewer lists inside lists",
    "With every field asked, 60 µs and 0.6 kB an object: 3 s of the 15 that a statement has.",
)
STATEMENT_SECONDS = Limit(
    "STATEMENT_TIMEOUT",
    STATEMENT_TIMEOUT_MS // 1000,
    "the statement of a root field took {found} seconds",
    "ask for fewer rows or narrow the filter",
    "By its cost the dearest question takes 3 s; the rest is for a busy machine.",
)
SUBSCRIPTIONS = Limit(
    "SUBSCRIPTION_LIMIT",
    10,
    "the client has {found} subscriptions open on this process",
    "end one first",
    "Each looks four times a second whether it still may, and reads each page of changes anew.",
)
SOCKET_OPERATIONS = Limit(
    "OPERATION_LIMIT",
    10,
    "the socket has {found} operations under way",
    "wait for one to end",
    "Twice a client's subscriptions; the connections that answer are 8.",
)
ERRORS = Limit(
    "ERROR_LIMIT",
    5,
    "the answer would list {found} errors",
    "mend the first ones",
    "Nobody reads more. Each shows the value it is about, up to 2 ms to write, and is a line of "
    "the log.",
)

LIMITS: dict[str, Limit] = {
    name: value for name, value in dict(globals()).items() if isinstance(value, Limit)
}
"""All limits, by name."""
