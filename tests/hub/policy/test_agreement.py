from datetime import UTC, date, datetime

import pytest

from hub.policy.agreement import faults


def found(agreement) -> list[str]:
    return [str(finding) for finding in faults(agreement)]


def test_an_agreement_in_known_words_has_no_faults(agreement):
    share = {
        "records": ["SupplyNotice"],
        "groups": ["public", "operational"],
        "where": {"status": ["ONGOING"], "kind": ["SHORTAGE", "LIMITED_SUPPLY"]},
    }
    assert found(agreement(share=[share])) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"owner": "ALLIANCE"}, ("owner", "`ALLIANCE` is unknown", "use one of KR, US")),
        ({"valid_until": date(2025, 12, 31)}, ("valid_until", "set a later day")),
        ({"recipients": {}}, ("recipients", "names nobody", "write all")),
        (
            {"share": [{"records": ["Notice"], "groups": ["public"]}]},
            ("share 1: records", "`Notice` is unknown", "SupplyNotice"),
        ),
        (
            {"share": [{"records": ["Product"], "groups": ["commercial"]}]},
            ("share 1: groups of Product", "`commercial`", "public, operational, native"),
        ),
    ],
)
def test_a_word_that_means_nothing_is_refused_with_the_words_that_do(agreement, changes, words):
    (finding,) = found(agreement(**changes))
    assert all(word in finding for word in ("agreement `jp-notices`", *words)), finding


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"status": ["ONGOIN"]}, ("where.status of SupplyNotice", "`ONGOIN`", "ONGOING")),
        ({"severity": ["HIGH"]}, ("where.severity", "use one of origin, feed")),
        ({"origin": ["US"]}, ("where.origin", "can't be set here", "its owner's records alone")),
        ({"ageDays": ["7"]}, ("where.ageDays", "use embargo_days")),
    ],
)
def test_a_condition_on_no_attribute_or_value_is_refused(agreement, where, words):
    share = {"records": ["SupplyNotice"], "groups": ["public"], "where": where}
    (finding,) = found(agreement(share=[share]))
    assert all(word in finding for word in words), finding


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"record": "Notice"}, ("examples.refused 1: record", "`Notice`")),
        ({"group": "restricted"}, ("examples.refused 1: group of SupplyNotice", "`restricted`")),
        ({"row": {"ageDays": "old"}}, ("row.ageDays", "another type", "Long")),
        ({"row": {"status": 3}}, ("row.status", "another type", "String")),
        ({"row": {"status": "ONGOIN"}}, ("row.status", "`ONGOIN`")),
        ({"row": {"colour": "red"}}, ("row.colour", "`colour` is unknown")),
    ],
)
def test_an_example_in_unknown_words_is_refused(agreement, changes, words):
    example = {"member": "US", "purpose": "exercise", "record": "SupplyNotice", "group": "public"}
    (finding,) = found(agreement(examples={"refused": [example | changes]}))
    assert all(word in finding for word in words), finding


def test_it_is_in_force_from_the_first_instant_of_the_first_day_through_the_last_day(agreement):
    given = agreement(valid_from=date(2026, 3, 1), valid_until=date(2026, 3, 31))
    assert given.starts_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert given.ends_at == datetime(2026, 4, 1, tzinfo=UTC)


def test_without_a_last_day_it_does_not_end(agreement):
    assert agreement().ends_at.year == 9999


def test_recipients_are_those_who_work_with_supply_unless_named(agreement):
    assert agreement().recipients.roles == ("regulator", "agency")


@pytest.mark.parametrize(
    ("share", "words"),
    [
        ({"rounded_to": 10, "aggregates_only": {"smallest_cell": 5}}, ("both", "two shares")),
        ({"rounded_to": 10, "groups": ["public"]}, ("rounded_to", "the group public")),
        ({"rounded_to": 10, "groups": ["native"]}, ("rounded_to", "the group native")),
    ],
)
def test_a_share_that_rounds_what_has_no_numbers_is_refused(agreement, share, words):
    whole = {"records": ["StockReport"], "groups": ["commercial"]} | share
    (finding,) = found(agreement(share=[whole]))
    assert all(word in finding for word in ("share 1", *words)), finding


def test_an_agreement_that_shares_nothing_is_refused(agreement):
    (finding,) = found(agreement(share=[]))
    assert "shares nothing" in finding


def test_an_annex_alone_is_an_agreement(agreement):
    assert found(agreement(share=[], annex='@id("a") permit(principal, action, resource);')) == []
