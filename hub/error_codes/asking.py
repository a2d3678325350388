"""Codes that whoever asks may get: over GraphQL, of exports and subscriptions, at the edge.

The codes of limits are made of `hub/gateway/limits.py`, where each limit says what it means.
"""

from hub.error_codes.entry import Code, Codes
from hub.gateway.limits import (
    BODY_BYTES,
    ERRORS,
    LIMITS,
    SOCKET_OPERATIONS,
    STATEMENT_SECONDS,
    SUBSCRIPTIONS,
)

EDGE: Codes = {
    "INVALID_INPUT": Code(
        (400,),
        "anyone",
        "the request, the question or a value in it is wrong",
        "mend what the message names; graphql-core's own messages say the place",
    ),
    "UNAUTHENTICATED": Code(
        (401,),
        "anyone",
        "there is no token, or one that does not hold; which check failed is not told",
        "get a new token, or sign in again",
    ),
    "FORBIDDEN": Code(
        (403,),
        "anyone",
        "you are known, and your role or member may not do this",
        "ask with a client whose role the message names",
    ),
    "NOT_FOUND": Code(
        (404,),
        "anyone",
        "nothing of that name is there, or nothing that you may see",
        "list what there is, and copy the name",
    ),
    "METHOD_NOT_ALLOWED": Code(
        (405,),
        "anyone",
        "the method may not do this at that address",
        "use one of the header `Allow`; mutations go by `POST`",
    ),
    "NOT_ACCEPTABLE": Code(
        (406,),
        "anyone",
        "`Accept` names no media type that the hub answers in",
        "accept JSON, or leave the header out",
    ),
    "CONFLICT": Code(
        (409,),
        "whoever decides",
        "things have moved on since you looked",
        "look again, then decide",
    ),
    "GONE": Code(
        (410,),
        "anyone",
        "it was there, and what opened it holds no longer",
        "ask for it anew",
    ),
    "UNSUPPORTED_MEDIA_TYPE": Code(
        (415,),
        "anyone",
        "the body is of a kind that is not read here",
        "send the `Content-Type` that the message names, in UTF-8",
    ),
    "RATE_LIMITED": Code(
        (429,),
        "anyone",
        "the client, or all of its member, asks too often",
        "wait the seconds of `Retry-After`",
    ),
    "QUOTA_USED_UP": Code(
        (429,),
        "anyone",
        "the day's requests are used up",
        "wait the seconds of `Retry-After`, till after 00:00 UTC",
    ),
    "MEMBER_FAULT": Code(
        (502,),
        "operators",
        "a server outside answered wrongly, or what it sent can't be mapped",
        "try again later; if it stays so, ask its owner",
    ),
    "UNAVAILABLE": Code(
        (503,),
        "anyone",
        "the hub can't do this now, and has done nothing of it",
        "ask again shortly",
    ),
    "TRUST_UNREADABLE": Code(
        (503,),
        "anyone",
        "whom to trust can't be read, so nobody is let in",
        "ask again shortly; operators check the database",
    ),
    "POLICIES_UNREADABLE": Code(
        (503,),
        "anyone",
        "the policies in force can't be read, so nothing is shown",
        "ask again shortly; operators check the database",
    ),
    "TIMEOUT": Code(
        (504,),
        "anyone",
        "a time limit ran out",
        "ask for less, or later",
    ),
    "INTERNAL": Code(
        (500,),
        "anyone",
        "the hub failed inside; its log says where",
        "ask again, and tell its operator when it was",
    ),
    "CROSS_SITE": Code(
        (403,),
        "browsers",
        "a page elsewhere may have sent this in your name",
        "ask by `POST`, add the header that the message names, or use an access token",
    ),
    "PURPOSE_REQUIRED": Code(
        (403,),
        "anyone",
        "your token allows several purposes and the request states none",
        "state one in the header `Hub-Purpose`",
    ),
    "PURPOSE_NOT_ALLOWED": Code(
        (403,),
        "anyone",
        "you may not ask for this purpose",
        "state one that the message lists",
    ),
    "PROVIDER_FAULT": Code(
        (502,),
        "people signing in",
        "your sign-in provider did not answer as it should",
        "try again shortly, or tell its operator",
    ),
}
"""What the way in may answer, whatever is asked."""

