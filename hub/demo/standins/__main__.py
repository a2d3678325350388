"""`python -m hub.demo.standins --manifest DIR/manifest.toml --port 0`.

Prints one line of JSON when it is ready, `{"port": N, "feeds": {"<feed id>": "<base URL>"}}`, and
serves until its standard input closes or it is told to stop: it never outlives the process that
holds the other end of its input. Bad input ends it with status 2.
"""

import argparse
import contextlib
import os
import socket
import sys
import threading
from pathlib import Path

import orjson
import uvicorn
from starlette.types import ASGIApp

from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.demo.standins.manifest import read_manifest
from hub.demo.standins.process import BAD_INPUT_STATUS
from hub.demo.standins.server import FEEDS, build_app
from hub.errors import InvalidInput

LOOPBACK = "127.0.0.1"
SHUTDOWN_S = 1


class _Server(uvicorn.Server):
    """Says that it is ready once it is, and stops when standard input ends."""

    def __init__(self, app: ASGIApp, ready: bytes) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=SHUTDOWN_S,
            )
        )
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.buffer.write(self.ready + b"\n")
        sys.stdout.flush()
        threading.Thread(target=self._stop_at_end_of_input, daemon=True).start()

    def _stop_at_end_of_input(self) -> None:
        with contextlib.suppress(OSError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
        self.should_exit = True


def main() -> None:
    """Serve the stand-ins the command line asks for."""
    parser = _parser()
    given = parser.parse_args()
    try:
        feeds = read_manifest(given.manifest, FEEDS)
        app = build_app(feeds, service_key=given.service_key, daily_quota=given.daily_quota)
        listener = socket.create_server((LOOPBACK, given.port))
    except (InvalidInput, OSError, OverflowError) as error:
        parser.exit(BAD_INPUT_STATUS, f"{error}\n")
    port = listener.getsockname()[1]
    bases = {feed: f"http://{LOOPBACK}:{port}/{feed}" for feed in feeds}
    _Server(app, orjson.dumps({"port": port, "feeds": bases})).run([listener])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hub.demo.standins", description="Play the members on loopback."
    )
    parser.add_argument("--manifest", type=Path, required=True, help="names each feed's files")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--service-key", type=_key, default=DEMO_SERVICE_KEY, help="of data.go.kr")
    parser.add_argument("--daily-quota", type=int, help="calls data.go.kr answers; all by default")
    return parser


def _key(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("is empty; give a key or leave the option out")
    return text


if __name__ == "__main__":
    main()
