"""Raw Cedar in an agreement passes the same admission, and never leaves its owner's records."""

import pytest

from hub.policy.admission import admit
from hub.policy.engine import PolicyEngine
from hub.policy.findings import PolicyFault

OPEN_ALL = '@id("all") permit(principal, action in Action::"read", resource);'
SHARE = [{"records": ["SupplyNotice"], "groups": ["public"]}]


def sight(policy_set, caller, record_type="SupplyNotice", group="public"):
    return PolicyEngine(policy_set).decide(caller).predicate(record_type, group)


def refusal(agreement, annex):
    with pytest.raises(PolicyFault) as refused:
        admit("", [agreement(share=[], annex=annex)])
    return str(refused.value)


def test_a_permit_for_everything_opens_the_owners_records_alone(agreement, caller):
    found = sight(admit("", [agreement(share=[], annex=OPEN_ALL)]), caller("KR"))
    assert found.sql("n") == """"n"."origin" = 'JP'"""
    assert found.agreements == ("jp-notices/annex/all",)


def test_a_forbid_closes_the_owners_records_alone(agreement, caller):
    forbid = '@id("no") forbid(principal, action in Action::"read", resource);'
    both = [
        agreement(share=SHARE, annex=forbid),
        agreement(id="us-notices", owner="US", share=SHARE),
    ]
    assert sight(admit("", both), caller("KR")).sql("n") == """"n"."origin" = 'US'"""


def test_an_annex_ends_with_its_agreement(agreement, caller):
    from datetime import date

    ended = agreement(share=[], annex=OPEN_ALL, valid_until=date(2026, 1, 2))
    assert sight(admit("", [ended]), caller("KR")).is_never


def test_a_rounding_permit_in_an_annex_opens_no_exact_value(agreement, caller):
    text = (
        '@id("about") @rounded_to("500") permit(principal, '
        'action == Action::"round:StockReport.commercial", resource);'
    )
    decided = PolicyEngine(admit("", [agreement(share=[], annex=text)])).decide(caller("KR"))
    assert decided.predicate("StockReport", "commercial").is_never
    (rounding,) = decided.roundings("StockReport", "commercial")
    assert rounding.step == 500


@pytest.mark.parametrize(
    ("annex", "words"),
    [
        ("permit(", ("annex", "unexpected end")),
        ("permit(principal, action, resource);", ("annex/`", "no id of its own", "@id")),
        (OPEN_ALL.replace('"all"', '"All of it"'), ("no id of its own",)),
        (OPEN_ALL + OPEN_ALL, ("`jp-notices/annex/all`", "taken")),
        (OPEN_ALL.replace(";", " when { resource.ageDays + 1 > 3 };"), ("annex/all", "add")),
        (OPEN_ALL.replace(";", ' when { context.ticket == "x" };'), ("annex/all", "ticket")),
        (OPEN_ALL.replace("@id", '@rounded_to("5") @id'), ("limit", "belong together")),
        (
            OPEN_ALL.replace('in Action::"read"', '== Action::"round:StockReport.commercial"'),
            ("limit", "@rounded_to"),
        ),
        (
            (
                '@id("x") @smallest_cell("1") permit(principal, '
                'action == Action::"count:StockReport.public", resource);'
            ),
            ("below 2", "2 or more"),
        ),
        (
            (
                '@id("x") @smallest_cell("many") permit(principal, '
                'action == Action::"count:StockReport.public", resource);'
            ),
            ("belong together", "whole numbers"),
        ),
        (
            "permit(principal, action, resource) when { " + "!(" * 700 + "true" + ")" * 700 + " };",
            ("annex", "nests deeper"),
        ),
    ],
)
def test_a_refused_annex_names_the_agreement_the_place_and_the_mend(agreement, annex, words):
    found = refusal(agreement, annex)
    assert "jp-notices" in found
    assert all(word in found for word in words), found


def test_a_forbid_that_would_err_is_refused(agreement):
    text = '@id("f") forbid(principal, action, resource) when { resource.ageDays * 9 > context.n };'
    assert "annex/f" in refusal(agreement, text)
