"""Modes that GANs keep of points in the plane and of stacked digits, beside the published tables: docs/modes.md.

    python benchmarks/modes.py [ROW ...] [--seeds 3] [--page docs/modes.md]

A row is one of CASES; without any, all of them are run one after the other, each with seeds 0, 1, ... on one thread.
A row that is run again replaces the old one.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from table import put_row

from analysis.metrics.modes import high_quality, mode_counts, modes_captured, reverse_kl
from sweeps.evaluation.evaluator import COUNTED
from sweeps.evaluation.extractors import real_features_of
from sweeps.worker.threads import limit_threads
from trainables import MODELS
from trainables.data import STACKED, Dataset, load_dataset

STACKED_COUNTED = 26_000  # samples, as in VEEGAN and PacGAN
LONG = {"updates": 10_000, "updates_per_step": 1000}
CRITIC = {
    "d_steps": 5, "latent_dim": 2, "lr_g": 1e-4, "lr_d": 1e-4, "beta1": 0.5, "beta2": 0.9, "batch_size": 128,
    "g_depth": 3, "d_depth": 3, "gp_weight": 0.1, "updates": 4000, "updates_per_step": 500,
}  # fmt: skip


@dataclass(frozen=True)
class ModesCase:
    """A model with a config, on one of the data sets whose modes are known."""

    model: str
    dataset: str
    config: Mapping[str, Any] = field(default_factory=dict)


CASES: Mapping[str, ModesCase] = {
    f"{name} on {dataset}": ModesCase(model, dataset, config)
    for dataset in ("ring", "grid")
    for name, model, config in (
        ("gan", "gan", {}),
        ("gan, longer", "gan", LONG),
        ("wgan_gp", "wgan_gp", CRITIC),
        ("gmm", "gmm", {"reg_covar": 1e-6}),
    )
} | {
    f"{model} on {STACKED}": ModesCase(model, STACKED, {"updates": updates, "updates_per_step": 500})
    for model, updates in (("dcgan", 4000), ("wgan_gp", 1000))
}


def run(row: str, seeds: int, page: Path) -> None:
    case = CASES[row]
    found = [measured(case, seed) for seed in range(seeds)]
    cells = [_cell([numbers[column] for numbers in found], digits) for column, digits in enumerate((1, 3, 2, 0))]
    put_row(page, case.dataset.capitalize().replace("_mnist", " MNIST"), [f"`{row.partition(' on ')[0]}`", *cells])
    print(row, *cells, sep=" | ", flush=True)


def measured(case: ModesCase, seed: int) -> tuple[float, float, float, float]:
    """Modes captured, share of high quality, reverse KL, and seconds of training."""
    data = load_dataset(case.dataset)
    model: Any = MODELS[case.model].build(case.config, data, seed=seed)
    began = time.process_time()
    while not model.finished:
        model.step()
    seconds = time.process_time() - began
    counts = counted(model, data)
    quality = high_quality(*counts) if data.modes else math.nan
    return modes_captured(*counts), quality, reverse_kl(*counts), seconds


def counted(model: Any, data: Dataset) -> tuple[NDArray[Any], NDArray[Any]]:
    """How many samples are nearest to each mode, and lie within it; of stacked digits, how many are taken for each."""
    if data.modes is not None:
        return mode_counts(model.sample(COUNTED, seed=1), data.modes.centres, data.modes.deviation)
    extracted = real_features_of(data).extractor.extract(model.sample(STACKED_COUNTED, seed=1))
    counts = np.bincount(extracted.predicted, minlength=data.n_classes)
    return counts, counts


def _cell(values: Sequence[float], digits: int) -> str:
    """Mean and standard deviation over the seeds; nothing where there is no such number."""
    if np.isnan(values).any():
        return ""
    spread = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 and digits else ""
    return f"{np.mean(values):.{digits}f}{spread}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"one of {', '.join(CASES)}; all of them if none")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--page", type=Path, default=Path(__file__).parents[1] / "docs" / "modes.md")
    options = parser.parse_args()
    if unknown := [row for row in options.rows if row not in CASES]:
        parser.error(f"unknown row {unknown[0]!r}; valid: {', '.join(CASES)}")
    limit_threads(1)
    for row in options.rows or CASES:
        run(row, options.seeds, options.page)


if __name__ == "__main__":
    main()
