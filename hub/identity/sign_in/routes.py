"""The pages by which people sign in and out, and what the hub's own page asks about its session.

Plain pages for the few words they hold; no script, no style, nothing from elsewhere. What a sign-in
must keep is in `flow.py`, what a session is in `sessions.py`.
"""

from collections.abc import Awaitable, Callable
from html import escape
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from hub.errors import HubError, Unauthenticated
from hub.identity.sign_in.flow import CALLBACK, PATIENCE, SignIn
from hub.identity.sign_in.sessions import COOKIE, LIFETIME, PersonSessions, csrf_token

ATTEMPT_COOKIE = "__Host-hub-sign-in"

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<h1>{title}</h1>
{content}
</html>
"""

_log = structlog.get_logger()

Handler = Callable[[Request], Awaitable[Response]]


class SignInPages:
    """Answers what browsers ask about signing in and out."""

    def __init__(self, sign_in: SignIn, sessions: PersonSessions, home: str) -> None:
        """Keep the parts, and the path of the page to which a person who signed in goes."""
        self._sign_in = sign_in
        self._sessions = sessions
        self._home = home

    def routes(self) -> list[Route]:
        """Make the routes."""
        return [
            Route("/sign-in", _shown(self._choose), methods=["GET"]),
            Route(CALLBACK, _shown(self._finish), methods=["GET"]),
            Route("/sign-in/{provider}", _shown(self._begin), methods=["GET"]),
            Route("/session", _shown(self._session), methods=["GET"]),
            Route("/sign-out", _shown(self._sign_out), methods=["POST"]),
        ]

    async def _choose(self, _request: Request) -> Response:
        """List the providers, or go to the only one."""
        providers = await self._sign_in.providers()
        if not providers:
            return _page("Nobody can sign in here yet", ["No provider was added: use a token."])
        if len(providers) == 1:
            return RedirectResponse(f"/sign-in/{providers[0].name}", 303)
        return _page("Sign in", [_link(f"/sign-in/{each.name}", each.name) for each in providers])

    async def _begin(self, request: Request) -> Response:
        begun = await self._sign_in.begin(request.path_params["provider"])
        response = RedirectResponse(begun.url, 303)
        _set_cookie(response, ATTEMPT_COOKIE, begun.secret, int(PATIENCE.total_seconds()))
        return response

    async def _finish(self, request: Request) -> Response:
        """Finish a sign-in. The session is a new one, whatever the browser had before."""
        answer = dict(request.query_params)
        signed_in = await self._sign_in.finish(answer, request.cookies.get(ATTEMPT_COOKIE))
        if before := request.cookies.get(COOKIE):
            await self._sessions.end(before)
        secret = await self._sessions.start(signed_in)
        response = RedirectResponse(self._home, 303)
        _set_cookie(response, COOKIE, secret, int(LIFETIME.total_seconds()))
        _drop_cookie(response, ATTEMPT_COOKIE)
        return response

    async def _session(self, request: Request) -> Response:
        """Tell the hub's page who is signed in, what they may state, and its CSRF token."""
        secret = request.cookies.get(COOKIE)
        if secret is None:
            return JSONResponse(await self._nobody())
        try:
            person = await self._sessions.person(secret)
        except Unauthenticated:
            response = JSONResponse(await self._nobody())
            _drop_cookie(response, COOKIE)
            return response
        shown = {
            "subject": person.subject,
            "organisation": person.organisation,
            "member": person.member,
            "purposes": sorted(person.purposes),
        }
        return JSONResponse({"person": shown, "csrf": csrf_token(secret)})

    async def _sign_out(self, request: Request) -> Response:
        secret = request.cookies.get(COOKIE, "")
        self._sessions.require_intent(request, secret)
        await self._sessions.end(secret)
        response = Response(status_code=204)
        _drop_cookie(response, COOKIE)
        return response

    async def _nobody(self) -> dict[str, Any]:
        return {"person": None, "canSignIn": bool(await self._sign_in.providers())}


def _shown(handler: Handler) -> Handler:
    """Add the headers all answers have, and show a refusal as a page."""

    async def answer(request: Request) -> Response:
        try:
            response = await handler(request)
        except HubError as error:
            _log.info("refused", code=error.public_code, detail=error.detail)
            response = _page("That did not work", [escape(error.message)], error.status)
        response.headers.update(_HEADERS)
        return response

    return answer


def _page(title: str, lines: list[str], status: int = 200) -> Response:
    content = "\n".join(f"<p>{line}</p>" for line in lines)
    return HTMLResponse(_PAGE.format(title=title, content=content), status)


def _link(path: str, text: str) -> str:
    return f'<a href="{escape(path)}">{escape(text)}</a>'


def _set_cookie(response: Response, name: str, value: str, max_age_s: int) -> None:
    # Lax: the browser must send it when the provider sends the person back. Browsers take a Secure
    # cookie over plain http from this machine alone.
    response.set_cookie(
        name, value, max_age=max_age_s, secure=True, httponly=True, samesite="lax", path="/"
    )


def _drop_cookie(response: Response, name: str) -> None:
    response.delete_cookie(name, secure=True, httponly=True, samesite="lax", path="/")
