import polars as pl
import pytest

from federation.members.usa.identity import company_id, company_key, product_key


def given(expression_of, text):
    return pl.select(expression_of(pl.lit(text, dtype=pl.String))).item()


@pytest.mark.parametrize("name", ["Hospira, Inc., a Pfizer Company", "Hospira, Inc.", "HOSPIRA"])
def test_a_company_is_itself_whatever_it_says_of_its_owner(name):
    assert given(company_id, name) == "hospira"


def test_a_company_that_bears_another_s_name_is_not_that_other():
    assert given(company_id, "Pfizer Inc.") != given(company_id, "Hospira, Inc., a Pfizer Company")


def test_keys_name_their_record_type():
    assert given(company_key, "HOSPIRA") == "US.Organization.hospira"
    assert given(product_key, "0409-7809") == "US.Product.0409-7809"


def test_no_name_has_no_key():
    assert given(company_key, None) is None
