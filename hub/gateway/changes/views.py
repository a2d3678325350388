"""A caller's view of the records: which rows it may see, and as of which hour.

The change feed compares views: what a caller saw when its cursor was issued with what it sees now.
Two views are one where their conditions are the same text, whatever else the policies say. Start at
`View`; `Views` keeps those of late.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from psycopg import AsyncConnection

from federation.records.declaration import Group
from federation.records.registry import RECORD_TYPES
from hub.gateway.planning.decisions import Decisions, Predicate
from hub.gateway.planning.statement import quoted
from hub.identity.types import Caller

MAX_VIEWS = 500
"""Views kept by a process: of each class of callers, under each set of policies it asked under."""

_CLOCK = "statement_timestamp()"


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The rows a class of callers sees; `id` tells it from all others, `sight` which fields.

    `aging` are the record types whose rows come and go with their age alone, `conditioned` those
    whose rows do with what other records say of their medicine.
    """

    id: bytes
    predicates: Mapping[str, Predicate]
    aging: frozenset[str]
    conditioned: frozenset[str]
    sight: bytes

    @classmethod
    def of(cls, decisions: Decisions) -> "View":
        """Take what decisions say of the rows of every record type."""
        found = {name: decisions.predicate(name, Group.PUBLIC) for name in RECORD_TYPES}
        texts = {name: predicate.sql("b") for name, predicate in found.items()}
        digest = sha256(
            "\0".join(f"{name}\0{text}" for name, text in sorted(texts.items())).encode()
        )
        aging = frozenset(name for name, text in texts.items() if _CLOCK in text)
        conditioned = frozenset(
            name for name, text in texts.items() if _asks_conditions(name, text)
        )
        fields = sha256("\0".join(_fields(decisions)).encode())
        return cls(digest.digest()[:16], found, aging, conditioned, fields.digest()[:16])

    def sees(self, record_type: str, row: str) -> str:
        """Write the condition that a row is seen at this moment."""
        return f"({self.predicates[record_type].sql(row)})"

    def saw(self, record_type: str, row: str, instant: str) -> str:
        """Write the condition that a row was seen at an instant, which is SQL.

        It is asked of a row as old now as this one was then.
        """
        if record_type not in self.aging:
            return self.sees(record_type, row)
        attributes = (facts.name for facts in RECORD_TYPES[record_type].policy_attributes)
        columns = ", ".join(f"{row}.{quoted(name)}" for name in attributes)
        born = f"{row}.first_recorded_at + ({_CLOCK} - {instant}) AS first_recorded_at"
        then = f"SELECT {columns}, {born}"
        return f"(SELECT {self.sees(record_type, 'aged')} FROM ({then}) aged)"

    def is_same_for(self, record_type: str, other: "View") -> bool:
        """Tell whether two views show the same rows of a record type at the same age."""
        return self.sees(record_type, "b") == other.sees(record_type, "b")


def _fields(decisions: Decisions) -> Iterator[str]:
    """Say of every record type when its fields are seen, those of all who see the row left out."""
    for name, record_type in RECORD_TYPES.items():
        for group in record_type.groups:
            if group is not Group.PUBLIC:
                yield f"{name} {group} {decisions.predicate(name, group).sql('b')}"
                for each in decisions.roundings(name, group):
                    yield f"{each.step} {each.predicate.sql('b')}"


def _asks_conditions(record_type: str, sql: str) -> bool:
    return any(quoted(facts.name) in sql for facts in RECORD_TYPES[record_type].conditions)


class PastViews(Protocol):
    """Knows views of earlier policies."""

    async def find(
        self, connection: AsyncConnection, view_id: bytes, caller: Caller
    ) -> View | None:
        """Find a view that a caller had; None where it is no longer known."""
        ...


class Views:
    """The views that this process showed last. Not for threads: one event loop owns it."""

    def __init__(self, past: PastViews | None = None) -> None:
        self._past = past
        self._kept: OrderedDict[Hashable, View] = OrderedDict()
        self._by_id: dict[bytes, View] = {}

    def of(self, decisions: Decisions) -> View:
        """Give the view of decisions, and keep it."""
        key = decisions.digest, decisions.class_key
        view = self._kept.pop(key, None) or View.of(decisions)
        self._keep(key, view)
        return view

    async def find(
        self, connection: AsyncConnection, view_id: bytes, caller: Caller
    ) -> View | None:
        """Find a view, of late or, where earlier ones can be looked up, of earlier policies."""
        if view_id in self._by_id or self._past is None:
            return self._by_id.get(view_id)
        found = await self._past.find(connection, view_id, caller)
        if found:
            self._keep(view_id, found)
        return found

    def _keep(self, key: Hashable, view: View) -> None:
        self._kept[key] = view
        self._by_id[view.id] = view
        if len(self._kept) > MAX_VIEWS:
            _, oldest = self._kept.popitem(last=False)
            if all(oldest.id != other.id for other in self._kept.values()):
                del self._by_id[oldest.id]
