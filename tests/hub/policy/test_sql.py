import pytest
from psycopg import AsyncRawCursor

from hub.policy.expression import (
    FALSE,
    MIN_LONG,
    TRUE,
    Instant,
    all_of,
    at_least,
    at_most,
    holds_all,
    holds_any,
    matches,
    negation,
    not_over,
    one_of,
    same,
)
from hub.policy.schema import AGE_DAYS, Attribute, CedarType
from hub.policy.sql import emit, like_pattern, quote

WORD = Attribute("word", CedarType.STRING, '{row}."word"')
OTHER = Attribute("other", CedarType.STRING, '{row}."other"')
COUNT = Attribute("count", CedarType.LONG, '{row}."count"')
SIZE = Attribute("size", CedarType.LONG, '{row}."size"')
FLAG = Attribute("flag", CedarType.BOOL, '{row}."flag"')
AT = Attribute("at", CedarType.DATETIME, '{row}."at"')
TAGS = Attribute("tags", CedarType.STRINGS, '{row}."tags"')
MARKS = Attribute("marks", CedarType.STRINGS, '{row}."marks"')


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (TRUE, "true"),
        (FALSE, "false"),
        (one_of(WORD, ("a",)), """"n"."word" = 'a'"""),
        (negation(one_of(WORD, ("a",))), """"n"."word" <> 'a'"""),
        (one_of(WORD, "ba"), """"n"."word" = ANY (ARRAY['a', 'b']::text[])"""),
        (negation(one_of(WORD, "ba")), """"n"."word" <> ALL (ARRAY['a', 'b']::text[])"""),
        (one_of(COUNT, (MIN_LONG,)), """"n"."count" = '-9223372036854775808'::bigint"""),
        (one_of(FLAG, (True,)), '"n"."flag" = true'),
        (negation(one_of(FLAG, (True,))), '"n"."flag" <> true'),
        (at_least(COUNT, 7), """"n"."count" >= '7'::bigint"""),
        (at_most(COUNT, 6), """"n"."count" < '7'::bigint"""),
        (
            at_least(AT, Instant(-1)),
            """"n"."at" >= '1969-12-31 23:59:59.999+00'::timestamptz""",
        ),
        (not_over(COUNT, SIZE), '"n"."count" <= "n"."size"'),
        (negation(not_over(COUNT, SIZE)), 'NOT ("n"."count" <= "n"."size")'),
        (same(WORD, OTHER), '"n"."other" = "n"."word"'),
        (matches(WORD, ("%_\\", None)), """"n"."word" LIKE E'\\\\%\\\\_\\\\\\\\%'"""),
        (holds_all(TAGS, frozenset("ab")), """"n"."tags" @> ARRAY['a', 'b']::text[]"""),
        (holds_all(frozenset(), TAGS), 'ARRAY[]::text[] @> "n"."tags"'),
        (holds_any(TAGS, MARKS), '"n"."marks" && "n"."tags"'),
        (
            all_of((one_of(WORD, ("a",)), one_of(FLAG, (True,)))),
            """("n"."word" = 'a' AND "n"."flag" = true)""",
        ),
    ],
)
def test_an_expression_is_written_as(expression, text):
    assert emit(expression, "n") == text


def test_any_identifier_can_be_the_alias():
    assert emit(one_of(WORD, ("a",)), 'a"; --{row}') == """"a""; --{row}"."word" = 'a'"""


NASTY = [
    "",
    "'",
    "''",
    "\\",
    "\\'",
    "'; --",
    "$1",
    "%s",
    "%",
    "{row}",
    "\u00e9",
    "e\u0301",
    "😀",
    "\n",
    "a ",
]


@pytest.mark.parametrize("conforming", ["on", "off"])
@pytest.mark.filterwarnings("ignore")
async def test_a_quoted_text_reads_back_the_same(connection, conforming):
    await connection.execute("SET LOCAL escape_string_warning = off")
    await connection.execute(f"SET LOCAL standard_conforming_strings = {conforming}")
    cursor = AsyncRawCursor(connection)
    await cursor.execute(f"SELECT {', '.join(map(quote, NASTY))}")
    assert await cursor.fetchone() == tuple(NASTY)


@pytest.mark.parametrize("text", NASTY)
async def test_a_pattern_of_a_text_matches_that_text_alone(connection, text):
    cursor = AsyncRawCursor(connection)
    await cursor.execute(
        f"SELECT word FROM unnest($1::text[]) word WHERE word LIKE {quote(like_pattern((text,)))}",
        (NASTY,),
    )
    assert await cursor.fetchall() == [(text,)]


def test_a_text_with_nul_is_no_literal():
    with pytest.raises(ValueError, match="NUL"):
        quote("a\0b")


@pytest.mark.parametrize("days", [-1, 0, 1, 7, 3650, 999_999, 1_000_000, 2**62])
@pytest.mark.parametrize("age", [-1, 0, 1, 6, 7, 8, 3649, 3650, 700_000])
@pytest.mark.parametrize("off_us", [-1, 0, 1])
async def test_an_embargo_ends_at_the_instant_at_which_the_age_is_reached(
    connection, days, age, off_us
):
    test = at_least(AGE_DAYS, days)
    await connection.execute("SET LOCAL timezone = 'America/New_York'")
    row = await connection.execute(
        f"SELECT {emit(test, 'n')}, {emit(negation(test), 'n')}, "
        f"{AGE_DAYS.sql.format(row='n')} >= {days} FROM (SELECT "
        f"statement_timestamp() - interval '{24 * age} h' - interval '{off_us} us' "
        "AS first_recorded_at) n"
    )
    held, failed, expected = await row.fetchone()
    assert (held, failed) == (expected, not expected)