QUESTIONS: Codes = {
    "BATCH": Code(
        (400,),
        "anyone",
        "the body is a list of questions",
        "send one question a request",
    ),
    "SUBSCRIPTION": Code(
        (400,),
        "anyone",
        "a subscription was asked for as one answer",
        "accept `text/event-stream`, or use WebSocket",
    ),
    "PERSISTED_QUERY_NOT_FOUND": Code(
        (400,),
        "anyone",
        "no document of that digest is kept",
        "send its text beside the digest, as clients do by themselves",
    ),
    "PERSISTED_QUERY_MISMATCH": Code(
        (400,),
        "anyone",
        "the digest is of another text",
        "send text and digest of one document",
    ),
    "DOCUMENT_NOT_FOUND": Code(
        (404,),
        "anyone",
        "no trusted document has that name",
        "ask one of those that the message lists",
    ),
    "DOCUMENT_NOT_TRUSTED": Code(
        (403,),
        "members bound to trusted documents",
        "the question is not a trusted document",
        "send `documentId` with one of those that the message lists",
    ),
    "PURPOSE_MISMATCH": Code(
        (403,),
        "anyone",
        "the trusted document is meant for other purposes than yours",
        "state one of its purposes, if you may",
    ),
    "INTROSPECTION_CLOSED": Code(
        (403,),
        "anyone",
        "your roles may not ask about the schema",
        "read it at `/schema.graphql`",
    ),
    "BAD_VALUE": Code(
        (400,),
        "anyone",
        "a value in a filter is none that a record can hold",
        "correct it",
    ),
    "BAD_CURSOR": Code(
        (400,),
        "anyone",
        "`after` or `since` is not a cursor given to you for this list",
        "use the last `endCursor` as it is, or start without it",
    ),
    "CURSOR_EXPIRED": Code(
        (409,),
        "anyone",
        "the policies have changed, and what you saw then is no longer known",
        "start again without `since`, and delete what you do not get again",
    ),
    "BAD_ENTITY": Code(
        (400,),
        "routers",
        "a representation names no record",
        "send its `__typename` and one of its keys",
    ),
    "TOO_MANY_MASKS": Code(
        (400,),
        "anyone",
        "fields are hidden from you at too many places of the question",
        "ask in parts",
    ),
    "TOO_MANY_DIMENSIONS": Code(
        (400,),
        "anyone",
        "figures are grouped by too many fields, those of the filter among them",
        "leave some out",
    ),
    "TOO_MANY_GROUPS": Code(
        (400, 413),
        "anyone",
        "the figures make too many groups",
        "group by fewer fields, or filter",
    ),
    "AGGREGATE_LEDGER": Code(
        (403,),
        "anyone",
        "with figures you were given before, these would single out too few holders",
        "ask what you asked before, or what the message offers",
    ),
    "AGGREGATE_LEDGER_FULL": Code(
        (413,),
        "anyone",
        "you were given so many figures that new ones can't be checked against them",
        "ask what you asked before, or wait",
    ),
    "AGGREGATE_TOO_LARGE": Code(
        (413,),
        "anyone",
        "too much could be worked out of the figures to be sure they are harmless",
        "group by fewer fields",
    ),
    "POLICIES_MOVED": Code(
        (409, 410),
        "anyone",
        "the policies changed while the question was answered, the export made or a step taken",
        "ask, export or decide again",
    ),
    "NOT_EXPORTABLE": Code(
        (400,),
        "whoever exports",
        "the question is not one list of records by its `nodes` alone",
        "write it as the message shows",
    ),
    "EXPORT_LIMIT": Code(
        (429,),
        "whoever exports",
        "the client has as many exports as it may",
        "delete one, or wait until they are dropped",
    ),
    "EXPORT_TOO_LARGE": Code(
        (413, 504),
        "whoever exports",
        "the file has too many rows or bytes, or takes too long",
        "narrow the filter and export in parts, or take another format",
    ),
    "DOES_NOT_FIT": Code(
        (400,),
        "whoever exports",
        "the format can't hold a value, which the message names",
        "take another format",
    ),
    "NOT_READY": Code(
        (409,),
        "whoever exports",
        "the file is not made yet",
        "ask again shortly",
    ),
    "INTERRUPTED": Code(
        (409,),
        "whoever exports",
        "the hub stopped over the export too often",
        "export again, in parts",
    ),
    "LINK_EXPIRED": Code(
        (410,),
        "whoever exports",
        "the link to the file is over",
        "ask the export's address for a new one",
    ),
}
"""What questions, figures and exports may be answered with."""

_STATUSES = {
    BODY_BYTES.code: 413,
    STATEMENT_SECONDS.code: 504,
    SOCKET_OPERATIONS.code: 429,
    SUBSCRIPTIONS.code: 429,
}


def _limit(code: str) -> Code:
    """Make a limit's entry of its own words; several limits of one code are told in turn."""
    limits = [limit for limit in LIMITS.values() if limit.code == code]
    means = "; ".join(limit.says.format(found=f"over {limit.most}") for limit in limits)
    advice = "; ".join(dict.fromkeys(limit.advice for limit in limits))
    return Code((_STATUSES.get(code, 400),), "anyone", means, advice)


SIZES: Codes = {limit.code: _limit(limit.code) for limit in LIMITS.values() if limit is not ERRORS}
"""The limits of a question, but for how many errors are told, which refuses nothing."""
