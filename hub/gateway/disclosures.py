"""The root field `disclosures`: what was shown to whom, for the owners of it and for auditors.

An owner sees the entries that show rows of its own, and only its part of them: neither rows nor
agreements of others, nor who in another member's house asked.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import strawberry
from psycopg import AsyncConnection

from federation.records.declaration import Origin
from hub.agreements import history
from hub.disclosure.reading import Entry, Wanted, read_entries
from hub.errors import Forbidden, InvalidInput
from hub.gateway.execution.executor import Info, Request
from hub.gateway.planning.paging import DEFAULT_PAGE, page_size
from hub.gateway.reading import reading
from hub.gateway.types import PageInfo
from hub.identity.types import Caller, Role
from hub.policy.principals import MEMBERS

_ALLIANCE_RULES = "baseline"


@strawberry.type(description="Rows of one origin that an answer showed fields of one group of.")
class ShownRows:
    """A count of the rows an answer showed."""

    record_type: str
    group: str
    origin: str
    rows: int = strawberry.field(
        description="A record that stands at several places of the answer counts at each."
    )


@strawberry.type(description="Of when the records of one type were that an answer showed.")
class ShownDates:
    """The sources' dates of the rows an answer showed, of all origins together."""

    record_type: str
    oldest: datetime
    newest: datetime


@strawberry.type(description="One answer: who got it, for what, and what it showed.")
class Disclosure:
    """An entry of the disclosure log, as far as its reader may know it."""

    id: strawberry.ID = strawberry.field(
        description="As in the answer's own `extensions.disclosure.id`."
    )
    at: datetime
    member: str
    organisation: str
    client: str
    purpose: str
    subject: str | None = strawberry.field(
        description="Of whom the token spoke. For auditors, and for the member whose it is."
    )
    actors: list[str] | None = strawberry.field(
        description="Who acted for the subject. As `subject`."
    )
    request_id: str | None = strawberry.field(
        description="The `X-Request-Id` of the answer. For auditors."
    )
    document_digest: str | None = strawberry.field(
        description="SHA-256 of the document that was asked. For auditors."
    )
    policy_digest: str
    opened_by: list[str] = strawberry.field(
        description="Policies that opened what was shown, as in `extensions.policy.openedBy`: to "
        "an owner those of its own agreements and of the alliance."
    )
    shown: list[ShownRows] = strawberry.field(description="To an owner those of its own rows.")
    dates: list[ShownDates] = strawberry.field(
        description="For auditors; none for owners, since they are those of all origins."
    )


@strawberry.type(description="Entries of the disclosure log, the newest first.")
class DisclosurePage:
    """A page of the log."""

    nodes: list[Disclosure]
    page_info: PageInfo


async def _disclosures(
    info: Info,
    first: int = DEFAULT_PAGE,
    after: str | None = None,
    *,
    recipient: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> DisclosurePage | None:
    request = info.context
    size, owner = page_size(first), _owner(request.caller)
    wanted = Wanted(owner, _member(recipient), since, until, _entry_id(after))
    async with reading(request.pool) as connection:
        found = await read_entries(connection, wanted, size + 1)
        own = await _own_agreements(connection, request, owner) if owner else None
    nodes = [_node(entry, request.caller, own) for entry in found[:size]]
    stands = PageInfo(
        has_next_page=len(found) > size,
        has_previous_page=after is not None,
        start_cursor=nodes[0].id if nodes else None,
        end_cursor=nodes[-1].id if nodes else None,
    )
    return DisclosurePage(nodes=nodes, page_info=stands)


def disclosure_queries() -> dict[str, object]:
    """Make the root field that reads the disclosure log."""
    return {
        "disclosures": strawberry.field(
            resolver=_disclosures,
            description="What was shown to whom, the newest first: all answers for auditors; for "
            "an owner's agency those that show its records, and its own part of them. `recipient` "
            "is a member; `since` is included, `until` is not.",
        )
    }


def _owner(caller: Caller) -> Origin | None:
    """Say whose rows the caller may follow; None for all."""
    if Role.AUDITOR in caller.roles:
        return None
    if Role.AGENCY in caller.roles and caller.member in {*Origin}:
        return Origin(caller.member)
    raise Forbidden(
        "the disclosure log is told to auditors and to the agencies of owners: ask with a client "
        "of the role `auditor` or `agency`"
    )


def _member(recipient: str | None) -> str | None:
    if recipient is not None and recipient not in MEMBERS:
        raise InvalidInput(f"no member `{recipient[:40]}`: use {', '.join(MEMBERS)}")
    return recipient


def _entry_id(after: str | None) -> str | None:
    try:
        return str(UUID(after)) if after is not None else None
    except ValueError as error:
        raise InvalidInput(
            "`after` is not a cursor of this list: use `pageInfo.endCursor`", code="BAD_CURSOR"
        ) from error


async def _own_agreements(connection: AsyncConnection, request: Request, owner: str) -> set[str]:
    agreements = await history.agreements(connection, request.caller)
    return {versions[0].key.agreement for versions in agreements if versions[0].owner == owner}


def _node(entry: Entry, reader: Caller, own: set[str] | None) -> Disclosure:
    """Show an entry: whole without `own` agreements, otherwise an owner's part of it."""
    is_whole = own is None
    is_known = is_whole or entry.member == reader.member
    return Disclosure(
        id=strawberry.ID(entry.id),
        at=entry.answered_at,
        member=entry.member,
        organisation=entry.organisation,
        client=entry.client,
        purpose=entry.purpose,
        subject=entry.subject if is_known else None,
        actors=entry.actors if is_known else None,
        request_id=entry.request_id if is_whole else None,
        document_digest=entry.question_digest if is_whole else None,
        policy_digest=entry.policy_digest,
        opened_by=[each for each in entry.opened_by if own is None or _is_told(each, own)],
        shown=[each for each in _rows(entry) if is_whole or each.origin == reader.member],
        dates=list(_dates(entry)) if is_whole else [],
    )


def _is_told(policy: str, own: set[str]) -> bool:
    agreement = policy.partition("/")[0]
    return agreement == _ALLIANCE_RULES or agreement in own


def _rows(entry: Entry) -> Iterator[ShownRows]:
    for record_type, shown in entry.shown.items():
        for group, by_origin in shown["rows"].items():
            for origin, rows in by_origin.items():
                yield ShownRows(record_type=record_type, group=group, origin=origin, rows=rows)


def _dates(entry: Entry) -> Iterator[ShownDates]:
    for record_type, shown in entry.shown.items():
        # Answers of the change feed show keys, which are of no date.
        if shown["oldest"]:
            oldest, newest = (datetime.fromisoformat(shown[each]) for each in ("oldest", "newest"))
            yield ShownDates(record_type=record_type, oldest=oldest, newest=newest)
