"""The process that opens a workbook: a file can make calamine take all memory, or end the process.

Run by `workbook.py` as a script, with the bytes it may take; it knows nothing of the product. The
workbook comes by standard input. Each sheet goes out as a line of JSON, its name and its rows of
texts; or its name alone, where only names are asked for.
"""

import io
import resource
import sys
from datetime import date, datetime, time

import orjson
import python_calamine

UNREADABLE = 3
"""Exit status where standard error says why the workbook can't be read."""


def main(memory_bytes: int, cpu_seconds: int, *, names_only: bool) -> None:
    """Read standard input within the limits."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        content = io.BytesIO(sys.stdin.buffer.read())
        workbook = python_calamine.CalamineWorkbook.from_filelike(content)
        told = 0
        for name in workbook.sheet_names:
            line = orjson.dumps([name, [] if names_only else _rows(workbook, name)])
            told += len(line)
            if told > memory_bytes:
                raise MemoryError
            sys.stdout.buffer.write(line + b"\n")
    except python_calamine.CalamineError as error:
        sys.stderr.write(str(error))
        sys.exit(UNREADABLE)


def _rows(workbook: python_calamine.CalamineWorkbook, name: str) -> list[list[str]]:
    lines = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return [[_text(cell) for cell in line] for line in lines]


def _text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == time(0):
            return cell.date().isoformat()
        case datetime() | date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), names_only=sys.argv[3:] == ["names"])
