"""What a trial costs that does nothing, the first and the last of many; the driver's memory; reading the results.

    python benchmarks/many_trials.py [--trials 2000] [--method random]

Milliseconds are wall clock from the end of one trial to the end of another, by the number of trials between, on two
slots. Peak memory is the driver's own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import psutil

from analysis.folder import load
from analysis.results import ENDED
from sweeps.results.ranking import by_metric

HERE = Path(__file__).resolve().parent
SOME = 100  # trials that the first and the last are


def driven(folder: Path, trials: int, method: str) -> int:
    """Run the sweep; the driver's peak memory in bytes."""
    words = [str(folder), str(trials), "0", "1", "off", method]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process, peak = subprocess.Popen([sys.executable, str(HERE / "sleeper.py"), *words], **quiet), 0
    driver = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            peak = max(peak, driver.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.2)
    if process.wait():
        sys.exit("the run failed")
    return peak


def each_ms(ends: pd.Series) -> float:
    """Milliseconds from one end to the next."""
    return 1000 * (ends.iloc[-1] - ends.iloc[0]) / (len(ends) - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--method", default="random")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        peak = driven(folder, arguments.trials, arguments.method)
        began = time.perf_counter()
        table = load(folder).trials
        loaded = time.perf_counter() - began
        by_metric(folder)
        ranked = time.perf_counter() - began - loaded
    ends = table[ENDED].sort_values()
    found = {
        "trials": len(table),
        "ms a trial": round(each_ms(ends), 1),
        f"of the first {SOME}": round(each_ms(ends[:SOME]), 1),
        f"of the last {SOME}": round(each_ms(ends[-SOME:]), 1),
        "driver's peak, MiB": round(peak / 2**20),
        "results load in, s": round(loaded, 2),
        "load and rank, s": round(ranked, 2),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
