"""What a trial costs that is a program, beyond its own start: one that logs ten rows and sleeps a tenth of a second.

    python benchmarks/programs.py [--trials 200] [--wandb-trials 40]

Seconds a trial has its slot, of two, from the end of the first trial to that of the last; beside the same program
started twice at once by nobody but this script. Each with rows as lines of JSON, and with wandb offline.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from analysis.folder import load
from analysis.results import DONE, ENDED, STATUS
from basics.cpus import usable_cpus

ROWS = "for step in range(10):\n    LOG({'loss': 1 / (step + 1)})\n"
LINES = "import sys, time\nfrom sweeps.report import report\n" + ROWS.replace("LOG", "report") + "time.sleep(0.1)\n"
WANDB = "import time\nimport wandb\nwandb.init()\n" + ROWS.replace("LOG", "wandb.log") + "time.sleep(0.1)\n"
SPEC = {
    "program": "train.py",
    "method": "random",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"lr": {"min": 0.0, "max": 1.0}},
    "command": ["${interpreter}", "${program}"],
    "resources": {"cpu": 1},
}


def swept(folder: Path, trials: int, wandb: str) -> float:
    """Seconds a trial of a sweep has its slot."""
    (folder / "sweep.yaml").write_text(yaml.safe_dump(SPEC | {"run_cap": trials}))
    words = ["run", "sweep.yaml", "--out", "it", "--wandb", wandb, "--no-report"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([sys.executable, "-m", "sweeps.cli", *words], cwd=folder, check=True, **quiet)
    table = load(folder / "it").trials
    assert set(table[STATUS]) == {DONE}, table[STATUS].value_counts()
    return each(list(table[ENDED]))


def alone(folder: Path, trials: int, environment: Mapping[str, str]) -> float:
    """The same of the program by itself."""

    def start(number: int) -> float:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        own = {**os.environ, **environment, "WANDB_RUN_ID": f"alone-{number}", "WANDB_DIR": str(folder)}
        subprocess.run([sys.executable, "train.py"], cwd=folder, env=own, check=True, **quiet)
        return time.time()

    with ThreadPoolExecutor(usable_cpus()) as pool:
        return each(list(pool.map(start, range(trials))))


def each(ends: list[float]) -> float:
    """Seconds from one end to the next in the same slot."""
    return usable_cpus() * (max(ends) - min(ends)) / (len(ends) - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--wandb-trials", type=int, default=40)
    arguments = parser.parse_args()
    print(f"| on {usable_cpus()} CPUs, seconds a trial | trials | in a sweep | by itself | more |")
    print("|---|---|---|---|---|")
    numbers = (arguments.trials, arguments.wandb_trials)
    kinds = (("lines of JSON", LINES, "off", numbers[0]), ("wandb, offline", WANDB, "offline", numbers[1]))
    for name, program, mode, trials in kinds:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
            folder = Path(place)
            (folder / "train.py").write_text(program)
            variables = {"SWEEPS_METRICS": str(folder / "rows.jsonl"), "WANDB_MODE": "offline", "WANDB_SILENT": "true"}
            bare, ours = alone(folder, min(trials, 40), variables), swept(folder, trials, mode)
            print(f"| {name} | {trials} | {ours:.2f} | {bare:.2f} | {ours - bare:.2f} |", flush=True)


if __name__ == "__main__":
    main()
