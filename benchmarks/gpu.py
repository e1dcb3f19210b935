"""Trials per hour on one device: of one process, of several that share it, and of models trained as one array.

    python benchmarks/gpu.py --checks --docs         # `make gpu`: every model on the device, then the tables
    python benchmarks/gpu.py --device cpu            # two processes, groups of 8

Each figure is of processes of its own, timed after all of them are ready, while none of the others runs. A trial is the
default number of updates of its model; its evaluation is left out, being the same in all cases. Needs no Ray and no
network: the data is scikit-learn's digits.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the checkout's, if it is not installed

from trainables import MODELS
from trainables.data import load_dataset
from trainables.fused import Fused, Programs

PAGE = Path(__file__).resolve().parents[1] / "docs" / "fused.md"
INTERVAL = 20  # updates
MIB = 2**20


@dataclass(frozen=True)
class Workload:
    """A model, and how many of it are fused on a GPU."""

    model: str
    config: Mapping[str, Any] = field(default_factory=dict)
    fused: int = 32

    def build(self, seed: int, device: str) -> Any:
        config = {**self.config, "updates": 10**6, "updates_per_step": INTERVAL}
        return MODELS[self.model].build(config, load_dataset("digits"), seed=seed, device=device)

    @property
    def updates(self) -> int:
        """Of a trial."""
        return int({**MODELS[self.model].defaults(), **self.config}["updates"])


NARROW_GAN = {f"{net}_width_{layer}": 32 for net in "gd" for layer in (1, 2)}
WORKLOADS = {
    "MLP GAN of width 32": Workload("gan", NARROW_GAN, 64),
    "MLP GAN": Workload("gan", {}, 64),
    "DCGAN": Workload("dcgan"),
    "MLP of width 32": Workload("mlp", {"width_1": 32, "width_2": 32}, 64),
    "MLP": Workload("mlp", {}, 64),
    "CNN": Workload("cnn"),
    "VAE": Workload("vae", {}, 64),
}


@dataclass(frozen=True)
class Figure:
    """What processes that run at the same time come to: trials an hour of all, bytes a model."""

    trials: float
    memory: float


def worked(name: str, members: int, device: str, seconds: float, ready: Barrier, out: Any) -> None:
    """A process: train `members` models for a while; send updates a second of all, and the peak of memory."""
    torch.set_num_threads(1)
    workload, programs = WORKLOADS[name], Programs(traced_after=2)
    models = [workload.build(seed, device) for seed in range(members)]
    group = Fused(models, programs)
    group.step()
    ready.wait()
    began, intervals = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        group.step()
        intervals += 1
    took = time.perf_counter() - began
    peak = torch.cuda.max_memory_allocated() if device == "cuda" else _resident()
    out.put((members * intervals * INTERVAL / took, peak))


def measured(name: str, processes: int, members: int, device: str, seconds: float) -> Figure:
    """`processes` at a time, each with a group of `members`."""
    context = multiprocessing.get_context("spawn")
    ready, out = context.Barrier(processes), context.Queue()
    given = (name, members, device, seconds, ready, out)
    started = [context.Process(target=worked, args=given) for _ in range(processes)]
    for process in started:
        process.start()
    found = [out.get(timeout=300) for _ in started]
    for process in started:
        process.join()
    trials = 3600 * sum(rate for rate, _ in found) / WORKLOADS[name].updates
    return Figure(trials, sum(peak for _, peak in found) / (processes * members))


def table(names: Sequence[str], device: str, seconds: float, members: int | None) -> list[list[str]]:
    """A row for each workload: trials an hour in each way, as multiples, and memory."""
    rows, sharing = [], 2 if device == "cpu" else 8
    for name in names:
        group = members or (8 if device == "cpu" else WORKLOADS[name].fused)
        one, shared = (measured(name, n, 1, device, seconds) for n in (1, sharing))
        # As many members in all; on a CPU a process for each core, as a sweep has them.
        fused = (
            measured(name, 2, group // 2, device, seconds)
            if device == "cpu"
            else measured(name, 1, group, device, seconds)
        )
        cells = [f"{figure.trials:,.0f}" for figure in (one, shared, fused)]
        gains = [f"{fused.trials / one.trials:.1f}x", f"{fused.trials / shared.trials:.2f}x"]
        memory = [f"{figure.memory / MIB:.1f}" for figure in (one, fused)]
        rows.append([name, str(group), *cells, *gains, *memory])
        print(" | ".join(rows[-1]), flush=True)
    return rows


def check(name: str, device: str) -> str:
    """Train, resume, ask and judge a model on the device; what it came to in a line."""
    data, evaluator = judged()
    short = {n: v for n, v in {"updates": 6, "updates_per_step": 3}.items() if n in MODELS[name].defaults()}
    model: Any = MODELS[name].build(short, data, seed=0, device=device)
    resumed: Any = MODELS[name].build(short, data, seed=0, device=device)
    model.step()
    resumed.load_state(model.state())
    row, again = (each.step() if not each.finished else {} for each in (model, resumed))
    for quantity, value in row.items():
        assert abs(value - again[quantity]) <= 1e-3 * max(1, abs(value)), (name, quantity, value, again[quantity])
    found = evaluator.row(model, last=False)
    return (
        f"{name}: {len(row)} quantities of training, {len(found)} of evaluation, {found.get('verdict', 'no samples')}"
    )


@cache
def judged() -> tuple[Any, Any]:
    """Data, and what judges models on it: made once."""
    from sweeps.evaluation.evaluator import Evaluator
    from sweeps.evaluation.extractors import real_features_of

    data = load_dataset("digits", train_size=500)
    return data, Evaluator(data, real_features=real_features_of(data))


def _resident() -> int:
    """Peak memory of this process, bytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"any of {', '.join(WORKLOADS)}")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--seconds", type=float, default=6.0, help="that each figure is timed for")
    parser.add_argument("--members", type=int, help="of a group")
    parser.add_argument("--checks", action="store_true", help="run every model on the device before")
    parser.add_argument("--docs", action="store_true", help="write the table of docs/fused.md")
    given = parser.parse_args()
    if given.device == "cuda" and not torch.cuda.is_available():
        parser.error("no GPU that torch can use; valid here: --device cpu")
    if unknown := set(given.workloads) - set(WORKLOADS):
        parser.error(f"unknown: {', '.join(unknown)}; valid: {', '.join(WORKLOADS)}")
    for name in MODELS if given.checks else ():
        print(check(name, given.device), flush=True)
    rows = table(given.workloads or list(WORKLOADS), given.device, given.seconds, given.members)
    if given.docs:
        written(rows, given.device)


def written(rows: Sequence[Sequence[str]], device: str) -> None:
    """The rows in the page, with the device's name."""
    from table import put_part, put_row

    heading = "On a CPU" if device == "cpu" else "On a GPU"
    for row in rows:
        put_row(PAGE, heading, row)
    if device == "cuda":
        put_part(PAGE, "card", f"Measured on one {torch.cuda.get_device_name()}, torch {torch.__version__}.")


if __name__ == "__main__":
    main()
