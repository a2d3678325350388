"""One run: bring a target up to what the client may see at the hub, by changes or all anew.

All anew: a place in the feed is taken first, then every record type is exported and the files are
loaded in one transaction with that place, then the changes since are followed. Whatever happens,
the target holds what it held before a transaction or what it holds after. Start at `synchronise`.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from hub_client import exports, feed
from hub_client.errors import ComeAgain, StartAnew, TooManyExports
from hub_client.hub import Hub
from hub_client.incoming import Plan
from hub_client.shapes import Shape, digest_of, shapes_of
from hub_client.state import State
from hub_client.targets.target import Arrived, Target

_ATTEMPTS = 3
"""How often all is read anew in one run, where the policies change all the while."""

_AT_ONCE = 4
"""Exports asked for at once: the hub makes the next while one is fetched."""

Tell = Callable[[str], None]
"""Takes a line about how far a run is."""


@dataclass
class Summary:
    """What a run did. `anew` counts how often everything was read."""

    anew: int = 0
    rows: int = 0
    changes: int = 0
    put: int = 0
    deleted: int = 0
    seconds: float = 0.0
    why_anew: list[str] = field(default_factory=list)


def synchronise(
    hub: Hub, target: Target, types: Sequence[str] | None = None, tell: Tell = lambda _: None
) -> Summary:
    """Bring a target up to date.

    Args:
        hub: where the records are.
        target: where they are kept.
        types: the record types to keep; all that there are if none are given.
        tell: is told how far it is.

    Raises:
        SyncError: it is not up to date; its exit code says what may help.
    """
    began = time.monotonic()
    with target.open():
        run = _Run(hub, target, None if types is None else tuple(sorted(types)), tell)
        run.go()
    run.summary.seconds = time.monotonic() - began
    return run.summary


@dataclass
class _Run:
    hub: Hub
    target: Target
    types: tuple[str, ...] | None
    tell: Tell
    summary: Summary = field(default_factory=Summary)

    def go(self) -> None:
        sdl = self.hub.text("/schema.graphql")
        schema, state = digest_of(sdl), self.target.state()
        if state and (state.hub, state.schema, state.types) == (self.hub.url, schema, self.types):
            shapes = state.shapes
        else:
            shapes = shapes_of(sdl, None if self.types is None else list(self.types))
        if state and (state.hub, state.shapes) == (self.hub.url, shapes):
            try:
                self._follow(replace(state, schema=schema, types=self.types))
            except StartAnew as reason:
                self.summary.why_anew.append(str(reason))
            else:
                return
        self._read_anew(State(self.hub.url, schema, self.types, shapes, "", ""))

    def _read_anew(self, blank: State) -> None:
        for _ in range(_ATTEMPTS):
            try:
                self._follow(self._loaded(blank))
            except StartAnew as reason:
                self.summary.why_anew.append(str(reason))
                self._drop(self.target.incoming.plan())
            else:
                return
        raise ComeAgain(
            f"run again later, what may be seen keeps changing: {self.summary.why_anew[-1]}"
        )

    def _loaded(self, blank: State) -> State:
        """Read everything, and have the target hold that."""
        plan = self._plan(blank)
        files = [self._arrived(plan, shape) for shape in self._asked(plan, blank.shapes)]
        if feed.read(self.hub, blank.shapes, feed.NOW).sight != plan.sight:
            raise StartAnew("what may be seen of the records has changed")
        state = replace(blank, cursor=plan.cursor, sight=plan.sight)
        self.tell("loading")
        self.target.replace(files, state)
        self.summary.anew += 1
        self.summary.rows = sum(each.rows for each in files)
        self._drop(plan)
        return state

    def _plan(self, blank: State) -> Plan:
        """Take up the plan of a run that broke off, or make one."""
        now = feed.newest(self.hub, blank.shapes)
        names = [shape.name for shape in blank.shapes]
        fresh = Plan(blank.hub, blank.schema, self.target.form, names, now.cursor, now.sight)
        found = self.target.incoming.plan()
        if found and found.is_for(fresh):
            return found
        self._drop(found if found and found.hub == fresh.hub else None)
        self.target.incoming.keep(fresh)
        return fresh

    def _drop(self, plan: Plan | None) -> None:
        """Forget a plan and its files, and drop its exports."""
        for path in plan.exports.values() if plan else ():
            exports.delete(self.hub, path)
        self.target.incoming.clear()

    def _asked(self, plan: Plan, shapes: Sequence[Shape]) -> Iterator[Shape]:
        """Give the record types, some exports being asked for ahead of each."""
        for place, shape in enumerate(shapes):
            with suppress(TooManyExports):
                for ahead in shapes[place : place + _AT_ONCE]:
                    if ahead.name not in plan.manifests:
                        self._ask(plan, ahead)
            yield shape

    def _ask(self, plan: Plan, shape: Shape) -> str:
        """Give the path of a record type's export, asked for unless it was already."""
        if shape.name not in plan.exports:
            self.tell(f"{shape.root}: asking")
            plan.exports[shape.name] = exports.ask(self.hub, shape, plan.form)
            self.target.incoming.keep(plan)
        return plan.exports[shape.name]

    def _arrived(self, plan: Plan, shape: Shape) -> Arrived:
        """Have the file of a record type, by what is there of it already."""
        file, manifest = self.target.incoming.file(shape.name), plan.manifests.get(shape.name)
        if manifest and exports.is_whole(file, manifest):
            return Arrived(shape, file, manifest.rows)
        try:
            return self._fetched(plan, shape)
        except exports.Gone:
            plan.exports.pop(shape.name, None)
            plan.manifests.pop(shape.name, None)
            file.unlink(missing_ok=True)
        try:
            return self._fetched(plan, shape)
        except exports.Gone as error:
            raise ComeAgain(f"the export of {shape.root} was dropped: run again") from error

    def _fetched(self, plan: Plan, shape: Shape) -> Arrived:
        incoming = self.target.incoming
        path = self._ask(plan, shape)
        link = exports.await_file(self.hub, path)
        manifest = exports.read_manifest(self.hub, path, shape, plan.form)
        if plan.manifests.get(shape.name) != manifest:
            incoming.file(shape.name).unlink(missing_ok=True)
            plan.manifests[shape.name] = manifest
            incoming.keep(plan)
        self.tell(f"{shape.root}: fetching {manifest.rows} rows, {manifest.size} bytes")
        exports.fetch(self.hub, path, link, manifest, incoming.file(shape.name))
        exports.delete(self.hub, path)
        del plan.exports[shape.name]
        incoming.keep(plan)
        return Arrived(shape, incoming.file(shape.name), manifest.rows)

    def _follow(self, state: State) -> None:
        """Apply the changes since the target's place, page by page."""
        for page in feed.pages(self.hub, state.shapes, state.cursor):
            if page.sight != state.sight:
                raise StartAnew("what may be seen of the records has changed")
            if page.cursor != state.cursor or page.changes:
                state = replace(state, cursor=page.cursor)
                self.target.apply(page.changes, state)
            self.summary.changes += page.told
            for change in page.changes:
                self.summary.put += len(change.records)
                self.summary.deleted += len(change.gone)
            self.tell(f"{self.summary.changes} changes")
