"""What a target remembers beside its rows, in the same transaction: how far it is, and of what."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from hub_client.shapes import Column, Shape

_FORM = 1
"""Raised when a target is to be read anew by a newer version of this package."""


@dataclass(frozen=True, slots=True)
class State:
    """How far a target is: the hub's address, its schema, what is kept, and the place in the feed.

    `types` are those that were named, None for all. `sight` is the hub's word for which fields the
    client may see.
    """

    hub: str
    schema: str
    types: tuple[str, ...] | None
    shapes: tuple[Shape, ...]
    cursor: str
    sight: str

    def text(self) -> str:
        """Write it down."""
        return json.dumps({"form": _FORM} | asdict(self))

    @classmethod
    def read(cls, text: str | None) -> "State | None":
        """Read what `text` wrote; None of another form."""
        found = json.loads(text) if text else {}
        if found.pop("form", None) != _FORM:
            return None
        types = found.pop("types")
        shapes = tuple(map(_shape, found.pop("shapes")))
        return cls(**found, shapes=shapes, types=None if types is None else tuple(types))


def _shape(found: dict[str, object]) -> Shape:
    columns = found["columns"]
    if not isinstance(columns, Sequence):
        raise TypeError("a state without columns")
    kept = tuple(Column(tuple(each["path"]), each["kind"]) for each in columns)
    return Shape(str(found["name"]), str(found["root"]), kept)
