"""A folder's agreements brought in as proposals, and how the folder differs from what is kept.

The folder is read by `hub/policy/folder.py`, and the steps are `proceedings.py`'s, with all their
checks. What the hub keeps and the folder lacks is told, and not ended for that.
"""

from collections.abc import Iterator, Sequence
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
    """How a folder's agreement differs from the newest version that is not over."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    MISSING = "missing"  # kept, and not in the folder


@dataclass(frozen=True, slots=True)
class Compared:
    """One agreement of the folder or of the hub, and the newest version that is not over."""

    agreement_id: str
    difference: Difference
    kept: Version | None

    @property
    def is_due(self) -> bool:
        """Whether bringing the folder in proposes it; what is missing is not ended for that."""
        is_draft = self.kept is not None and self.kept.state is AgreementState.DRAFT
        is_other = self.difference in {Difference.NEW, Difference.CHANGED}
        return is_other or (is_draft and self.difference is Difference.SAME)


async def compare(
    connection: AsyncConnection, caller: Caller, agreements: Sequence[Agreement]
) -> list[Compared]:
    """Compare a folder's agreements with those kept that the caller may read, by id."""
    kept = {
        versions[0].key.agreement: found[-1]
        for versions in await history.agreements(connection, caller)
        if (found := [each for each in versions if each.state in OPEN])
    }
    return sorted(_compared(agreements, kept), key=lambda each: each.agreement_id)


def _compared(agreements: Sequence[Agreement], kept: dict[str, Version]) -> Iterator[Compared]:
    for agreement in agreements:
        found = kept.get(agreement.id)
        if found is None:
            difference = Difference.NEW
        elif found.digest == digest_of(agreement):
            difference = Difference.SAME
        else:
            difference = Difference.CHANGED
        yield Compared(agreement.id, difference, found)
    for missing in kept.keys() - {agreement.id for agreement in agreements}:
        yield Compared(missing, Difference.MISSING, kept[missing])


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
