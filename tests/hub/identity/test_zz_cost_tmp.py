import time
from starlette.requests import HTTPConnection
from hub.identity.sessions import csrf_token
from tests.hub.identity.fake_provider import HUB, signing_in
async def test_cost(database_url):
    async with signing_in(database_url) as scene:
        b = await scene.signed_in(); s = b.cookie("__Host-hub-session")
        h = [(b"cookie", f"__Host-hub-session={s}".encode()), (b"origin", HUB.encode()), (b"content-type", b"application/json"), (b"hub-csrf", csrf_token(s).encode())]
        r = HTTPConnection({"type": "http", "headers": h})
        best = 9
        for _ in range(5):
            t = time.perf_counter(); c = time.process_time()
            for _ in range(200): await scene.sessions.caller(r, "exercise")
            best = min(best, (time.perf_counter() - t) / 200); cpu = (time.process_time() - c) / 200
        print("wall", best, "cpu", cpu)
