"""A command that gets SIGTERM ends as by an exit: what it opened is closed, PostgreSQL too."""

import signal
from types import FrameType
from typing import Never


class Stopped(SystemExit):
    """The process was told to stop."""

    def __init__(self) -> None:
        super().__init__(128 + signal.SIGTERM)


def end_when_told() -> None:
    """Have SIGTERM raise `Stopped`, which by itself would end the process where it stands."""
    signal.signal(signal.SIGTERM, _stop)


def _stop(_: int, __: FrameType | None) -> Never:
    raise Stopped
