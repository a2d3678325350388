"""Requests that no route answers: another address, or a method that the address does not take."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.errors import MethodNotAllowed, NotFound
from hub.gateway.edge.endpoint import refusal

_SHOWN_CHARS = 80


async def refuse_unrouted(request: Request, error: HTTPException) -> Response:
    """Refuse what Starlette has no route for, in the shape of every other refusal."""
    path = request.url.path[:_SHOWN_CHARS]
    if error.status_code != MethodNotAllowed.status:
        found = NotFound(
            f"nothing is at `{path}`: questions go to `/graphql`, and `/schema.graphql` says which"
        )
        return refusal(found)
    headers = dict(error.headers or {})
    methods = headers.get("Allow", "another method")
    return refusal(MethodNotAllowed(f"`{path}` takes no {request.method}: use {methods}"), headers)
