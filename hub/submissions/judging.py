"""The judgement on a submission: all its defects, and which of its rows may be published.

What is wrong with a file is found by `checking.py`; what is done by the judgement is `filing.py`.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

from federation.filing.reading import Cover
from federation.filing.template import Action
from federation.reading.native import ROW
from hub.identity.types import Caller
from hub.submissions.checking import MAX_DEFECTS, Checked
from hub.submissions.types import Defect, Filing, Receipt, State


@dataclass(frozen=True)
class Judgement:
    """What the rules say of a file. A defect that no row has is the whole file's."""

    checked: Checked
    defects: tuple[Defect, ...]
    is_partial: bool

    @cached_property
    def refused(self) -> dict[int, str]:
        """Give the rows that can't be published, each with the first rule it breaks."""
        found: dict[int, str] = {}
        for defect in self.defects:
            if defect.is_refusing and defect.row is not None:
                found.setdefault(defect.row, defect.rule)
        return found

    @cached_property
    def accepted(self) -> int:
        """Count the rows to publish: all or none of them, unless the submission is partial."""
        is_unfit = any(defect.is_refusing and defect.row is None for defect in self.defects)
        if is_unfit or (self.refused and not self.is_partial):
            return 0
        return self.checked.count - len(self.refused)

    @property
    def records(self) -> pl.DataFrame:
        """Give row, key and action of each record to publish."""
        if not self.accepted:
            return self.checked.records.clear()
        return self.checked.records.filter(~pl.col(ROW).is_in(list(self.refused)))

    def cover(self, submission: str, received_at: datetime) -> Cover:
        """Say of the landed file which rows are refused."""
        return Cover(submission, received_at, self.refused)

    def receipt(self, filing: Filing, caller: Caller, received_at: datetime) -> Receipt:
        """Say what would come of it."""
        return Receipt(
            id=None,
            feed=filing.feed,
            state=State.CHECKED,
            is_partial=self.is_partial,
            rows=self.checked.count,
            accepted=self.accepted,
            refused=self.checked.count - self.accepted,
            defect_count=len(self.defects),
            defects=self.defects[:MAX_DEFECTS],
            filed=self._keys(Action.FILE),
            withdrawn=self._keys(Action.WITHDRAW),
            received_at=received_at,
            member=self.checked.feed.member.value,
            client=caller.client,
            subject=caller.subject,
            organisation=caller.organisation,
            document=hashlib.sha256(filing.document.content).hexdigest(),
        )

    def _keys(self, action: Action) -> tuple[str, ...]:
        return tuple(self.records.filter(pl.col("action") == action)["key"])
