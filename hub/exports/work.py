"""The work: jobs are taken up, read, written and kept, and what is left over is swept.

Every gateway works; the jobs are in PostgreSQL. While one runs its caller is decided for each
second, and the file can be fetched only once all of it was read under the same decisions and the
disclosure is recorded. Start at `ExportWork.run`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import structlog

from hub.disclosure.asked import Asked as AskedQuestion
from hub.disclosure.log import Disclosure, DisclosureLog
from hub.errors import HubError, InvalidInput, Timeout
from hub.exports import jobs
from hub.exports.files import ExportFiles, FileName, Kept
from hub.exports.formats import FORMATS, Format, Sheet
from hub.exports.manifest import manifest_of, masks_of, question_digest
from hub.exports.types import Export, class_digest
from hub.exports.writing import write_file
from hub.gateway.execution.freshness import Staleness
from hub.gateway.export.question import ExportReader
from hub.gateway.export.walk import Decide, ExportWalk
from hub.gateway.questions.parsed import Refused
from hub.store.database import Pool
from hub.store.merge import take_turn

AT_ONCE = 2
"""Jobs that one process runs side by side."""

MOST_SECONDS = 3600.0
"""How long one may take."""

CHECK_SECONDS = 1.0
"""How often a running job is checked, whatever it is about."""

LOOK_SECONDS = 2.0
"""How often to look for jobs that other processes were asked for, or died over."""

SWEEP_SECONDS = 60.0

_Say = Callable[..., Awaitable[None]]
_FAILED = "the hub failed inside: export again, and tell its operator when"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tools:
    """What exports work with. `folder` is for files in the making, `reading` for records."""

    reader: ExportReader
    decide: Decide
    reading: Pool
    writing: Pool
    files: ExportFiles
    log: DisclosureLog
    folder: Path
    staleness: Staleness


@dataclass
class ExportWork:
    """The work of one process. Not for threads: one event loop owns it."""

    tools: Tools
    threads: ThreadPoolExecutor
    _bell: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ended(self) -> asyncio.Event:
        """The next end of a job here: take it before looking at one, and wait on it after."""
        return self._ended

    def ring(self) -> None:
        """Say that there is a job."""
        self._bell.set()
        self._bell = asyncio.Event()

    async def run(self) -> None:
        """Do one job after the other, until cancelled."""
        while True:
            bell = self._bell
            job = await self._taken_up()
            if job:
                await self._do(job)
                self._ended.set()
                self._ended = asyncio.Event()
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), LOOK_SECONDS)

    async def sweep(self) -> None:
        """Drop, now and then, what is too old and what was left over, until cancelled."""
        while True:
            try:
                async with self.tools.writing.connection() as connection:
                    left = await jobs.tidy(connection)
                for each in left:
                    await self._sweep(each)
            except (HubError, psycopg.Error) as error:
                _log.warning("exports_not_swept", error=str(error))
            await asyncio.sleep(SWEEP_SECONDS)

    async def _sweep(self, left: jobs.LeftOver) -> None:
        suffix = FORMATS[left.format].suffix
        for attempt in range(left.swept + 1, left.upto + 1):
            await self.tools.files.drop(FileName(left.export_id, attempt, suffix))
        async with self.tools.writing.connection() as connection:
            await jobs.swept(connection, left)

    async def _taken_up(self) -> Export | None:
        try:
            async with self.tools.writing.connection() as connection:
                return await jobs.take_up(connection)
        except Exception as error:  # noqa: BLE001 - a worker that dies would leave all jobs waiting
            _log.warning("exports_not_taken_up", error=str(error))
            return None

    async def _do(self, job: Export) -> None:
        try:
            await self._in_time(job)
        except asyncio.CancelledError:
            await self._end(job, jobs.hand_back)
            raise
        except jobs.Overtaken:
            await self._end(job)
        except Refused as refused:
            message = str(refused.errors[0].message)
            await self._end(job, jobs.fail, InvalidInput(message))
        except HubError as error:
            await self._end(job, jobs.fail, error)
        except Exception:  # noqa: BLE001 - whatever failed, the caller gets one safe message
            _log.exception("export_failed", export=job.id)
            await self._end(job, jobs.fail, HubError(_FAILED))

    async def _end(self, job: Export, say: _Say | None = None, *why: HubError) -> None:
        """Say what became of a job, and drop what it made unless that can be fetched."""
        _log.info("export_ended", export=job.id, code=[error.public_code for error in why])
        try:
            async with self.tools.writing.connection() as connection:
                if say:
                    with suppress(jobs.Overtaken):
                        await say(connection, job, *why)
                is_ready = await jobs.is_ready(connection, job)
            if not is_ready:
                await self.tools.files.drop(name_of(job))
        except (HubError, psycopg.Error) as error:
            # Its lease runs out, and the sweep sees to the rest.
            _log.warning("export_left", export=job.id, error=str(error))

    async def _in_time(self, job: Export) -> None:
        asked, tools = job.asked, self.tools
        question = tools.reader.read(asked.document, json.loads(asked.variables), asked.operation)
        walk = ExportWalk(question, job.caller, tools.reading, tools.decide, job.asked_at)
        making = asyncio.create_task(self._make(job, walk))
        watching = asyncio.create_task(self._watch(job, walk))
        try:
            done, _ = await asyncio.wait(
                (making, watching), timeout=MOST_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                raise Timeout(
                    f"the export took over {MOST_SECONDS:.0f} s: narrow its filter, and export in "
                    "parts",
                    code="EXPORT_TOO_LARGE",
                )
            # One that is made is made, whatever else is found of it at the same moment.
            (making if making in done else watching).result()
        finally:
            making.cancel()
            watching.cancel()
            await asyncio.gather(making, watching, return_exceptions=True)

    async def _watch(self, job: Export, walk: ExportWalk) -> None:
        """Keep a job this process's, and raise once it must end."""
        while True:
            async with self.tools.writing.connection() as connection:
                await jobs.renew(connection, job, walk.rows)
            await asyncio.sleep(CHECK_SECONDS)
            await walk.check()

    async def _make(self, job: Export, walk: ExportWalk) -> None:
        async with self.tools.writing.connection() as connection:
            # Whoever publishes now has stamped its records before: they belong to the list.
            await take_turn(connection)
        form = FORMATS[job.asked.format]
        with TemporaryDirectory(dir=self.tools.folder) as folder:
            kept = await self._written(job, form, Path(folder) / "file", walk)
        manifest = manifest_of(job, form, walk, kept)
        decisions = await walk.check()
        read = {walk.question.record_type.name, *walk.types}
        if stale := self.tools.staleness.entries(read, decisions):
            manifest["freshness"] = stale
        # INVARIANT: the disclosure is durable before any byte can be fetched.
        await self.tools.log.keep(*_disclosed(job, walk))
        async with self.tools.writing.connection() as connection:
            told = json.dumps(manifest)
            await jobs.finish(connection, job, walk.rows, told, class_digest(decisions))

    async def _written(self, job: Export, form: Format, path: Path, walk: ExportWalk) -> Kept:
        question = walk.question
        sheet = Sheet(question.title, question.columns, question.instant(job.asked_at))
        quick = form.from_text if question.is_flat else None
        if quick:
            write = partial(quick.write, path, sheet)
            await write_file(write, path, walk.texts(quick.text), self.threads)
        else:
            await write_file(partial(form.write, path, sheet), path, walk.pages(), self.threads)
        return await self.tools.files.put(name_of(job), path)


