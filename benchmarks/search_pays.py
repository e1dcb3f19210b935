"""What steering a search brings over drawing at random, with real training: docs/search.md.

    python benchmarks/search_pays.py --part stopping   [--seeds 5] [--page docs/search.md]
    python benchmarks/search_pays.py --part healthy    [--seeds 5] [--page docs/search.md]
    python benchmarks/search_pays.py --part population [--seeds 5] [--page docs/search.md]

The sweep's own driver, search, rules and judge run here in one process, without Ray: trials take turns by steps, one at
a time. Seconds are of a CPU and of training alone, so that other work on the machine does not count. Fashion-MNIST is
read from SWEEPS_DATA, or from where `sweeps` keeps it.
"""

from __future__ import annotations

import logging
import math
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import optuna
import torch
from table import print_part

from analysis.results import PARENT, SECONDS, STEP, TRIAL
from analysis.rows import Row
from sweeps.driver.sweep import Sweep
from sweeps.evaluation.evaluator import Evaluator
from sweeps.evaluation.extractors import RealFeatures, real_features_of
from sweeps.search.search import Search
from sweeps.spec import Spec, load_spec
from sweeps.store.sweep_folder import Store
from sweeps.worker.messages import Attachment, Report, Work
from sweeps.worker.replicates import merged
from sweeps.worker.running import Running, floats
from trainables import find_model
from trainables.data import Dataset, Split, load_dataset

HELD_OUT = 1000  # images, on which every step is measured


@dataclass
class Run:
    """A sweep in this process: its rows so far, and the CPU seconds that training had taken by each of them."""

    spec: Spec
    data: Dataset
    real_features: RealFeatures | None = None
    rows: list[Row] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._evaluator = Evaluator(self.data, *self.spec.metric.names, real_features=self.real_features)

    def _measured(self, running: Running) -> dict[str, Any]:
        """What the sweep is told of a model: of a classifier no more than is searched for, as it is asked so often."""
        model, [history] = running.models[0], running.histories
        if self.spec.metric.name == "val/accuracy":
            return {"val/accuracy": float((model.predict(self.data.val.x) == self.data.val.y).mean())}  # type: ignore[attr-defined]
        return self._evaluator.row(model, running.data.train, last=False, history=history)

    def until(self, over: Callable[[Run], bool] = lambda run: False) -> Run:
        """Run the sweep to its end, or until `over` says so."""
        with tempfile.TemporaryDirectory() as folder:
            search = Search(self.spec, None)
            sweep = Sweep(self.spec, search, Store(Path(folder), self.spec.metric, needs=search.needs), [])
            running: list[Running] = []
            while not sweep.over and not over(self):
                if not running:
                    running = [self._begun(sweep, work) for work in sweep.hand_out(1)]
                running = [trial for trial in running if not self._ended(sweep, trial)]
        return self

    @property
    def trials(self) -> int:
        return len({row.trial for row in self.rows})

    @property
    def spent(self) -> float:
        return self.seconds[-1] if self.seconds else 0.0

    def best(self, name: str, choose: Callable[..., float] = max) -> float:
        return choose((row.numbers[name] for row in self.rows if name in row.numbers), default=-math.inf)

    @property
    def winner(self) -> Row:
        """The step that the sweep would name best."""
        metric, found = self.spec.metric, {}
        for row in self.rows:
            found[row.trial] = metric.best_step(found.get(row.trial), row)
        steps = {(row.trial, row.step): row for row in self.rows}
        known = {trial: best for trial, best in found.items() if best is not None}
        trial = next(iter(known))
        for other in known:
            trial = other if known[other].better(known[trial], metric.goal) else trial
        return steps[trial, known[trial].step]

    def _begun(self, sweep: Sweep, work: Work) -> Running:
        state = sweep.checkpoint(work.trial) if work.resumed or work.parent else None
        running = Running(work, find_model(self.spec.model), self.data, "cpu", state)
        running.start()
        return running

    def _ended(self, sweep: Sweep, running: Running) -> bool:
        """Train one trial for one step and tell the sweep; whether the trial is over."""
        report, before = Report(running.work.trial, "cpu"), time.process_time()
        try:
            running.advance()
            self.seconds.append(self.spent + time.process_time() - before)
            report.row, report.finished = self._row(running), running.finished
            self.rows.append(report.row)
        except ArithmeticError as error:  # diverged
            report.failed = f"diverged: {error}"
        ending = sweep.reported(report)
        if report.row is not None and running.work.keep:
            kept = Attachment(report.trial, running.step, "checkpoint", "state", running.checkpoint())
            sweep.keep(kept)
            sweep.kept(kept)
        if ending is not None:
            sweep.end(report.trial, ending)
        return ending is not None

    def _row(self, running: Running) -> Row:
        found = self._measured(running)
        words = {name: found.pop(name) for name in [*found] if "/" not in name}
        running.rows = [floats({**running.trained[0], **found}, running.step)]
        ran = {TRIAL: running.work.trial, STEP: running.step, SECONDS: round(running.seconds, 3)}
        return Row.of(merged([running.rows[0] | words]) | ran | {PARENT: running.work.parent})


