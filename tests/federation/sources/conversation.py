"""Plays the other side of a fetch: hands out prepared answers and keeps what was asked."""

from federation.sources.exchange import Response


def answer(content=b"", status=200, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, content if isinstance(content, bytes) else content.encode())


def converse(fetch, *answers):
    """Carry a fetch through; give what it returned and the requests it made."""
    requests = []
    left = iter(answers)
    try:
        request = next(fetch)
        while True:
            requests.append(request)
            request = fetch.send(next(left))
    except StopIteration as stop:
        return stop.value, requests