def name_of(job: Export) -> FileName:
    """Name the file of a job's present attempt."""
    return FileName(job.id, job.attempt, FORMATS[job.asked.format].suffix)


def _disclosed(job: Export, walk: ExportWalk) -> tuple[Disclosure, AskedQuestion | None]:
    caller, asked = job.caller, job.asked
    disclosure = Disclosure.to(
        caller,
        question_digest=question_digest(asked.document),
        policy_digest=walk.decisions.digest if walk.decisions else "",
        opened_by=walk.opened_by,
        masked=[f"{mask.path}:{mask.group}" for mask in masks_of(walk)],
        shown=walk.shown,
        rows=walk.rows,
    )
    variables = json.loads(asked.variables)
    return disclosure, AskedQuestion.by(caller, asked.document, variables, asked.operation)


@asynccontextmanager
async def open_work(tools: Tools) -> AsyncIterator[ExportWork]:
    """Work for the life of the process; a job that is not done then is left to others."""
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="export")
    work = ExportWork(tools, threads)
    tasks = [asyncio.create_task(work.run()) for _ in range(AT_ONCE)]
    tasks.append(asyncio.create_task(work.sweep()))
    try:
        yield work
    finally:
        await _end(tasks)
        # A thread that still writes asks the loop for its next page, to hear that there is none.
        await asyncio.to_thread(threads.shutdown)


async def _end(tasks: Collection[asyncio.Task[None]]) -> None:
    # Until Python 3.12 `asyncio.wait_for`, in which pools wait, may lose a cancellation that meets
    # what it waits for: so it is said again.
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=CHECK_SECONDS)
