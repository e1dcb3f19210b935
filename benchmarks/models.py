"""Each model with its default config, trained on Fashion-MNIST to its end and shown the test set: docs/models.md.

    python benchmarks/models.py [ROW ...] [--data-dir DIR] [--threads 1] [--page docs/models.md]

A row is a model's name or one of CASES; without any, all of them are run one after the other. A row that is run again
replaces the old one. Training has all 60,000 images: nothing is chosen by means of the validation part here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from table import put_row

from analysis.results import VERDICT
from sweeps.evaluation.downstream import ood_images
from sweeps.evaluation.evaluator import evaluator_on_test
from sweeps.evaluation.extractors import real_features_of
from sweeps.worker.threads import limit_threads
from trainables import MODELS
from trainables.classifiers.cross_validation import predicted
from trainables.data import Dataset, Split, load_dataset, load_test

SIDE = 10  # images a side of a sample grid
CLASSIFIERS, GENERATIVE, COLOUR, FEW = "Classifiers", "Generative models", "CIFAR-10", "Few labels"
SIMPLE = "(the simple way)"
FEW_SIZES = (100, 300, 1000)
FEW_LABEL_MODELS = ("logistic_regression", "svm", "cnn", "gaussian_nb", "gmm", "cvae")


@dataclass(frozen=True)
class ModelCase:
    """What a row is made of; `dataset` by name or path below the data folder."""

    model: str
    config: Mapping[str, Any] = field(default_factory=dict)
    dataset: str = "fashion_mnist"


CASES: Mapping[str, ModelCase] = {
    **{name: ModelCase(name) for name in MODELS},
    "logistic_regression on CIFAR-10": ModelCase("logistic_regression", dataset="cifar10_subset.npz"),
    "dcgan on CIFAR-10": ModelCase("dcgan", dataset="cifar10_subset.npz"),
    "vae on binarised MNIST": ModelCase("vae", dataset="mnist"),
    "few labels": ModelCase("few labels"),
}


@dataclass(frozen=True)
class ModelsBenchmark:
    """Where the data lies and the results go."""

    data_dir: Path | None
    page: Path

    def data(self, name: str) -> Dataset:
        return whole(name, self.data_dir)

    def run(self, row: str) -> None:
        case = CASES[row]
        if row == "few labels":
            return self.few_labels()
        if row == "vae on binarised MNIST":
            return self.binarised(case)
        data = self.data(case.dataset)
        model, seconds = trained(case, data)
        test = self.test(model, case, data)
        if case.dataset != "fashion_mnist":
            self.colour(row, model, test, seconds)
        elif MODELS[case.model].kind == "classifier":
            cells = [number(test, "accuracy"), number(test, "balanced_accuracy"), number(test, "log_loss")]
            put_row(self.page, CLASSIFIERS, [f"`{row}`", *cells, f"{seconds:.0f}", size(model)])
        if hasattr(model, "sample") and case.dataset == "fashion_mnist":
            self.generative(row, model, data, test, seconds)

    def test(self, model: Any, case: ModelCase, data: Dataset) -> dict[str, Any]:
        ood = ood_images(MODELS[case.model], data, self.data_dir)
        real_features = (
            real_features_of(load_dataset(case.dataset, data_dir=self.data_dir)) if hasattr(model, "sample") else None
        )
        evaluate = evaluator_on_test(data, case.dataset, data_dir=self.data_dir, ood=ood, real_features=real_features)
        return evaluate(model)

    def generative(self, row: str, model: Any, data: Dataset, test: Mapping[str, Any], seconds: float) -> None:
        self.picture(row, model, data)
        synthetic = next((name.removeprefix("test/") for name in test if name.startswith("test/tstr_accuracy")), "")
        names = ("conditional_accuracy", "frechet", "coverage", synthetic, "bayes_accuracy", "log_density")
        ood = ("ood_auroc_mnist", "ood_auroc_permuted")
        repairs = ("impute_ratio", "impute_accuracy", "denoise_ratio", "denoise_accuracy", "accuracy_100_labels")
        found = [test[VERDICT], f"{test['test/modes_covered']:.0f} of {data.n_classes}"]
        cells = [*found, *(number(test, name) for name in (*names, *ood, *repairs))]
        put_row(self.page, GENERATIVE, [f"`{row}`", *cells, f"{seconds:.0f}", size(model)])
        beside = ("impute_accuracy_mean_fill", "denoise_accuracy_noisy", "accuracy_100_labels_pixels")
        if all(f"test/{name}" in test for name in beside):
            filled, noisy, pixels = (number(test, name) for name in beside)
            put_row(self.page, GENERATIVE, [SIMPLE, *[""] * 10, "1", filled, "1", noisy, pixels, "", ""])

    def colour(self, row: str, model: Any, test: Mapping[str, Any], seconds: float) -> None:
        if hasattr(model, "sample"):
            self.picture(row, model, self.data(CASES[row].dataset))
        cells = [number(test, "accuracy"), number(test, "frechet_pixels"), f"{seconds:.0f}", size(model)]
        put_row(self.page, COLOUR, [f"`{CASES[row].model}`", *cells])

    def picture(self, row: str, model: Any, data: Dataset) -> None:
        """100 samples, of a conditional model a class a column, as a small PNG beside the page."""
        labels = {"labels": np.arange(SIDE**2) % SIDE} if getattr(model, "conditional", False) else {}
        sheet = tiled(model.sample(SIDE**2, seed=0, **labels))
        path = self.page.parent / "images" / "models" / f"{row.replace(' ', '_').lower()}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(sheet.squeeze()).quantize(16).save(path, optimize=True)

    def binarised(self, case: ModelCase) -> None:
        """Each pixel black or white by a coin of its brightness, drawn once (Salakhutdinov and Murray 2008)."""
        data = self.data(case.dataset)
        rng = np.random.default_rng(0)
        x = np.where(rng.random(data.train.x.shape) < (data.train.x + 1) / 2, 1, -1).astype(np.float32)
        model, seconds = trained(case, replace(data, train=Split(x, data.train.y)))
        test = load_test(case.dataset, data_dir=self.data_dir).x[:1000]
        test = np.where(rng.random(test.shape) < (test + 1) / 2, 1, -1).astype(np.float32)
        bounds = [f"{-float(bound(test).mean()):.2f}" for bound in (model.elbo, model.log_density)]
        put_row(self.page, "Binarised MNIST", [f"`{case.model}`", *bounds, f"{seconds:.0f}", size(model)])

    def few_labels(self) -> None:
        """Test accuracy of classifiers, and of generative models by Bayes' rule, by the number of training images."""
        test, data = load_test("fashion_mnist", data_dir=self.data_dir), self.data("fashion_mnist")
        for name in FEW_LABEL_MODELS:
            cells = []
            for few in FEW_SIZES:
                model, _ = trained(ModelCase(name), data.limited(few))
                seen = np.concatenate([predicted(model, part) for part in np.array_split(test.x, 20)])
                cells.append(f"{(seen == test.y).mean():.3f}")
            put_row(self.page, FEW, [f"`{name}`", *cells])


