"""The same sweeps by `sweeps` and by what its users would use instead: whole processes, in turn, in one run.

    python benchmarks/peers.py [--rounds 3] [--workloads logistic,svc,gan,cnn,sleep] [--tools ray_tune,...] [--docs]

Medians of the rounds, and ours as a multiple of each; --docs writes the rows of docs/overhead.md. The other tools get
a score from each trial and no more. Of ours it also says when the first trial began, how long it took from the end of
the last one to the results on the screen, and from there to the prompt, with the report drawn.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml
from peer_workloads import WORKLOADS, Workload
from table import put_row

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "overhead.md"
TOOLS = {
    "ray_tune": "Ray Tune + OptunaSearch",
    "optuna": "Optuna `n_jobs=2`",
    "sklearn": "GridSearchCV or RandomizedSearchCV",
    "sklearn_intelex": "the same with intelex",
    "joblib": "joblib over configs",
}
WHAT = {
    "logistic": "60 logistic regressions, digits",
    "svc": "12 SVCs, 5,000 Fashion-MNIST images",
    "gan": "24 MLP GANs x 500 updates, digits",
    "cnn": "12 small CNNs x 150 updates, Fashion-MNIST",
    "sleep": "100 sleeps of 0.2 s",
}


@dataclass(frozen=True)
class Ours:
    """Seconds of a sweep of ours: the whole process, until the first trial began, its trials (from the start of the
    first to the end of the last), from there to the results on the screen, and from those to the prompt."""

    whole: float
    first: float
    trials: float
    results: float
    prompt: float


def ours(workload: Workload, folder: Path) -> Ours:
    spec = folder / "sweep.yaml"
    spec.write_text(yaml.safe_dump(workload.spec()))
    out = folder / "sweep"
    began, shown, lines = time.time(), 0.0, []
    command = [sys.executable, "-m", "sweeps.cli", "run", str(spec), "--out", str(out), "--wandb", "off"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            lines.append(line)
            shown = shown or (time.time() if ": next: " in line else 0.0)
    ended = time.time()
    if process.returncode or not shown:
        sys.exit(f"the run failed:\n{''.join(lines)[-4000:]}")
    table = pd.read_csv(out / "trials.csv")
    if (done := (table["status"] == "done").sum()) != workload.trials:
        sys.exit(f"{done} trials are done; {workload.trials} were asked for")
    first, last = table["started"].min(), table["ended"].max()
    return Ours(ended - began, first - began, last - first, shown - last, ended - shown)


def theirs(tool: str, workload: str, folder: Path) -> float:
    began = time.perf_counter()
    command = [sys.executable, str(HERE / "peer_tools.py"), tool, workload, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or "best " not in done.stdout:
        sys.exit(f"{tool} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return time.perf_counter() - began


def measured(name: str, tools: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """Seconds of each round by side, and of the phases of ours."""
    workload, seconds = WORKLOADS[name], dict[str, list[float]]()
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            own = ours(workload, Path(folder))
        for phase, value in vars(own).items():
            seconds.setdefault(phase, []).append(value)
        for tool in tools:
            if tool.startswith("sklearn") and workload.estimator is None:
                continue
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                seconds.setdefault(tool, []).append(theirs(tool, name, Path(folder)))
        print(name, json.dumps({side: round(times[-1], 1) for side, times in seconds.items()}), flush=True)
    return seconds


def compared(name: str, seconds: dict[str, list[float]]) -> list[str]:
    """The cells of a workload's row: medians, and in brackets ours as a multiple of the other's."""
    whole = statistics.median(seconds["whole"])
    cells = [WHAT[name], str(len(seconds["whole"])), f"{whole:.1f}"]
    for tool in TOOLS:
        times = seconds.get(tool)
        cells.append(f"{(median := statistics.median(times)):.1f} ({whole / median:.2f}x)" if times else "-")
    return cells


def phases(name: str, seconds: dict[str, list[float]]) -> list[str]:
    """The cells of a workload's row of what ours took when."""
    medians = (f"{statistics.median(seconds[phase]):.1f}" for phase in ("first", "trials", "results", "prompt"))
    return [WHAT[name], *medians]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workloads", default=",".join(WORKLOADS))
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--docs", action="store_true")
    arguments = parser.parse_args()
    tools = [tool for tool in arguments.tools.split(",") if tool]
    for name in arguments.workloads.split(","):
        seconds = measured(name, tools, arguments.rounds)
        rows = {"Beside other tools": compared(name, seconds), "Start and end": phases(name, seconds)}
        for heading, cells in rows.items():
            print(f"| {' | '.join(cells)} |", flush=True)
            if arguments.docs:
                put_row(PAGE, heading, cells)


if __name__ == "__main__":
    main()
