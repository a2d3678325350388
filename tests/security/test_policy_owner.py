"""An agreement opens its owner's records and no others, whatever it says."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.records.declaration import Group, Origin
from hub.identity.types import Purpose, Role
from hub.policy.agreement import Agreement, Recipients, Share
from hub.policy.examination import Document, examine
from hub.policy.permits import permits
from hub.policy.policy_set import PolicySlice
from hub.policy.principals import MEMBERS, sample_classes
from hub.policy.row_decision import row_decisions
from hub.policy.schema import ALLIANCE, Action

TRICKS = [
    'x"',
    '") permit (principal, action, resource); @a("',
    "\\",
    '\\"',
    "*/ // \u2028",
    'x"] || true || ["x',
    "'; DROP TABLE product; --",
    "\U0001f600",
]

notices = ALLIANCE.resources["SupplyNotice"]
shares = st.builds(
    Share,
    records=st.just(("SupplyNotice",)),
    groups=st.lists(st.sampled_from(notices.groups), min_size=1, unique=True).map(tuple),
    where=st.dictionaries(
        st.just("feed"), st.lists(st.sampled_from(TRICKS), min_size=1).map(tuple), max_size=1
    ),
    purposes=st.none() | st.lists(st.sampled_from(Purpose), min_size=1).map(tuple),
    embargo_days=st.none() | st.integers(0, 3650),
)
agreements = st.builds(
    Agreement,
    id=st.just("some-agreement"),
    owner=st.sampled_from(MEMBERS),
    title=st.just("Notices"),
    legal_basis=st.sampled_from(TRICKS),
    recipients=st.builds(
        Recipients,
        members=st.lists(st.sampled_from(MEMBERS)).map(tuple),
        roles=st.lists(st.sampled_from(Role), min_size=1).map(tuple),
    ),
    purposes=st.lists(st.sampled_from(Purpose), min_size=1).map(tuple),
    valid_from=st.just(date(2026, 1, 1)),
    share=st.lists(shares, min_size=1, max_size=3).map(tuple),
)
FEEDS = [*TRICKS, "x"]


def rows(origin: str) -> list[dict]:
    base: dict = {"origin": origin, "listing": "LISTED", "kind": "SHORTAGE", "status": "ONGOING"}
    base |= {"substances": [], "essentialLists": []}
    return [base | {"feed": feed, "ageDays": 9999} for feed in FEEDS]


@settings(max_examples=40, deadline=None)
@given(agreements)
def test_no_row_of_another_origin_is_ever_opened(agreement):
    documents = [Document(name, text, "a", name) for name, text in permits(agreement)]
    policies = PolicySlice.of(examine(documents))
    for principal in sample_classes():
        for group in notices.groups:
            for origin in set(Origin) - {agreement.owner}:
                action = Action("SupplyNotice", group)
                assert not any(row_decisions(policies, ALLIANCE, principal, action, rows(origin)))


@pytest.mark.parametrize("trick", TRICKS)
def test_a_value_opens_rows_of_that_very_value(trick):
    agreement = Agreement.model_validate(
        {
            "id": "some-agreement",
            "owner": "KR",
            "title": "Notices",
            "legal_basis": trick,
            "recipients": {"members": ["US"]},
            "purposes": list(Purpose),
            "valid_from": date(2026, 1, 1),
            "share": [
                {"records": ["SupplyNotice"], "groups": ["public"], "where": {"feed": [trick]}}
            ],
        },
        strict=False,
    )
    documents = [Document(name, text, "a", name) for name, text in permits(agreement)]
    policies = PolicySlice.of(examine(documents))
    (american,) = (each for each in sample_classes() if each.member == "US")
    action = Action("SupplyNotice", Group.PUBLIC)
    allowed = row_decisions(policies, ALLIANCE, american, action, rows("KR"))
    assert [feed for feed, is_open in zip(FEEDS, allowed, strict=True) if is_open] == [trick]
