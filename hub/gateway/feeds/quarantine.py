"""Quarantine in GraphQL: the rows of a feed that could not become records, for its owner.

Who may read is `hub.sync.quarantine.cases`' matter. The secretariat sees reasons, counts and ages;
native text never leaves its owner.
"""

from dataclasses import asdict
from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from hub.gateway.execution.executor import Info
from hub.gateway.planning.paging import DEFAULT_PAGE, page_size
from hub.gateway.reading import reading
from hub.sync.quarantine import cases as quarantine_cases


@strawberry.type(description="Rows of a feed that were refused for one reason.")
class QuarantineCount:
    """Open cases of one reason; a case is one text, which a list may hold several times."""

    code: str = strawberry.field(description="The reason.")
    words: str = strawberry.field(description="The reason in words that go on from `the row`.")
    cases: int
    rows: int = strawberry.field(description="How often the newest list holds them.")
    under_a_day: int = strawberry.field(description="Cases that were opened less than a day ago.")
    under_a_week: int
    under_a_month: int = strawberry.field(description="Up to 30 days ago.")
    older: int
    oldest_at: datetime

    @classmethod
    def of(cls, count: quarantine_cases.Count) -> "QuarantineCount":
        """Show a count."""
        shown = asdict(count)
        del shown["feed"]
        return cls(**shown, words=count.words)


@strawberry.type(description="A native row that could not become a record.")
class QuarantinedRow:
    """A row in quarantine."""

    id: strawberry.ID = strawberry.field(description="Digest of its text.")
    code: str = strawberry.field(description="Why it was refused last.")
    words: str = strawberry.field(description="The reason in words that go on from `the row`.")
    national_id: str | None = strawberry.field(description="As `native`.")
    native: JSON | None = strawberry.field(
        description="Its native text by column, long values cut. For the owner."
    )
    native_row: int = strawberry.field(description="Its place in the list of `lastPull`.")
    rows: int = strawberry.field(description="How often that list holds it.")
    mapping_version: str | None = strawberry.field(
        description="Digest of the mappings that refused it last."
    )
    first_seen_at: datetime
    first_pull: strawberry.ID
    last_seen_at: datetime
    last_pull: strawberry.ID

    @classmethod
    def of(cls, case: quarantine_cases.Case, *, is_owners: bool) -> "QuarantinedRow":
        """Show a case, with its text to its owner alone."""
        return cls(
            id=strawberry.ID(case.digest),
            code=case.code,
            words=case.words,
            national_id=case.national_id if is_owners else None,
            native=JSON(case.native) if is_owners else None,
            native_row=case.native_row,
            rows=case.rows,
            mapping_version=case.mapping_digest,
            first_seen_at=case.first_seen_at,
            first_pull=strawberry.ID(str(case.first_pull_id)),
            last_seen_at=case.last_seen_at,
            last_pull=strawberry.ID(str(case.last_pull_id)),
        )


@strawberry.type(description="Rows in quarantine, those that were refused the longest first.")
class QuarantinePage:
    """A page of a feed's quarantine."""

    nodes: list[QuarantinedRow]
    end_cursor: str | None = strawberry.field(description="Pass as `after` to read on.")
    has_next_page: bool


@strawberry.type(description="A feed's quarantine. For its owner's agency and the secretariat.")
class Quarantine:
    """A feed's quarantine."""

    counts: list[QuarantineCount]
    rows: QuarantinePage


async def _quarantine(
    info: Info,
    feed: strawberry.ID,
    code: str | None = None,
    first: int = DEFAULT_PAGE,
    after: str | None = None,
) -> Quarantine | None:
    request = info.context
    known = quarantine_cases.readable(request.caller, feed)
    async with reading(request.pool) as connection:
        counts = await quarantine_cases.counts(connection, known.id, code)
        page = await quarantine_cases.page(
            connection, known.id, code=code, first=page_size(first), after=after
        )
    is_owners = quarantine_cases.is_owners(request.caller, known)
    return Quarantine(
        counts=list(map(QuarantineCount.of, counts)),
        rows=QuarantinePage(
            nodes=[QuarantinedRow.of(case, is_owners=is_owners) for case in page.cases],
            end_cursor=page.cases[-1].cursor if page.cases else after,
            has_next_page=page.has_next,
        ),
    )


def quarantine_queries() -> dict[str, object]:
    """Make the root field that reads a feed's quarantine."""
    return {
        "quarantine": strawberry.field(
            resolver=_quarantine,
            description="The native rows of a feed that could not become records, counted by "
            "reason and age, and one by one. For its owner's agency and the secretariat.",
        )
    }
