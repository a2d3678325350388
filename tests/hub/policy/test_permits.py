import json

import pytest
from cedarpy import policies_to_json_str
from hypothesis import given
from hypothesis import strategies as st

from hub.policy.permits import cedar_text, permits


def test_each_share_becomes_one_permit_under_its_number(agreement):
    shares = [
        {"records": ["SupplyNotice", "StockReport"], "groups": ["public", "operational"]},
        {
            "records": ["Product"],
            "groups": ["public"],
            "where": {"species": ["HUMAN"]},
            "purposes": ["exercise"],
            "embargo_days": 7,
        },
    ]
    given_ = agreement(share=shares, recipients={"members": ["KR", "US"], "roles": ["agency"]})
    (first, _), (second, text) = permits(given_)
    assert (first, second) == ("jp-notices/1", "jp-notices/2")
    assert text == (
        """@id("jp-notices/2")
@owner("JP")
@legal_basis("Some act")
permit (
  principal,
  action in [Action::"read:Product.public"],
  resource
)
when {
  ["KR", "US"].contains(principal.member) &&
  principal.roles.containsAny(["agency"]) &&
  ["exercise"].contains(context.purpose) &&
  resource.origin == "JP" &&
  resource.ageDays >= 7 &&
  ["HUMAN"].contains(resource.species)
};
"""
    )


def test_any_purpose_and_no_embargo_leave_no_condition(agreement):
    ((_, text),) = permits(agreement())
    assert "purpose" not in text
    assert "ageDays" not in text


@given(st.text())
def test_any_text_reads_back_from_cedar_the_same(text):
    policy = f"@legal_basis({cedar_text(text)}) permit(principal, action, resource);"
    (found,) = json.loads(policies_to_json_str(policy))["staticPolicies"].values()
    assert found["annotations"]["legal_basis"] == text


@pytest.mark.parametrize("text", ['") permit(principal,action,resource); @a("', "*/", "\\", "//"])
def test_a_legal_basis_can_say_nothing_in_cedar(agreement, text):
    ((_, policy),) = permits(agreement(legal_basis=text))
    (found,) = json.loads(policies_to_json_str(policy))["staticPolicies"].values()
    assert found["annotations"]["legal_basis"] == text


def only(agreement, **share):
    given_ = agreement(share=[{"records": ["StockReport"], "groups": ["commercial"]} | share])
    ((policy_id, text),) = permits(given_)
    return policy_id, text


def test_a_rounded_share_names_its_step_and_opens_no_exact_value(agreement):
    _, text = only(agreement, rounded_to=1000)
    assert '@rounded_to("1000")' in text
    assert 'Action::"round:StockReport.commercial"' in text
    assert "read:" not in text


def test_an_aggregate_share_names_its_smallest_cell_and_opens_no_row(agreement):
    _, text = only(agreement, aggregates_only={"smallest_cell": 5})
    assert '@smallest_cell("5")' in text
    assert 'Action::"count:StockReport.commercial"' in text
    assert "read:" not in text


def test_a_reciprocal_share_is_one_permit_for_each_type_and_group(agreement):
    share = {"records": ["StockReport"], "groups": ["public", "commercial"], "reciprocal": True}
    found = dict(permits(agreement(share=[share])))
    assert list(found) == ["jp-notices/1/StockReport.public", "jp-notices/1/StockReport.commercial"]
    for name, text in found.items():
        given_back = name.rpartition("/")[2]
        assert f'principal.reciprocates.contains("JP:{given_back}")' in text


def test_organisations_modes_and_sets_of_the_row_become_conditions(agreement):
    given_ = agreement(
        recipients={"members": ["KR"], "organisations": ['"MFDS"']},
        modes=["crisis", "preparedness"],
        share=[
            {
                "records": ["SupplyNotice"],
                "groups": ["public"],
                "where": {"substances": ["ALLIANCE.Substance.x"]},
            }
        ],
    )
    ((_, text),) = permits(given_)
    assert '["\\u{22}MFDS\\u{22}"].contains(principal.organisation)' in text
    assert '["crisis", "preparedness"].contains(context.mode)' in text
    assert 'resource.substances.containsAny(["ALLIANCE.Substance.x"])' in text
