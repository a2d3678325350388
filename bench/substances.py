"""`python -m bench.substances [DIR]`: the resolver on the gold set, by origin and by kind.

Two runs: with the whole register, and cross-validated by substance, where a fold's substances have
no Korean, Japanese or German names in the register. Nothing is fitted to the gold set in either.
"""

import csv
import hashlib
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from federation.members.alliance.compilation import load_reference
from federation.substances.resolver import Resolution, Resolver

FOLDS = 5
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
GOLD = Path("reference") / "substance_gold_dev.csv"
ORIGINS = ("KR", "US", "JP", "IN", "EU")
UNKNOWN = ("nosuchsubstance", "없는물질이름", "ソンナモノナイ")  # one a script
Row = dict[str, str]


@dataclass
class Outcome:
    """Answers to a set of texts.

    Attributes:
        answers: one for each row of the gold set, in its order.
        load_seconds: of processor time, for each register loaded.
        seconds: of processor time, to resolve all texts.
    """

    answers: list[tuple[Row, Resolution]] = field(default_factory=list)
    load_seconds: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, rows: Iterable[Row], data: Path, omitted: frozenset[str]) -> None:
        started = time.process_time()
        resolver = Resolver(load_reference(data, omitted.__contains__))
        for text in UNKNOWN:  # builds the indexes that are built on first need
            resolver.resolve(text, "")
        loaded = time.process_time()
        self.answers += [(row, resolver.resolve(row["native_text"], row["origin"])) for row in rows]
        self.seconds += time.process_time() - loaded
        self.load_seconds.append(loaded - started)

    @property
    def texts_per_second(self) -> float:
        return len(self.answers) / self.seconds

    def figures(self) -> dict[str, dict[str, float]]:
        """Precision, recall and number of texts by origin, by kind, by both, and of all."""
        counts: Counter[tuple[str, str]] = Counter()
        for row, answer in self.answers:
            said, truth = answer.inn, row["canonical_inn"]
            for group in ("all", row["origin"], row["kind"], f"{row['origin']} {row['kind']}"):
                counts[group, "texts"] += 1
                counts[group, "resolvable"] += truth != ""
                counts[group, "right"] += said is not None and said == truth
                counts[group, "answered"] += said is not None
        return {
            group: {
                "texts": counts[group, "texts"],
                "precision": share(counts[group, "right"], counts[group, "answered"]),
                "recall": share(counts[group, "right"], counts[group, "resolvable"]),
            }
            for group in sorted({group for group, _ in counts})
        }


def share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def read_gold(data: Path) -> list[Row]:
    with (data / GOLD).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def fold_of(row: Row) -> int:
    name = row["canonical_inn"] or row["native_text"]
    return hashlib.sha256(name.encode()).digest()[0] % FOLDS


def plain(data: Path) -> Outcome:
    """Resolve all with the whole register."""
    outcome = Outcome()
    outcome.add(read_gold(data), data, frozenset())
    return outcome


def cross_validated(data: Path) -> Outcome:
    """Resolve each fold with a register that lacks its substances' native names."""
    outcome = Outcome()
    gold = read_gold(data)
    for fold in range(FOLDS):
        rows = [row for row in gold if fold_of(row) == fold]
        omitted = frozenset(inn for row in rows for inn in row["canonical_inn"].split("+"))
        outcome.add(rows, data, omitted)
    return outcome


def show(title: str, outcome: Outcome) -> None:
    figures = outcome.figures()
    kinds = sorted({row["kind"] for row, _ in outcome.answers})
    table = Table("precision / recall", "all", *ORIGINS, title=title)
    for kind in ("", *kinds):
        groups = [kind or "all", *(f"{origin} {kind}".strip() for origin in ORIGINS)]
        cells = [cell(figures[group]) if group in figures else "" for group in groups]
        table.add_row(kind or "all", *cells)
    Console(width=120).print(table)
    speed, load = outcome.texts_per_second, statistics.median(outcome.load_seconds)
    print(f"{speed:,.0f} texts/s on one core; register loaded in {load:.1f} s")


def cell(figure: dict[str, float]) -> str:
    return f"{figure['precision']:.3f} / {figure['recall']:.3f} ({figure['texts']:.0f})"


def run(data: Path = DATA) -> dict[str, dict[str, dict[str, float]]]:
    """Print both tables and give their figures."""
    outcomes = {"plain": plain(data), "cross-validated": cross_validated(data)}
    for title, outcome in outcomes.items():
        show(f"substances, {title}", outcome)
    return {title: outcome.figures() for title, outcome in outcomes.items()}


if __name__ == "__main__":
    run(*map(Path, sys.argv[1:2]))
