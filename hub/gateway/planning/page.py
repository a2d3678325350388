"""A root connection's page: the JSON of each row gathered into lists, and where it stands.

`Walk` is the short way to a page in the order of keys. `plan.py` says which rows there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hub.gateway.planning import paging, tallies
from hub.gateway.planning.selection import Selected
from hub.gateway.planning.statement import json_object, quoted
from hub.gateway.planning.tallies import Tallies

_PLACE = quoted("?place")
"""Names a row's place in its page; no column of a record can be called so."""


@dataclass(frozen=True, slots=True)
class Part:
    """SQL of an object's JSON, mask bits and tallies, and of what has to be joined for them."""

    json: str
    mask: str
    joins: str
    tallies: Tallies


@dataclass(frozen=True, slots=True)
class Walk:
    """The next rows in the order of keys, seen or not: so many that a page is likely among them.

    Where few rows can be seen, following the order to a page's end would take the whole table.
    `rows` are what comes after FROM.
    """

    rows: str
    size: int

    def select(self, columns: Iterable[str]) -> str:
        """Select columns of the rows."""
        own = ", ".join(f"r.{quoted(name)}" for name in columns)
        return f"SELECT {own} FROM {self.rows} ORDER BY r.key LIMIT {self.size}"

    @property
    def ended(self) -> str:
        """Write the test that no row comes after them."""
        return f"(SELECT count(*) FROM ({self.select(['key'])}) w) < {self.size}"


class Page:
    """One page under construction."""

    def __init__(self, size: int, order: Sequence[paging.Order], *, is_first: bool) -> None:
        self.cursor = paging.cursor(order)
        self.is_counted = False
        self.tallies: Tallies = {}
        self.answer: list[tuple[str, str]] = []
        self._size = size
        self._order = order
        self._is_first = is_first
        self._looks_beyond = False
        self._has_cursors = False
        self._rows: list[str] = []
        self._joins: list[str] = []
        self._masks: list[str] = []

    @property
    def tells_of_rows(self) -> bool:
        """Whether the answer shows something of its rows; a cursor holds a key."""
        return bool(self._rows) or self._has_cursors

    def add_part(self, part: Part) -> None:
        """Join what an object of the rows needs, and gather its mask bits and tallies."""
        self._joins.append(part.joins)
        self._masks.append(part.mask)
        self.add_tallies(part.tallies)

    def add_tallies(self, found: Tallies) -> None:
        """Add to the tallies of the page's rows."""
        self.tallies = tallies.together([self.tallies, found])

    def add_list(self, alias: str, row_json: str, part: Part | None = None) -> None:
        """Answer with one JSON value a row."""
        if part:
            self.add_part(part)
        name = f"c{len(self._rows)}"
        self._rows.append(f"{row_json} AS {name}")
        self.answer.append((alias, f"p.{name}"))

    def add_info(self, child: Selected) -> None:
        """Answer with where the page stands."""
        parts = {
            "hasNextPage": "p.more",
            "hasPreviousPage": "false" if self._is_first else "true",
            "startCursor": "p.starts",
            "endCursor": "p.ends",
            "__typename": "'PageInfo'",
        }
        columns = [(below.alias, parts[below.name]) for below in child.children]
        self._looks_beyond = True
        self._has_cursors |= any(below.name.endswith("Cursor") for below in child.children)
        self.answer.append((child.alias, json_object(columns)))

    def add_total(self, alias: str) -> None:
        """Answer with how many rows there are on all pages."""
        self.is_counted = True
        self.answer.append((alias, "t.total"))

    def sql(self, rows: str, total: str, walk: Walk | None = None) -> str:
        """Put the statement around the rows that come after the cursor.

        Of a walk's rows it answers only where they hold the whole page.
        """
        is_whole = f"count(*) = {self._most} OR {walk.ended}" if walk else "true"
        # The answer comes first: a page that is not whole is not worth the count.
        counted = f"CROSS JOIN LATERAL (SELECT {total} AS total WHERE p.is_whole OFFSET 0) t"
        numbers = tallies.array(tallies.taken(self._counts, "p"))
        return (
            f"SELECT {json_object(self.answer)}::text, p.mask, {numbers} "
            f"FROM (SELECT {', '.join(self._gathered())}, {is_whole} AS is_whole "
            f"FROM ({self._shown(rows)}) n) p {counted if self.is_counted else ''} "
            "WHERE p.is_whole"
        )

    @property
    def _most(self) -> int:
        """How many rows are read: one more, if the answer tells where the page stands."""
        return self._size + self._looks_beyond

    @property
    def _of_which(self) -> str:
        """Leave out the row that is looked at beyond the page."""
        return f" FILTER (WHERE n.{_PLACE} <= {self._size})" if self._looks_beyond else ""

    @property
    def _counts(self) -> Tallies:
        return tallies.over_rows(tallies.taken(self.tallies, "n"), self._of_which)

    def _shown(self, rows: str) -> str:
        """Select each row's JSON, mask bits and tallies, and what the page is put together by.

        Rows are numbered where the answer tells of the page; otherwise they come in their order,
        and numbering them would take a seventh of the time.
        """
        by = ", ".join(item.sql for item in self._order)
        mask = " | ".join(self._masks) or "0::bigint"
        columns = [*self._rows, f"{mask} AS mask"]
        if self._looks_beyond:
            columns += [f"{self.cursor} AS cursor", f"r.{_PLACE}"]
            rows = f"SELECT r.*, row_number() OVER (ORDER BY {by}) AS {_PLACE} FROM ({rows}) r"
        else:
            columns += [f"{item.value} AS o{place}" for place, item in enumerate(self._order)]
            rows = f"SELECT r.* FROM ({rows}) r"
        return (
            f"SELECT {', '.join(columns)}{tallies.columns(self.tallies)} FROM ("
            f"{rows} ORDER BY {by} LIMIT {self._most}) r{''.join(self._joins)}"
        )

    def _gathered(self) -> list[str]:
        shown, place = self._of_which, f"n.{_PLACE}"
        by = [replace(item, value=f"n.o{place}").sql for place, item in enumerate(self._order)]
        order = place if self._looks_beyond else ", ".join(by)
        lists = [
            f"coalesce(json_agg(n.c{index} ORDER BY {order}){shown}, '[]') AS c{index}"
            for index in range(len(self._rows))
        ]
        stands = [
            f"count(*) > {self._size} AS more",
            f"min(n.cursor) FILTER (WHERE {place} = 1) AS starts",
            f"(array_agg(n.cursor ORDER BY {place} DESC){shown})[1] AS ends",
        ]
        return [
            *lists,
            f"coalesce(bit_or(n.mask){shown}, 0) AS mask{tallies.columns(self._counts)}",
            *(stands if self._looks_beyond else []),
        ]
