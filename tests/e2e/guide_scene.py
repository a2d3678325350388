"""Guides, walked as their readers walk them: each fenced block is a step, taken in its order.

`sh` is typed into a terminal of 80 columns, which keeps its variables; `sh fails` is refused.
`graphql` is asked with the terminal's TOKEN, as the browser does. `sql`, `yaml` and `csv` name the
file that they are saved as. `cron` is a line of a crontab. `text` and `json` show what the step
before them printed; `…` stands for what is left out. There are no other blocks.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.request import Request, urlopen

from croniter import croniter

from tests.e2e.guide_house import House
from tests.e2e.guide_terminal import Terminal

_BLOCK = re.compile(r"^```(\S*)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WRITTEN_FOR = "127.0.0.1:8000"
"""Where guides say that the demo listens."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the word after it, its text, and the prose before it."""

    language: str
    note: str
    text: str
    prose: str


def blocks(text: str) -> Iterator[Block]:
    """Find the fenced blocks of a document, in order."""
    end = 0
    for found in _BLOCK.finditer(text):
        language, note, body = found.groups()
        yield Block(language, note or "", body, text[end : found.start()])
        end = found.end()


class Reader:
    """Somebody who takes a guide's steps, one after another, beside a running demo."""

    def __init__(self, house: House, terminal: Terminal) -> None:
        self._house = house
        self._terminal = terminal
        self._printed = ""

    def take(self, block: Block) -> None:
        """Take a step, or compare what is shown with what the last one printed."""
        text = block.text.replace(_WRITTEN_FOR, self._house.address)
        match block.language:
            case "sh":
                self._type(text, is_refused=block.note == "fails")
            case "graphql":
                self._ask(text)
            case "sql" | "yaml" | "csv":
                assert f"`{block.note}`" in block.prose, f"say that it is saved as {block.note}"
                (self._house.folder / block.note).write_text(block.text)
            case "cron":
                self._run_once_as_cron(text)
            case "text":
                assert_shown(text, self._printed)
            case "json":
                assert_shown(_squeezed(text), _squeezed(self._printed))
            case _:
                raise AssertionError(f"a step of no kind that is taken:\n{block.text}")

    def _type(self, text: str, *, is_refused: bool) -> None:
        if text.strip() == "make demo":
            return  # runs in a terminal of its own: `House`
        status, self._printed = self._terminal.run(text)
        assert (status != 0) is is_refused, f"{text}\n{self._printed}"

    def _ask(self, question: str) -> None:
        _, token = self._terminal.run("echo $TOKEN")
        request = Request(
            f"http://{self._house.address}/graphql",
            json.dumps({"query": question}).encode(),
            {"Authorization": f"Bearer {token.strip()}", "Content-Type": "application/json"},
        )
        with urlopen(request, timeout=60) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer["errors"]
        self._printed = json.dumps(answer, ensure_ascii=False)

    def _run_once_as_cron(self, line: str) -> None:
        *times, command = line.strip().split(maxsplit=5)
        assert croniter.is_valid(" ".join(times)), line
        assert "%" not in command, "cron takes a % for the end of the line"
        bare = {name: self._house.environment[name] for name in ("HOME", "PYTHONPATH")}
        bare["PATH"] = "/usr/bin:/bin"
        done = subprocess.run(
            ["/bin/sh", "-c", command], env=bare, timeout=120, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        self._printed = ""


def assert_shown(shown: str, printed: str) -> None:
    """Compare what a guide shows with what was printed, but for what `…` leaves out."""
    lines = [line.rstrip() for line in shown.splitlines()]
    pattern = "\n".join(
        r"(?:.*\n)*?.*" if line == "…" else re.escape(line).replace("…", ".*?") for line in lines
    )
    text = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())
    assert re.fullmatch(pattern, text), f"the guide shows\n{shown}\nprinted is\n{text}"


def _squeezed(text: str) -> str:
    """Without blanks, for JSON is set in a guide as it reads best."""
    return "".join(text.split())
