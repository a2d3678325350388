"""The members' real files end to end, as a whole process: seconds and peak memory.

Printed by `make bench` where `../shared/data` is there; the bars are 90 s and 1.5 GB on two cores.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"


def measure() -> dict[str, float] | None:
    """Run `hub demo --once` on the real files; None where they are not there."""
    if not DATA.is_dir():
        return None
    started = time.perf_counter()
    command = [sys.executable, "-m", "hub", "demo", "--once", "--json", "--data", str(DATA)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    feeds = json.loads(done.stdout.splitlines()[-1])["feeds"].values()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "seconds": seconds,
        "peak_megabytes": peak / 1000,
        "feeds": len(feeds),
        "rows": sum(feed["rows"] for feed in feeds),
    }
