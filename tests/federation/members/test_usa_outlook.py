from datetime import date

import polars as pl
import pytest

from federation.members.usa.outlook import expected_end


def read(prose):
    return pl.select(expected_end(pl.lit(prose, dtype=pl.String))).item()


@pytest.mark.parametrize(
    ("prose", "text", "earliest", "latest", "precision"),
    [
        ("Estimated availability: 5/25/2026", "5/25/2026", "2026-05-25", "2026-05-25", "DAY"),
        ("Estimated recovery: April 2026", "April 2026", "2026-04-01", "2026-04-30", "MONTH"),
        ("Estimated availability April  2026", "April 2026", "2026-04-01", "2026-04-30", "MONTH"),
        ("Re-supply in March 2026", "March 2026", "2026-03-01", "2026-03-31", "MONTH"),
        (
            "Expected recovery: mid-April 2026",
            "mid-April 2026",
            "2026-04-11",
            "2026-04-20",
            "ABOUT",
        ),
        (
            "Expected recovery: early May 2026",
            "early May 2026",
            "2026-05-01",
            "2026-05-10",
            "ABOUT",
        ),
        ("Expected recovery: late May 2026", "late May 2026", "2026-05-21", "2026-05-31", "ABOUT"),
        (
            "Expected availability March/April 2026",
            "March/April 2026",
            "2026-03-01",
            "2026-04-30",
            "ABOUT",
        ),
        (
            "Anticipated availability: Q4 2026; Delay",
            "Q4 2026",
            "2026-10-01",
            "2026-12-31",
            "ABOUT",
        ),
        ("New supply anticipated 2Q2026", "2Q2026", "2026-04-01", "2026-06-30", "ABOUT"),
        ("Expected recovery: 2027", "2027", "2027-01-01", "2027-12-31", "YEAR"),
        ("Estimated recovery: 3 weeks", "3 weeks", None, None, "UNKNOWN"),
        ("On backorder. Recovery: TBD. Check wholesalers", "TBD", None, None, "UNKNOWN"),
        ("Expected recovery: 13/45/2026", "13/45/2026", None, None, "UNKNOWN"),
        (
            "Next Delivery: April 2026; Estimated Recovery: September 2026; Shortage per Maker",
            "September 2026",
            "2026-09-01",
            "2026-09-30",
            "MONTH",
        ),
    ],
)
def test_expected_end_has_the_bounds_and_precision_of_its_words(
    prose, text, earliest, latest, precision
):
    found = read(prose)
    days = [date.fromisoformat(day) if day else None for day in (earliest, latest)]
    assert list(found.values()) == [text, *days, precision]


@pytest.mark.parametrize(
    "prose",
    [
        "Next release March 2026. Check wholesalers for inventory.",
        "Next Delivery: April 2026",
        "Estimated limited availablilty until May 2026",
        "Check Wholesaler for Availability",
        "Two lots available for commercial use. Expiration date 12/31/2026",
        "",
        None,
    ],
)
def test_a_delivery_or_an_expiry_is_no_expected_end(prose):
    assert read(prose) is None


def test_lineage_is_the_prose():
    assert set(expected_end(pl.col("related_info")).meta.root_names()) == {"related_info"}
