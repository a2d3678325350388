"""The members' words and signs for money, as ISO 4217 codes.

A word stands in a cell, in a column's header or in the law behind a price list; each feed says
where its own does.
"""

import polars as pl

from federation.errors import DeclarationFault
from federation.vocabularies.word_list import WordList

CURRENCY_WORDS = WordList(
    id="prices.currency",
    system="ISO 4217",
    version=1,
    words={
        "원": "KRW",
        "₩": "KRW",
        "円": "JPY",
        "¥": "JPY",
        "₹": "INR",
        "rs": "INR",
        "rs.": "INR",
        "euro": "EUR",
        "euros": "EUR",
        "€": "EUR",
        "$": "USD",
        "usd": "USD",
    },
)


def currency_of(word: pl.Expr) -> pl.Expr:
    """Read words for money, in any case, as ISO 4217 codes; null where a word is not listed."""
    plain = word.str.strip_chars().str.to_lowercase()
    return plain.replace_strict(CURRENCY_WORDS.words, default=None, return_dtype=pl.String)


def always_in(word: str) -> pl.Expr:
    """State one currency on every row, by the word that the header or the law uses.

    Raises:
        DeclarationFault: the word is not listed.
    """
    if word not in CURRENCY_WORDS.words:
        raise DeclarationFault(f"`{word}` is no listed word for money: add it to the list")
    return pl.lit(CURRENCY_WORDS.words[word])
