"""The members' words for money lead to currencies that ISO 4217 knows."""

import polars as pl
import pycountry
import pytest

from federation.errors import DeclarationFault
from federation.harmonize.currencies import CURRENCY_WORDS, always_in, currency_of


@pytest.mark.parametrize("code", sorted(set(CURRENCY_WORDS.words.values())))
def test_every_word_leads_to_a_currency(code: str) -> None:
    assert pycountry.currencies.get(alpha_3=code) is not None


def test_a_word_not_listed_has_no_currency() -> None:
    words = pl.DataFrame({"word": [" Rs. ", "₹", "EURO", "dinar", None]})
    assert words.select(currency_of(pl.col("word")))["word"].to_list() == [
        "INR",
        "INR",
        "EUR",
        None,
        None,
    ]


def test_a_feed_cannot_state_an_unlisted_word() -> None:
    with pytest.raises(DeclarationFault, match="dinar"):
        always_in("dinar")
