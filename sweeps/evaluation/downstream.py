"""Downstream metrics of generative models: density, inpainting, denoising, few-label accuracy, each beside a baseline.

`DOWNSTREAM_METRICS` is the table: a row applies to models that have the method it names (see `trainables.base`). What
depends on the data alone (damaged images, out-of-distribution images, the classifier that rates repaired images) is
made once and reused for every model.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.metrics import downstream
from trainables import MODELS, Entry
from trainables.arrays import Images, Labels
from trainables.data import DataError, Dataset, Split, some_images

IMAGES = 300  # held-out images a model is evaluated on
IMAGES_COSTLY = 100  # for a model that is slow to evaluate
BAYES_IMAGES = 1000  # for any model, where accuracy by Bayes' rule is the objective: 100 cannot tell 0.80 from 0.85
OOD_DATASETS = {"mnist": "fashion_mnist", "fashion_mnist": "mnist"}  # the out-of-distribution set of each, if there
CLASSIFIER_IMAGES = 2000  # training images of the classifier that rates repaired images
CLASSIFIER_CLASSES = 100  # with more it would have too few images of each, and train for minutes
LABELLED = 100  # training images with a label, for the metrics that have the number in their name
UNLABELLED = 2000  # training images that features are standardised by: no label is needed for that
SYNTHETIC, SYNTHETIC_COSTLY = 10_000, 1000  # samples that a classifier is trained on before it is tested on real images
SYNTHETIC_SEED = 2
PROBE_IMAGES = 2000  # held-out images for the accuracy with few labels


def ood_images(entry: Entry, data: Dataset, data_dir: Path | None) -> dict[str, Images]:
    """Out-of-distribution images by the name of their data set, for models with a density; nothing is downloaded."""
    other = OOD_DATASETS.get(data.name)
    if other is None or not hasattr(entry.cls, "log_density"):
        return {}
    images = some_images(other, IMAGES, data_dir)
    return {} if images is None else {other: images}


def images_for(model: Any) -> int:
    """How many held-out images to evaluate a model on: fewer if it samples slowly or has one density per class."""
    costly = getattr(model, "costly_samples", False) or hasattr(model, "log_density_per_class")
    return IMAGES_COSTLY if costly else IMAGES


class DamagedImages:
    """`n` held-out images of `data` with pixels hidden or noise added, and out-of-distribution images by name.

    `classified`: how many images are to be classified by Bayes' rule, if not `n`.
    """

    def __init__(self, data: Dataset, ood: Mapping[str, Images], n: int, classified: int | None = None) -> None:
        self.data, self.x, self.y = data, data.val.x[:n], data.val.y[:n]
        self.classified = Split(data.val.x[: classified or n], data.val.y[: classified or n])
        others = {name: images[:n] for name, images in ood.items()}
        permuted = {} if data.holds_points else {"permuted": downstream.permuted(self.x)}
        self.ood: Mapping[str, Images] = {**permuted, **others}

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """The pixels that are not hidden, (n, 1, h, w)."""
        return downstream.block_mask(self.x)

    @cached_property
    def hidden(self) -> Images:
        """The images with hidden pixels set to grey, so that a model cannot peek at them."""
        return np.where(self.known, self.x, np.float32(0))

    @cached_property
    def mean_filled(self) -> Images:
        return downstream.mean_filled(self.x, self.known, self.data.train.x.mean(axis=0))

    @cached_property
    def noisy(self) -> Images:
        return downstream.noisy(self.x)

    def accuracies(self, **versions: Images) -> dict[str, float]:
        """Accuracy of a classifier of real images on each version of these, as val/NAME; none where none was
        trained."""
        if self._pixel_classifier is None:
            return {}
        return {
            f"val/{name}": float((self._pixel_classifier.predict(x) == self.y).mean()) for name, x in versions.items()
        }

    @cached_property
    def few_labelled(self) -> Dataset | None:
        """The data with `LABELLED` training images; None if there are hardly more, a single class, or a class is
        missed."""
        if self.data.n_classes < 2 or len(self.data.train) < 2 * LABELLED:
            return None
        try:
            return self.data.limited(LABELLED)
        except DataError:
            return None

    @cached_property
    def pixel_probe_accuracy(self) -> float:
        assert self.few_labelled is not None
        return probe_accuracy(self.few_labelled, lambda images: images.reshape(len(images), -1))

    @cached_property
    def _pixel_classifier(self) -> Any:
        train = self.data.train
        part = Split(train.x[:CLASSIFIER_IMAGES], train.y[:CLASSIFIER_IMAGES])
        return (
            fitted_classifier(replace(self.data, train=part))
            if 1 < len(np.unique(part.y)) <= CLASSIFIER_CLASSES
            else None
        )


@dataclass(frozen=True)
class DownstreamMetric:
    """A row of the table: `measure` gives the metrics of a model that has the method `ability`.

    `names` are those of its metrics that can be an objective. `of_points`: whether it also applies to points (n, 2),
    which have a density but no pixels to repair.
    """

    ability: str
    measure: Callable[[Any, DamagedImages], Mapping[str, float]]
    names: frozenset[str]
    of_points: bool = False


def metrics(model: Any, damaged_images: DamagedImages, wanted: Collection[str] | None = None) -> dict[str, float]:
    """All downstream metrics that the model has methods for, by name; or only the rows with a metric that is
    `wanted`."""
    possible = [metric for metric in DOWNSTREAM_METRICS if metric.of_points or not damaged_images.data.holds_points]
    chosen = [metric for metric in possible if wanted is None or not metric.names.isdisjoint(wanted)]
    return {
        name: value
        for metric in chosen
        if hasattr(model, metric.ability)
        for name, value in metric.measure(model, damaged_images).items()
    }


def density(model: Any, damaged: DamagedImages) -> dict[str, float]:
    scores = model.log_density(damaged.x)
    aurocs = {
        f"val/ood_auroc_{name}": downstream.ood_auroc(scores, model.log_density(images))
        for name, images in damaged.ood.items()
    }
    return {"val/log_density": float(scores.mean()), **aurocs}


def bound(model: Any, damaged: DamagedImages) -> dict[str, float]:
    return {"val/elbo": float(model.elbo(damaged.x).mean())}


def bayes(model: Any, damaged: DamagedImages) -> dict[str, float]:
    part = damaged.classified
    return {"val/bayes_accuracy": float((model.predict_proba(part.x).argmax(axis=1) == part.y).mean())}


def imputation(model: Any, damaged: DamagedImages) -> dict[str, float]:
    repaired, hidden = model.impute(damaged.hidden, damaged.known), ~damaged.known
    return {
        "val/impute_error": downstream.repair_error(damaged.x, repaired, hidden),
        "val/impute_ratio": downstream.error_ratio(damaged.x, repaired, damaged.mean_filled, hidden),
        **damaged.accuracies(
            impute_accuracy=repaired, impute_accuracy_mean_fill=damaged.mean_filled, impute_accuracy_whole=damaged.x
        ),
    }


def denoising(model: Any, damaged: DamagedImages) -> dict[str, float]:
    repaired, clipped = model.denoise(damaged.noisy, downstream.NOISE), damaged.noisy.clip(-1, 1)
    return {
        "val/denoise_error": downstream.repair_error(damaged.x, repaired),
        "val/denoise_ratio": downstream.error_ratio(damaged.x, repaired, clipped),
        **damaged.accuracies(denoise_accuracy=repaired, denoise_accuracy_noisy=clipped),
    }


def reconstruction(model: Any, damaged: DamagedImages) -> dict[str, float]:
    return {"val/reconstruction_error": downstream.repair_error(damaged.x, model.reconstruct(damaged.x))}


def few_labels(model: Any, damaged: DamagedImages) -> dict[str, float]:
    """Accuracy of a linear probe trained on `LABELLED` images: on the model's features, and on pixels as the
    baseline."""
    if damaged.few_labelled is None:
        return {}
    images = damaged.data.train.x[:UNLABELLED]
    found = model.features(images)
    mean, spread = found.mean(axis=0), np.sqrt(found.var(axis=0).sum() / images.var(axis=0).sum()) or 1.0
    # As far from each other as in pixels, so that the penalty on the weights means the same.
    accuracy = probe_accuracy(damaged.few_labelled, lambda images: (model.features(images) - mean) / spread)
    return {"val/accuracy_100_labels": accuracy, "val/accuracy_100_labels_pixels": damaged.pixel_probe_accuracy}


def synthetic(model: Any, data: Dataset, test: Split) -> dict[str, float]:
    """Accuracy on real images of a logistic regression trained on samples alone, equally many of each class: what the
    samples of a conditional model are worth as training data (Esteban et al. 2017; Ravuri and Vinyals 2019)."""
    if not (getattr(model, "conditional", False) and hasattr(model, "sample")) or data.n_classes < 2:
        return {}
    n = SYNTHETIC_COSTLY if getattr(model, "costly_samples", False) else SYNTHETIC
    labels = np.arange(n) % data.n_classes
    train = Split(model.sample(n, seed=SYNTHETIC_SEED, labels=labels), labels)
    guessed: Labels = fitted_classifier(Dataset(data.name, train, test, data.classes, "", data.split_seed)).predict(
        test.x
    )
    return {f"test/tstr_accuracy_{n}": float((guessed == test.y).mean())}


def probe_accuracy(data: Dataset, features: Callable[[Images], NDArray[Any]]) -> float:
    """Validation accuracy of a linear probe: logistic regression on `features(images)`, (n, d)."""

    def features_of(part: Split) -> Split:
        return Split(features(part.x[:PROBE_IMAGES]).astype(np.float32)[:, :, None, None], part.y[:PROBE_IMAGES])

    train, val = features_of(data.train), features_of(data.val)
    model = fitted_classifier(Dataset(data.name, train, val, data.classes, "", data.split_seed))
    labels: Labels = model.predict(val.x)
    return float((labels == val.y).mean())


def fitted_classifier(data: Dataset) -> Any:
    """A logistic regression with default settings, trained on all of `data.train`."""
    model = MODELS["logistic_regression"].build({}, data, seed=0)
    while not model.finished:
        model.step()
    return model


def _names(*names: str) -> frozenset[str]:
    return frozenset(f"val/{name}" for name in names)


DOWNSTREAM_METRICS = (
    DownstreamMetric(
        "log_density",
        density,
        _names("log_density", *(f"ood_auroc_{name}" for name in ("permuted", *OOD_DATASETS))),
        of_points=True,
    ),
    DownstreamMetric("elbo", bound, _names("elbo"), of_points=True),
    DownstreamMetric("predict_proba", bayes, _names("bayes_accuracy"), of_points=True),
    DownstreamMetric("impute", imputation, _names("impute_error", "impute_ratio", "impute_accuracy")),
    DownstreamMetric("denoise", denoising, _names("denoise_error", "denoise_ratio", "denoise_accuracy")),
    DownstreamMetric("reconstruct", reconstruction, _names("reconstruction_error")),
    DownstreamMetric("features", few_labels, _names("accuracy_100_labels")),
)
