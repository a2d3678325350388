"""Callers, agreements and admitted sets for the policy tests."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hub.identity.types import Caller, Purpose, Role
from hub.policy.admission import documents
from hub.policy.agreement import Agreement
from hub.policy.examination import examine
from hub.policy.policy_set import PolicySet

POLICIES = Path(__file__).resolve().parents[3] / "policies"


@pytest.fixture(scope="session")
def policies_folder() -> Path:
    """The committed policy folder."""
    return POLICIES


@pytest.fixture(scope="session")
def caller() -> Callable[..., Caller]:
    """Make a caller of a member: a regulator for shortage response, unless told otherwise."""

    def make(
        member: str,
        *,
        role: str = "regulator",
        purpose: str = "shortage-response",
        organisation: str = "authority",
        subject: str = "someone",
    ) -> Caller:
        return Caller(
            issuer="https://issuer.test",
            subject=subject,
            client="client",
            member=member,
            organisation=organisation,
            roles=frozenset({Role(role)}),
            purpose=Purpose(purpose),
            sender_constrained=False,
            token_id="token",
        )

    return make


@pytest.fixture(scope="session")
def agreement() -> Callable[..., Agreement]:
    """Make an agreement by which JP shares its public notices with all, unless told otherwise."""

    def make(**changes: Any) -> Agreement:
        content: dict[str, Any] = {
            "id": "jp-notices",
            "owner": "JP",
            "title": "Notices",
            "legal_basis": "Some act",
            "recipients": {"members": ["KR", "US", "JP", "IN", "EU"]},
            "purposes": [purpose.value for purpose in Purpose],
            "valid_from": date(2026, 1, 1),
            "share": [{"records": ["SupplyNotice"], "groups": ["public"]}],
        }
        return Agreement.model_validate(content | changes, strict=False)

    return make


@pytest.fixture(scope="session")
def admitted() -> Callable[..., PolicySet]:
    """Admit a baseline and agreements without the child process."""

    def make(baseline: str = "", *agreements: Agreement) -> PolicySet:
        return PolicySet(agreements, tuple(examine([*documents(baseline, agreements)])))

    return make