@cache
def data_of(dataset: str, train: int) -> Dataset:
    folder = os.environ.get("SWEEPS_DATA")
    data = load_dataset(dataset, data_dir=Path(folder) if folder else None, train_size=train)
    return replace(data, val=Split(data.val.x[:HELD_OUT], data.val.y[:HELD_OUT]))


def fashion(model: str, seed: int, **lines: Any) -> Run:
    shared = {"dataset": "fashion_mnist", "metric": {"name": "val/accuracy", "goal": "maximize"}, "seed": seed}
    return Run(load_spec({"model": model, "default_first": False, **shared, **lines}), data_of("fashion_mnist", 2000))


CNN: Mapping[str, Any] = {
    "updates": {"value": 270},
    "updates_per_step": {"value": 30},
    "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.3},
    "channels_1": {"distribution": "int_log_uniform_values", "min": 4, "max": 16},
    "channels_2": {"distribution": "int_log_uniform_values", "min": 4, "max": 32},
    "hidden": {"distribution": "int_log_uniform_values", "min": 16, "max": 128},
    "dropout": {"min": 0.0, "max": 0.6},
    "weight_decay": {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.3},
}
DRAWN = 30  # trials at random, each to its end


def stopping(seeds: int) -> Iterator[str]:
    """Rows: what random search came to, and when `tpe` with hyperband had come to it."""
    yield "| seed | random: best | its seconds | `tpe` with hyperband reaches it after | trials | of the seconds |"
    yield "|---|---|---|---|---|---|"
    shares = []
    for seed in range(seeds):
        random = fashion("cnn", seed, method="random", run_cap=DRAWN, parameters=CNN).until()
        aim = random.best("val/accuracy")
        rule = {"type": "hyperband", "min_iter": 1, "eta": 3}
        steered = fashion("cnn", seed, method="tpe", run_cap=10 * DRAWN, parameters=CNN, early_terminate=rule).until(
            lambda run, aim=aim, most=random.spent: run.best("val/accuracy") >= aim or run.spent > most  # type: ignore[misc]
        )
        reached = steered.best("val/accuracy") >= aim
        shares.append(steered.spent / random.spent if reached else math.inf)
        when = f"{steered.spent:.0f} s" if reached else f"not within {random.spent:.0f} s"
        share = f"{shares[-1]:.0%}" if reached else "over 100%"
        yield f"| {seed} | {aim:.3f} | {random.spent:.0f} | {when} | {steered.trials} | {share} |"
    yield f"| median | | | | | {statistics.median(shares):.0%} |"


