"""What a report costs: time and memory of `sweeps report` on a large sweep, size of the page of one with samples.

    python benchmarks/report.py [--trials 10000] [--steps 100] [--sampled 200]

Both sweeps are made up in the format that a killed one leaves, with the search's journal and nothing computed from it
yet: the first has `--trials` GANs with ten metrics at each of `--steps` steps (one in three is stopped early), the
second `--sampled` GANs with grids of 64 samples of 28 x 28 pixels at ten steps, of which half are noise, which no
format makes small. The report is a process of its own, timed whole.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import yaml
from numpy.typing import NDArray
from optuna.distributions import FloatDistribution, distribution_to_json
from optuna.trial import TrialState

from analysis.media import encode_grid
from analysis.results import trial_name
from sweeps.search.optuna_internals import JournalOperation

SECONDS, GIBIBYTES, MEGABYTES = 60.0, 4.0, 15.0  # what a report may take
OBJECTIVE = "gen/frechet"
SPEC: dict[str, Any] = {
    "name": "made_up",
    "model": "gan",
    "dataset": "fashion_mnist",
    "method": "random",
    "metric": {"name": OBJECTIVE, "goal": "minimize"},
    "parameters": {
        "lr_g": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-1},
        "lr_d": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-1},
        "latent_dim": {"values": [8, 16, 32, 64]},
        "g_width_1": {"min": 32, "max": 512},
        "d_width_1": {"min": 32, "max": 512},
    },
}
METRICS = (OBJECTIVE, "gen/mean_image_error", "gen/pixel_diversity", "train/loss_g", "train/loss_d")
METRICS = (*METRICS, "train/d_real", "train/d_fake", "train/d_accuracy", "train/grad_norm_g", "train/grad_norm_d")
VERDICTS = ("healthy", "mode_collapse", "noise", "discriminator_wins")
MEDIA_STEPS = 10
MOMENT = "2026-01-01T00:00:00+00:00"


def make_sweep(folder: Path, trials: int, steps: int) -> None:
    """A sweep's folder without media."""
    folder.mkdir(parents=True)
    (folder / "spec.yaml").write_text(yaml.safe_dump(SPEC, sort_keys=False))
    (folder / "manifest.json").write_text("{}")
    rng = np.random.default_rng(0)
    lines = [_trial(rng, number, steps) for number in range(trials)]
    with (folder / "trials.csv").open("w", newline="") as table:
        writer = csv.DictWriter(table, lines[0])
        writer.writeheader()
        writer.writerows(lines)
    with (folder / "results.jsonl").open("w") as rows, (folder / "optuna.journal").open("w") as journal:
        _log(journal, op_code=JournalOperation.CREATE_STUDY, study_name="made_up", directions=[1])
        for number, line in enumerate(lines):
            reported = list(_rows(rng, line))
            rows.writelines(json.dumps(row) + "\n" for row in reported)
            _log_trial(journal, number, line, reported)


