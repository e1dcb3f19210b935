"""Whether every slot works: sweeps of 60 short trials, the share of each worker, and what a worker's death costs.

    python benchmarks/slots.py [--sweeps 20] [--slots 2] [--kill]

A slot works if its worker has at least four fifths of its share of the trials. With --kill a worker is killed in the
middle of each sweep, and what is said is how long it took until a new one had begun a trial.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
TRIALS, SECONDS = 60, 0.2


def sweep(folder: Path, slots: int, kill: bool) -> tuple[pd.DataFrame, float]:
    """The trials of one sweep, and when one of its workers was killed, in seconds since 1970 (0 if none was).

    The slots are logical: each is a part of one of the two CPUs, for what runs on them only sleeps.
    """
    seconds = SECONDS * (4 if kill else 1)  # long enough to see a new worker start
    words = [str(folder), str(TRIALS), str(seconds), "1", "off", "random", str(2 / slots)]
    process = subprocess.Popen([sys.executable, str(HERE / "sleeper.py"), *words], stdout=subprocess.DEVNULL)
    killed = _killed(folder, process) if kill else 0.0
    if process.wait():
        sys.exit("the run failed")
    return pd.read_csv(folder / "trials.csv"), killed


def _killed(folder: Path, process: subprocess.Popen[bytes]) -> float:
    """Kill the worker of the first row when a sixth of the rows is there."""
    rows = folder / "results.jsonl"
    while process.poll() is None and (not rows.exists() or rows.read_text().count("\n") < TRIALS // 6):
        time.sleep(0.05)
    worker = str(pd.read_csv(folder / "trials.csv")["worker"].dropna().iloc[0])
    os.kill(int(worker.split(":")[1]), signal.SIGKILL)
    return time.time()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeps", type=int, default=20)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--kill", action="store_true")
    arguments = parser.parse_args()
    work, again = [], []
    for number in range(arguments.sweeps):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            trials, killed = sweep(Path(folder), arguments.slots, arguments.kill)
        shares = Counter(trials["worker"])
        if arguments.kill:
            before = set(trials[trials["started"] < killed]["worker"])
            again.append(trials[~trials["worker"].isin(before)]["started"].min() - killed)
            print(f"sweep {number + 1}: {sorted(shares.values())}, a new worker after {again[-1]:.1f} s", flush=True)
        else:
            least = 0.8 * TRIALS / arguments.slots
            work.append(len(shares) == arguments.slots and min(shares.values()) >= least)
            print(f"sweep {number + 1}: {sorted(shares.values())}", flush=True)
    said = {"a new worker after": statistics.median(again)} if again else {"every slot worked": sum(work)}
    print(json.dumps({"sweeps": arguments.sweeps, "slots": arguments.slots} | said))


if __name__ == "__main__":
    main()
