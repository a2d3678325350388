"""From the root field `history` to one statement over all versions of a record.

Each version passes the caller's predicates by itself, and is masked by itself: that a record may be
seen today says nothing of what it held before. What changed is told of seen values alone, between
versions that are seen.
"""

from dataclasses import replace

from federation.records.declaration import ENVELOPE, Group
from federation.records.registry import RecordType
from hub.gateway.planning import paging
from hub.gateway.planning.cost import cost
from hub.gateway.planning.decisions import Decisions
from hub.gateway.planning.fields import FIELDS, instant, seen
from hub.gateway.planning.page import Page
from hub.gateway.planning.plan import Compiler, Plan
from hub.gateway.planning.selection import Selected
from hub.gateway.planning.statement import json_object, quoted

HISTORY = "history"

_CHANGED = quoted("?changed")


def history_plan(record_type: RecordType, selected: Selected, decisions: Decisions) -> Plan:
    """Plan the root field for a key whose record type is known.

    Raises:
        InvalidInput: a page size or cursor that can't be.
    """
    asked = _of_type(record_type, selected)
    return _Compiler(decisions, None, cost(asked)).history(record_type, asked)


class _Compiler(Compiler):
    def history(self, record_type: RecordType, selected: Selected) -> Plan:
        given = selected.arguments
        size = paging.page_size(given["first"])
        order = [
            paging.Order('r."recorded_at"', "timestamptz", True, "recordedAt DESC", False),
            paging.Order('r."key"', "text", False, f"key of {record_type.name}", False),
        ]
        page = Page(size, order, is_first=given.get("after") is None)
        # What a version leads to is as it was then.
        self._as_of = 'r."recorded_at"'
        for child in selected.children:
            place = f"{selected.alias}.{child.alias}"
            match child.name:
                case "nodes":
                    self._versions(page, record_type, child, place)
                case "pageInfo":
                    page.add_info(child)
                case _:
                    page.answer.append((child.alias, "'RecordVersionConnection'"))
        if page.tells_of_rows:
            page.add_tallies(self._tallies(record_type, _groups(record_type, selected), "r"))
        key = self.statement.bind(given["key"], "text")
        start = paging.after(self.statement, order, given.get("after"))
        rows = (
            f"SELECT r.*, {_changed(record_type)} AS {_CHANGED} "
            f"FROM ({self.visible_rows(record_type, f'b.key = {key}', versions='true')}) r "
            "WINDOW before AS (ORDER BY r.recorded_at)"
        )
        sql = page.sql(f"SELECT r.* FROM ({rows}) r WHERE {start}", "")
        return self._finished(selected, page.tallies, sql)

    def _versions(self, page: Page, record_type: RecordType, asked: Selected, place: str) -> None:
        columns = []
        for child in asked.children:
            match child.name:
                case "record":
                    below = f"{place}.{child.alias}"
                    part = self._object(record_type, child.children, "r", below)
                    page.add_part(part)
                    columns.append((child.alias, part.json))
                case "recordedAt":
                    columns.append((child.alias, instant('r."recorded_at"')))
                case "supersededAt":
                    columns.append((child.alias, instant('r."superseded_at"')))
                case "changed":
                    columns.append((child.alias, f"r.{_CHANGED}"))
                case _:
                    columns.append((child.alias, "'RecordVersion'"))
        page.add_list(asked.alias, json_object(columns))


def _of_type(record_type: RecordType, selected: Selected) -> Selected:
    """Leave out what is asked of records of other types."""
    if selected.name == "record":
        children = (each.children for each in selected.children if each.name == record_type.name)
        return replace(selected, children=next(children))
    below = tuple(_of_type(record_type, each) for each in selected.children)
    return replace(selected, children=below)


def _groups(record_type: RecordType, asked: Selected) -> set[Group]:
    """List the groups that the answer tells something of: what changed tells of all."""
    names = FIELDS[record_type.name].scalars
    of_versions = [each for child in asked.children for each in child.children]
    if any(each.name == "changed" for each in of_versions):
        return set(record_type.groups)
    fields = [each.name for version in of_versions for each in version.children]
    return {names[name].group for name in fields if name in names}


def _changed(record_type: RecordType) -> str:
    """Write the names of fields that are seen otherwise than in the version before."""
    names = FIELDS[record_type.name].scalars
    tests = ", ".join(
        f"CASE WHEN {value} IS DISTINCT FROM lag({value}) OVER before THEN '{name}' END"
        for name, value in (
            (name, seen(facts, "r"))
            for name, facts in names.items()
            if facts.name not in ENVELOPE or facts.name == "listing"
        )
    )
    is_first = "row_number() OVER before = 1"
    return f"CASE WHEN {is_first} THEN '{{}}' ELSE array_remove(ARRAY[{tests}], NULL) END"
