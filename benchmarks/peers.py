"""The same sweeps by `sweeps` and by what its users would use instead: whole processes, in turn, in one run.

    python benchmarks/peers.py [--rounds 3] [--workloads logistic,svc,gan,cnn,sleep] [--tools ray_tune,...] [--docs]

Medians of the rounds, and ours as a multiple of each; --docs writes the table of docs/overhead.md. The other tools get
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
from table import put_part

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
    if done.returncode or not done.stdout.startswith("best"):
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


def rows(table: dict[str, dict[str, list[float]]], tools: Sequence[str]) -> list[str]:
    """The table in Markdown: seconds, medians, and in brackets ours as a multiple of the other's."""
    lines = [
        f"| whole process, s | `sweeps` | {' | '.join(TOOLS[tool] for tool in tools)} |",
        "|---" * (len(tools) + 2) + "|",
    ]
    for name, seconds in table.items():
        whole = statistics.median(seconds["whole"])
        cells = [f"{whole:.1f}"]
        for tool in tools:
            times = seconds.get(tool)
            cells.append(f"{(t := statistics.median(times)):.1f} ({whole / t:.2f}x)" if times else "-")
        lines.append(f"| {WHAT[name]} | {' | '.join(cells)} |")
    lines += [
        "",
        "| of ours, s | first trial after | trials | last trial to results | results to prompt, with the report |",
        "|---" * 5 + "|",
    ]
    for name, seconds in table.items():
        phases = (f"{statistics.median(seconds[phase]):.1f}" for phase in ("first", "trials", "results", "prompt"))
        lines.append(f"| {WHAT[name]} | {' | '.join(phases)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workloads", default=",".join(WORKLOADS))
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--docs", action="store_true")
    arguments = parser.parse_args()
    tools = [tool for tool in arguments.tools.split(",") if tool]
    table = {name: measured(name, tools, arguments.rounds) for name in arguments.workloads.split(",")}
    text = "\n".join(rows(table, tools))
    print(text)
    if arguments.docs:
        put_part(PAGE, "peers", text + "\n")


if __name__ == "__main__":
    main()