@cache
def whole(name: str, data_dir: Path | None) -> Dataset:
    """The data set with its validation images among the training ones."""
    data = load_dataset(name, data_dir=data_dir)
    x, y = (np.concatenate([getattr(part, a) for part in (data.train, data.val)]) for a in "xy")
    return replace(data, train=Split(x, y))


def trained(case: ModelCase, data: Dataset) -> tuple[Any, float]:
    """The model, finished, and the CPU seconds of all its threads that its steps took."""
    model = MODELS[case.model].build(case.config, data, seed=0)
    limit_threads(torch.get_num_threads())  # again: the model may have loaded libraries with pools of their own
    seconds, steps = 0.0, 0
    while not model.finished:
        began = time.process_time()
        row = model.step()
        seconds, steps = seconds + time.process_time() - began, steps + 1
        shown = " ".join(f"{name} {value:.4g}" for name, value in row.items())
        print(f"{case.model} step {steps}, {seconds:.0f} s: {shown}", flush=True)
    return model, seconds


def number(row: Mapping[str, float], name: str) -> str:
    value = row.get(f"test/{name}")
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.4f}" if "accuracy" in name else f"{value:.2f}"


def size(model: Any) -> str:
    """How many numbers a net adjusts, or what a model that is no net keeps."""
    state = model.state()
    kept = [state[name] for name in ("net", "g", "d") if name in state] or [state]
    return f"{sum(map(_numbers, kept)):,}"


def _numbers(tree: Any) -> int:
    if isinstance(tree, torch.Tensor):
        return tree.numel()
    if isinstance(tree, Mapping):
        return sum(_numbers(value) for value in tree.values())
    return 0


def tiled(images: np.ndarray) -> np.ndarray:
    """Bytes of a square sheet, (height, width, c), of SIDE^2 images in [-1, 1], two pixels apart."""
    levels = np.round((images + 1) * 127.5).astype(np.uint8).transpose(0, 2, 3, 1)
    padded = np.pad(levels, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=255)
    rows = padded.reshape(SIDE, SIDE, *padded.shape[1:]).transpose(0, 2, 1, 3, 4)
    sheet = rows.reshape(SIDE * padded.shape[1], SIDE * padded.shape[2], -1)
    return sheet.repeat(2, axis=0).repeat(2, axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"any of {', '.join(CASES)}")
    parser.add_argument("--data-dir", type=Path, help="where the data lies, else SWEEPS_DATA")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--page", type=Path, default=Path(__file__).resolve().parents[1] / "docs" / "models.md")
    given = parser.parse_args()
    if unknown := set(given.rows) - set(CASES):
        parser.error(f"unknown: {', '.join(unknown)}; valid: {', '.join(CASES)}")
    limit_threads(given.threads)
    benchmark = ModelsBenchmark(given.data_dir, given.page)
    for row in given.rows or CASES:
        benchmark.run(row)


if __name__ == "__main__":
    main()