def _trial(rng: np.random.Generator, number: int, steps: int) -> dict[str, object]:
    stopped = bool(rng.random() < 1 / 3)
    taken = steps if not stopped else max(1, steps // 3)
    return {
        "trial": trial_name(number),
        "status": "stopped" if stopped else "done",
        "reason": "worse than the best third" if stopped else "",
        "verdict": VERDICTS[int(rng.integers(len(VERDICTS)))],
        "evidence": "3 of 10 classes cover 97 % of 2,000 samples",
        "steps": taken,
        "seconds": 0.5 * taken,
        "device": "cpu",
        "config/lr_g": float(10 ** rng.uniform(-5, -1)),
        "config/lr_d": float(10 ** rng.uniform(-5, -1)),
        "config/latent_dim": int(rng.choice([8, 16, 32, 64])),
        "config/g_width_1": int(rng.integers(32, 513)),
        "config/d_width_1": int(rng.integers(32, 513)),
    }


def _rows(rng: np.random.Generator, trial: dict[str, object]) -> Iterator[dict[str, object]]:
    ratio = abs(math.log(float(str(trial["config/lr_g"])) / float(str(trial["config/lr_d"]))))
    taken = int(str(trial["steps"]))
    values = rng.random((taken, len(METRICS))) + ratio / np.arange(1, taken + 1)[:, None]
    for step, line in enumerate(values.tolist(), start=1):
        yield {"trial": trial["trial"], "step": step, "seconds": 0.5 * step, **dict(zip(METRICS, line, strict=True))}


def _log_trial(journal: TextIO, number: int, trial: dict[str, object], rows: list[dict[str, object]]) -> None:
    """What Optuna writes of a trial: a line for each parameter, each step and its end."""
    _log(journal, op_code=JournalOperation.CREATE_TRIAL, study_id=0, datetime_start=MOMENT)
    for name in SPEC["parameters"]:
        value = float(str(trial[f"config/{name}"]))
        distribution = distribution_to_json(FloatDistribution(0, 1024))
        given = {"param_name": name, "param_value_internal": value, "distribution": distribution}
        _log(journal, op_code=JournalOperation.SET_TRIAL_PARAM, trial_id=number, **given)
    for row in rows:
        given = {"step": row["step"], "intermediate_value": row[OBJECTIVE]}
        _log(journal, op_code=JournalOperation.SET_TRIAL_INTERMEDIATE_VALUE, trial_id=number, **given)
    state = TrialState.COMPLETE if trial["status"] == "done" else TrialState.PRUNED
    given = {"state": state, "values": [rows[-1][OBJECTIVE]], "datetime_complete": MOMENT}
    _log(journal, op_code=JournalOperation.SET_TRIAL_STATE_VALUES, trial_id=number, **given)


def _log(journal: TextIO, **operation: object) -> None:
    journal.write(json.dumps({"worker_id": "made-up", **operation}) + "\n")


def add_samples(folder: Path, trials: int) -> None:
    """Grids of 64 samples at ten steps of each trial."""
    rng = np.random.default_rng(0)
    for number in range(trials):
        media = folder / "media" / trial_name(number)
        media.mkdir(parents=True)
        grid = encode_grid(_images(rng, noise=number % 2 == 0))
        for step in range(1, MEDIA_STEPS + 1):
            (media / f"{step:06d}_samples.png").write_bytes(grid)


def _images(rng: np.random.Generator, *, noise: bool) -> NDArray[np.float64]:
    """64 images, (64, 1, 28, 28) in [-1, 1]: noise, or a soft ellipse each."""
    if noise:
        return rng.uniform(-1, 1, (64, 1, 28, 28))
    y, x = np.mgrid[-1:1:28j, -1:1:28j]
    widths = rng.uniform(0.2, 0.9, (64, 2, 1, 1))
    ellipses: NDArray[np.float64] = 2 * np.exp(-(((x / widths[:, :1]) ** 2 + (y / widths[:, 1:]) ** 2) ** 3)) - 1
    return ellipses


def measure(folder: Path) -> dict[str, float]:
    """Seconds, CPU seconds and peak GiB of `sweeps report`, and the page's MB."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "sweeps.cli", "report", str(folder)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        sys.exit(f"the report failed with status {status}")
    return {
        "seconds": round(wall, 1),
        "cpu seconds": round(used.ru_utime + used.ru_stime, 1),
        "GiB": round(used.ru_maxrss / 2**20, 2),
        "MB": round((folder / "report.html").stat().st_size / 1e6, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--sampled", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        large, sampled = Path(folder) / "large", Path(folder) / "sampled"
        make_sweep(large, arguments.trials, arguments.steps)
        make_sweep(sampled, arguments.sampled, MEDIA_STEPS)
        add_samples(sampled, arguments.sampled)
        cost, page = measure(large), measure(sampled)
    print(json.dumps({f"{arguments.trials} x {arguments.steps}": cost, f"{arguments.sampled} with samples": page}))
    if cost["seconds"] > SECONDS or cost["GiB"] > GIBIBYTES or page["MB"] > MEGABYTES:
        sys.exit(f"more than {SECONDS:g} s, {GIBIBYTES:g} GiB or {MEGABYTES:g} MB")


if __name__ == "__main__":
    main()
