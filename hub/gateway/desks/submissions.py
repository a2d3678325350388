"""Where agencies file, and where it is read what came of it.

What is filed and how is `hub/submissions/`; GraphQL and HTTP both come by here.
"""

from dataclasses import dataclass

import psycopg

from hub.errors import Unavailable
from hub.gateway.reading import reading
from hub.identity.types import Caller
from hub.submissions import filing, kept
from hub.submissions.access import counted_member, readable_member
from hub.submissions.types import Count, Filing, Receipt


@dataclass(frozen=True, slots=True)
class SubmissionDesk:
    """Files and reads through pools that may write."""

    tools: filing.FilingTools

    async def file(self, caller: Caller, submission: Filing) -> Receipt:
        """File, or only check; `Raises:` as `filing.file`."""
        try:
            return await filing.file(self.tools, caller, submission)
        except psycopg.OperationalError as error:
            raise Unavailable(
                "nothing can be filed now: send the same again shortly, with its idempotency key",
                detail=str(error),
            ) from error

    async def one(self, caller: Caller, submission: str) -> Receipt:
        """Read a submission of the caller's member, whole.

        Raises:
            Forbidden: the caller is no agency.
            NotFound: its member has no such submission.
        """
        member = readable_member(caller)
        async with reading(self.tools.pulls.pool) as connection:
            return await kept.read(connection, submission, member)

    async def newest(
        self, caller: Caller, *, first: int, after: str | None, feed: str | None
    ) -> list[Receipt]:
        """Read the submissions of the caller's member, the newest first.

        Raises:
            Forbidden: the caller is no agency.
            InvalidInput: `first` is beyond its bounds.
        """
        member = readable_member(caller)
        async with reading(self.tools.pulls.pool) as connection:
            return await kept.read_newest(connection, member, first=first, after=after, feed=feed)

    async def counts(self, caller: Caller) -> list[Count]:
        """Count submissions by feed and state.

        Raises:
            Forbidden: the caller is neither an agency nor the secretariat.
        """
        member = counted_member(caller)
        async with reading(self.tools.pulls.pool) as connection:
            return await kept.count(connection, member)
