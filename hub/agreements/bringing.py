"""A folder's agreements brought in as proposals, and how the folder differs from what is kept.

The folder is read by `hub/policy/folder.py`, and the steps are `proceedings.py`'s, with all their
checks. What the hub keeps and the folder lacks is told, and not ended for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from psycopg import AsyncConnection

from hub.agreements import history, proceedings
from hub.agreements.life import OPEN
from hub.agreements.proceedings import digest_of
from hub.agreements.types import AgreementState, Version
from hub.identity.types import Caller
from hub.policy.agreement import Agreement
from hub.policy.folder import agreement_text


class Difference(StrEnum):
    """How a folder's agreement differs from the newest version that is not over, or rejected."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REJECTED = "rejected"  # the newest version says the same, and was rejected
    MISSING = "missing"  # kept, and not in the folder


@dataclass(frozen=True, slots=True)
class Compared:
    """One agreement of the folder or of the hub, and the version that it was compared with."""

    agreement_id: str
    difference: Difference
    kept: Version | None

    @property
    def is_due(self) -> bool:
        """Whether bringing the folder in proposes it.

        What is missing is not ended for that, and what was rejected is proposed again by hand only.
        """
        is_draft = self.kept is not None and self.kept.state is AgreementState.DRAFT
        is_other = self.difference in {Difference.NEW, Difference.CHANGED}
        return is_other or (is_draft and self.difference is Difference.SAME)


async def compare(
    connection: AsyncConnection, caller: Caller, agreements: Sequence[Agreement]
) -> list[Compared]:
    """Compare a folder's agreements with those kept that the caller may read, by id."""
    every = {each[0].key.agreement: each for each in await history.agreements(connection, caller)}
    found = {each.id: _compared(each, every.get(each.id, ())) for each in agreements}
    missing = [
        Compared(agreement_id, Difference.MISSING, kept)
        for agreement_id, versions in every.items()
        if agreement_id not in found and (kept := _open(versions))
    ]
    return sorted([*found.values(), *missing], key=lambda each: each.agreement_id)


def _compared(agreement: Agreement, versions: Sequence[Version]) -> Compared:
    digest, kept = digest_of(agreement), _open(versions)
    if versions and versions[-1].state is AgreementState.REJECTED and versions[-1].digest == digest:
        return Compared(agreement.id, Difference.REJECTED, versions[-1])
    if kept is None:
        return Compared(agreement.id, Difference.NEW, None)
    difference = Difference.SAME if kept.digest == digest else Difference.CHANGED
    return Compared(agreement.id, difference, kept)


def _open(versions: Sequence[Version]) -> Version | None:
    """Find the newest version that is not over."""
    return next((each for each in reversed(versions) if each.state in OPEN), None)


async def bring(
    connection: AsyncConnection,
    caller: Caller,
    folder: Path,
    compared: Sequence[Compared],
    reason: str,
) -> list[Version]:
    """Draft and propose what is new or changed in a folder; doing it again changes nothing.

    Raises:
        HubError: as `proceedings.draft` and `propose` refuse; then nothing should be committed.
    """
    proposed = []
    for each in compared:
        if not each.is_due:
            continue
        if each.difference is Difference.SAME and each.kept:
            version = each.kept
        else:
            text = agreement_text(folder, each.agreement_id)
            version = await proceedings.draft(connection, caller, text, reason)
        proposed.append(await proceedings.propose(connection, caller, version.key, reason))
    return proposed
