"""What a target is asked: its state, all rows anew, or a page of changes, each in one step."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hub_client.errors import Damaged
from hub_client.feed import Change
from hub_client.incoming import Incoming
from hub_client.shapes import Shape
from hub_client.state import State


@dataclass(frozen=True, slots=True)
class Arrived:
    """The file of a record type, checked, and how many rows are in it."""

    shape: Shape
    path: Path
    rows: int

    def check(self, rows: int) -> None:
        """Check how many rows came out of it.

        Raises:
            Damaged: more or fewer than went in.
        """
        if rows != self.rows:
            raise Damaged(
                f"the file of {self.shape.root} has {rows} rows, not {self.rows}: run again later"
            )


class Target(Protocol):
    """Where rows are kept. `form` is the format of export that it loads."""

    form: str
    incoming: Incoming

    def open(self) -> AbstractContextManager[None]:
        """Keep every other run out for the length of the block.

        Raises:
            ComeAgain: another run is under way.
        """
        ...

    def state(self) -> State | None:
        """Read what it remembers; None where it holds nothing yet."""
        ...

    def replace(self, files: Sequence[Arrived], state: State) -> None:
        """Hold what is in the files and nothing else; until then, what it held."""
        ...

    def apply(self, changes: Sequence[Change], state: State) -> None:
        """Put records in place, unless it holds a later version, and delete those gone."""
        ...