GAN: Mapping[str, Any] = {
    "updates": {"value": 600},
    "updates_per_step": {"value": 300},
    "latent_dim": {"values": [2, 8, 32]},
    "lr_g": {"distribution": "log_uniform_values", "min": 1e-4, "max": 0.03},
    "lr_d": {"distribution": "log_uniform_values", "min": 1e-4, "max": 0.03},
    "g_width_1": {"distribution": "int_log_uniform_values", "min": 16, "max": 128},
    "d_width_1": {"distribution": "int_log_uniform_values", "min": 16, "max": 128},
    "g_depth": {"value": 1},
    "d_depth": {"value": 1},
    "d_steps": {"values": [1, 2, 4]},
    "g_steps": {"values": [1, 2, 4]},
}
FRECHET = {"name": "gen/frechet", "goal": "minimize"}
AIMS: Mapping[str, Mapping[str, Any]] = {
    "`gen/frechet` alone": {"metric": FRECHET},
    "`gen/frechet`, constraint `gen/severity` at most 0.5": {
        "metric": FRECHET,
        "constraint": {"name": "gen/severity", "max": 0.5},
    },
    "`gen/severity`": {"metric": {"name": "gen/severity", "goal": "minimize"}},
}
GANS = 20  # trials


def healthy(seeds: int) -> Iterator[str]:
    """Rows: what is searched for, and in how many seeds the winner's samples were judged healthy."""
    yield "| objective | winners that are healthy | their Fréchet distance, median | healthy trials, median |"
    yield "|---|---|---|---|"
    data = data_of("digits", 1000)
    real = real_features_of(data)
    for name, aim in AIMS.items():
        runs = []
        for seed in range(seeds):
            lines = {"model": "gan", "dataset": "digits", "method": "tpe", "run_cap": GANS, "seed": seed}
            spec = load_spec({**lines, **aim, "default_first": False, "parameters": GAN})
            runs.append(Run(spec, data, real).until())
        winners = [run.winner for run in runs]
        good = sum(row.verdict == "healthy" for row in winners)
        distance = statistics.median(row.numbers["gen/frechet"] for row in winners)
        many = statistics.median(len({r.trial for r in run.rows if r.verdict == "healthy"}) for run in runs)
        yield f"| {name} | {good} of {seeds} | {distance:.2f} | {many:g} of {GANS} |"


MLP: Mapping[str, Any] = {
    "depth": {"value": 2},
    "width_1": {"value": 64},
    "width_2": {"value": 64},
    "updates": {"value": 400},
    "updates_per_step": {"value": 40},
    "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.3},
    "dropout": {"min": 0.0, "max": 0.7},
    "weight_decay": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0},
}
MEMBERS, GENERATIONS = 8, 10


def population(seeds: int) -> Iterator[str]:
    """Rows: the best that a population came to, and that random search came to in the same seconds."""
    yield "| seed | population of 8: best | its seconds | random: best in as many | its trials |"
    yield "|---|---|---|---|---|"
    both = []
    for seed in range(seeds):
        lines = {"budget": {"steps": GENERATIONS}, "parameters": MLP}
        sampler = {"population": MEMBERS, "interval": 1}
        cap = MEMBERS * GENERATIONS
        bred = fashion("mlp", seed, method="pbt", sampler=sampler, run_cap=cap, **lines).until()
        drawn = fashion("mlp", seed, method="random", run_cap=1000, **lines).until(
            lambda run, most=bred.spent: run.spent >= most  # type: ignore[misc]
        )
        both.append((bred.best("val/accuracy"), drawn.best("val/accuracy")))
        yield f"| {seed} | {both[-1][0]:.3f} | {bred.spent:.0f} | {both[-1][1]:.3f} | {drawn.trials} |"
    bests = [statistics.median(side) for side in zip(*both, strict=True)]
    yield f"| median | {bests[0]:.3f} | | {bests[1]:.3f} | |"


PARTS = {"stopping": stopping, "healthy": healthy, "population": population}


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("sweeps").setLevel(logging.ERROR)
    torch.set_num_threads(1)
    print_part(__doc__, "search", PARTS)


if __name__ == "__main__":
    main()
