"""What feeding W&B costs a sweep: 100 trials of 2 s and 10 steps each with and without it, in turn in one run.

    python benchmarks/tracking.py [--trials 100] [--repeats 3] [--online]

Each sweep is a whole process on two slots. Its trials sleep, so that its time does not depend on what else the
machine does; what the process that feeds W&B takes of the CPU, its children included, is measured beside it, since
trials that compute would share it. --online adds sweeps that are online at the tests' server, here on this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent
SECONDS, STEPS, SLOTS = 2.0, 10, 2


def measure(mode: str, trials: int) -> dict[str, float]:
    """Seconds: of the whole process, inside of it while trials ran, and of the CPU by the feed."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [sys.executable, str(HERE / "sleeper.py"), folder, *map(str, (trials, SECONDS, STEPS)), mode]
        start, used = time.perf_counter(), dict[psutil.Process, float]()
        with (Path(folder) / "said").open("w+b") as said:
            process = subprocess.Popen(command, stdout=said, stderr=said, env=_environment(folder))
            while process.poll() is None:
                used |= dict(_cpu_of_feed(process.pid))
                time.sleep(0.5)
            whole = time.perf_counter() - start
            said.seek(0)
            lines = said.read().decode(errors="replace").splitlines()
    inside = [line.split()[1] for line in lines if line.startswith("inside")]
    if not inside or f"done {trials}" not in lines:
        sys.exit("the run failed:\n" + "\n".join(lines[-40:]))
    return {"whole": whole, "inside": float(inside[0]), "cpu": sum(used.values())}


def _environment(home: str) -> dict[str, str]:
    """Nobody's account and no settings of W&B but those that `_serving` made."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith("WANDB_") or k in ("WANDB_BASE_URL", "WANDB_API_KEY")
    }
    return {**kept, "NETRC": f"{home}/netrc"}


def _cpu_of_feed(driver: int) -> Iterator[tuple[psutil.Process, float]]:
    """Seconds of the CPU so far: of the process that feeds W&B, and of wandb's own service below it."""
    with suppress(psutil.Error):
        for child in psutil.Process(driver).children():
            if "sweeps.tracking.feed.main" in child.cmdline():
                for part in (child, *child.children(recursive=True)):
                    times = part.cpu_times()
                    yield part, times.user + times.system


@contextmanager
def _logged_in() -> Iterator[None]:
    """Logged in at the tests' server."""
    sys.path.insert(0, str(HERE.parent / "tests"))
    from wandb_server import Accepting, serving

    with serving(Accepting()) as address:
        os.environ |= {"WANDB_BASE_URL": address, "WANDB_API_KEY": "0123456789abcdef" * 3}
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--online", action="store_true")
    arguments = parser.parse_args()
    modes = ["off", "offline", *(["online"] if arguments.online else [])]
    rounds = []
    with _logged_in() if arguments.online else nullcontext():
        for repeat in range(arguments.repeats):
            times = {mode: measure(mode, arguments.trials) for mode in modes}
            rounds.append(times)
            each = (f"{m} {t['whole']:.1f} s ({t['inside']:.1f} inside, feed {t['cpu']:.1f})" for m, t in times.items())
            print(f"run {repeat + 1}: {', '.join(each)}", flush=True)
    ideal = arguments.trials * SECONDS / SLOTS
    print(json.dumps({"ideal": ideal, "median ratio to off": {mode: _ratios(rounds, mode) for mode in modes[1:]}}))


def _ratios(rounds: Sequence[Mapping[str, Mapping[str, float]]], mode: str) -> dict[str, float]:
    sides = ("whole", "inside")
    return {side: statistics.median(times[mode][side] / times["off"][side] for times in rounds) for side in sides}


if __name__ == "__main__":
    main()
