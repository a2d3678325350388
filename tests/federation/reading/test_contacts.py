import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.reading.contacts import REMOVED, without_contacts
from federation.reading.native import NativeTable, RejectedRow, number


def scrub(text):
    return without_contacts(NativeTable(number(pl.DataFrame({"a": [text]}))), ()).rows["a"].item()


@pytest.mark.parametrize(
    "contact",
    [
        "info@example.org",
        "First.Last+drug@mail.example.co.kr",
        "800-555-0199",
        "(800) 555-0199",
        "1-800-555-0199",
        "+1 800.555.0199",
    ],
)
def test_a_contact_inside_a_text_is_taken_out_and_the_rest_stays(contact):
    assert scrub(f"Call {contact} for stock") == f"Call {REMOVED} for stock"


@pytest.mark.parametrize(
    "text",
    [
        "0002-1433-80",  # NDC 4-4-2
        "50242-040-62",  # NDC 5-3-2
        "12345-6789-0",  # NDC 5-4-1
        "3400955028284",  # CIP13
        "8806706000111",
        "15/07/2025 - 18:00",
        "3 000 000 UI",
        "10mg @ 5mL",
    ],
)
def test_codes_dates_and_amounts_stay(text):
    assert scrub(text) == text


def test_contacts_inside_lists_are_taken_out_too():
    table = NativeTable(number(pl.DataFrame({"a": [["x", "mail a@b.org"]]})))
    assert without_contacts(table, ()).rows["a"].to_list() == [["x", f"mail {REMOVED}"]]


def test_contact_columns_go_whole_and_need_not_be_there():
    table = NativeTable(number(pl.DataFrame({"name": ["x"], "phone": ["030 1234"]})))
    assert without_contacts(table, ("phone", "fax")).rows.columns == ["name", "_row"]


def test_contacts_in_rejected_rows_are_taken_out_and_their_numbers_stay():
    table = NativeTable(number(pl.DataFrame()), (RejectedRow(4, "MALFORMED_ROW", "a,b@c.de,,"),))
    assert without_contacts(table, ()).rejected == (
        RejectedRow(4, "MALFORMED_ROW", f"a,{REMOVED},,"),
    )


@given(st.emails(domains=st.sampled_from(["example.org", "mail.example.fr"])))
def test_no_plain_address_survives_whole(address):
    assert address not in scrub(f"write to {address} now")


def test_a_batch_of_a_telephone_s_form_stays_in_a_column_of_codes():
    table = NativeTable(number(pl.DataFrame({"batch": ["330-223-2501 a@b.org"], "b": ["x"]})))
    rows = without_contacts(table, (), ("batch", "lot")).rows
    assert rows["batch"].to_list() == [f"330-223-2501 {REMOVED}"]
