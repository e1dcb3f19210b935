"""What a generative model is good for besides samples, measured on held-out images beside a simple way to do the same.

A use belongs to an ability of `trainables.base`; `USES` is the table of them. What depends on the data alone, the
damage, the strange images, the classifier that looks at repaired ones, is made once and reused for every model.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.metrics import uses
from trainables import MODELS, Entry
from trainables.arrays import Images, Labels
from trainables.data import DataError, Dataset, Split, some_images

SHOWN = 300  # held-out images a model is asked about
SHOWN_COSTLY = 100  # of one whose answers cost much more
CLASSIFIED = 1000  # of any, where accuracy by Bayes' rule is what is searched for: 100 cannot tell 0.80 from 0.85
STRANGE = {"mnist": "fashion_mnist", "fashion_mnist": "mnist"}  # each the other's strange images, where both are there
ONLOOKER_IMAGES = 2000  # training images of the classifier that looks at repaired images
ONLOOKER_CLASSES = 100  # of more it would see too few images each, and learn for minutes
LABELLED = 100  # training images with a label, of the metrics that have the number in their name
UNLABELLED = 2000  # training images that scale features: no label is needed for that
SYNTHETIC, SYNTHETIC_COSTLY = 10_000, 1000  # samples that a classifier of real images is trained on
SYNTHETIC_SEED = 2
ASKED = 2000  # held-out images for the accuracy with few labels


def ood_images(entry: Entry, data: Dataset, data_dir: Path | None) -> dict[str, Images]:
    """Images of other data sets by name, for models that can tell them by their density; nothing is downloaded."""
    other = STRANGE.get(data.name)
    if other is None or not hasattr(entry.cls, "log_density"):
        return {}
    images = some_images(other, SHOWN, data_dir)
    return {} if images is None else {other: images}


def shown(model: Any) -> int:
    """How many images to ask a model about: fewer if it samples slowly, or has a density for each class to compute."""
    costly = getattr(model, "costly_samples", False) or hasattr(model, "log_density_per_class")
    return SHOWN_COSTLY if costly else SHOWN


class DamagedImages:
    """`n` held-out images of `data`, damaged in the standard ways, and strange ones by where they come from.

    `classified`: how many are to be classified by Bayes' rule, if not as many.
    """

    def __init__(self, data: Dataset, ood: Mapping[str, Images], n: int, classified: int | None = None) -> None:
        self.data, self.x, self.y = data, data.val.x[:n], data.val.y[:n]
        self.classified = Split(data.val.x[: classified or n], data.val.y[: classified or n])
        others = {name: images[:n] for name, images in ood.items()}
        permuted = {} if data.holds_points else {"permuted": uses.permuted(self.x)}
        self.ood: Mapping[str, Images] = {**permuted, **others}

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """The pixels that are not hidden, (n, 1, h, w)."""
        return uses.block_mask(self.x)

    @cached_property
    def hidden(self) -> Images:
        """The images, grey where pixels are hidden: a model that peeks finds nothing."""
        return np.where(self.known, self.x, np.float32(0))

    @cached_property
    def filled(self) -> Images:
        return uses.mean_filled(self.x, self.known, self.data.train.x.mean(axis=0))

    @cached_property
    def noisy(self) -> Images:
        return uses.noisy(self.x)

    def recognised(self, **versions: Images) -> dict[str, float]:
        """The share of each version of the images that the onlooker classifies right; nothing without an onlooker."""
        if self._onlooker is None:
            return {}
        return {f"val/{name}": float((self._onlooker.predict(x) == self.y).mean()) for name, x in versions.items()}

    @cached_property
    def few(self) -> Dataset | None:
        """The data with `LABELLED` training images, None if there are hardly more, or not of two classes and of all."""
        if self.data.n_classes < 2 or len(self.data.train) < 2 * LABELLED:
            return None
        try:
            return self.data.limited(LABELLED)
        except DataError:
            return None

    @cached_property
    def few_by_pixels(self) -> float:
        assert self.few is not None
        return learnt(self.few, lambda images: images.reshape(len(images), -1))

    @cached_property
    def _onlooker(self) -> Any:
        train = self.data.train
        seen = Split(train.x[:ONLOOKER_IMAGES], train.y[:ONLOOKER_IMAGES])
        return fitted(replace(self.data, train=seen)) if 1 < len(np.unique(seen.y)) <= ONLOOKER_CLASSES else None


@dataclass(frozen=True)
class DownstreamMetric:
    """`measure` gives metrics, `names` those that can be an objective, of a model that has the method `ability`.

    Points have a `density` and no pixels to repair: `of_points` are the uses that they have too.
    """

    ability: str
    measure: Callable[[Any, DamagedImages], Mapping[str, float]]
    names: frozenset[str]
    of_points: bool = False


def metrics(model: Any, damaged_images: DamagedImages, wanted: Collection[str] | None = None) -> dict[str, float]:
    """All metrics of what the model can do, by name; or only what the metrics `wanted` come with."""
    possible = [use for use in USES if use.of_points or not damaged_images.data.holds_points]
    chosen = [use for use in possible if wanted is None or not use.names.isdisjoint(wanted)]
    return {
        name: value
        for use in chosen
        if hasattr(model, use.ability)
        for name, value in use.measure(model, damaged_images).items()
    }


def density(model: Any, shown: DamagedImages) -> dict[str, float]:
    scores = model.log_density(shown.x)
    aurocs = {
        f"val/ood_auroc_{name}": uses.ood_auroc(scores, model.log_density(images)) for name, images in shown.ood.items()
    }
    return {"val/log_density": float(scores.mean()), **aurocs}


def bound(model: Any, shown: DamagedImages) -> dict[str, float]:
    return {"val/elbo": float(model.elbo(shown.x).mean())}


def bayes(model: Any, shown: DamagedImages) -> dict[str, float]:
    part = shown.classified
    return {"val/bayes_accuracy": float((model.predict_proba(part.x).argmax(axis=1) == part.y).mean())}


def imputation(model: Any, shown: DamagedImages) -> dict[str, float]:
    repaired, hidden = model.impute(shown.hidden, shown.known), ~shown.known
    return {
        "val/impute_error": uses.repair_error(shown.x, repaired, hidden),
        "val/impute_ratio": uses.error_ratio(shown.x, repaired, shown.filled, hidden),
        **shown.recognised(
            impute_accuracy=repaired, impute_accuracy_mean_fill=shown.filled, impute_accuracy_whole=shown.x
        ),
    }


def denoising(model: Any, shown: DamagedImages) -> dict[str, float]:
    repaired, clipped = model.denoise(shown.noisy, uses.NOISE), shown.noisy.clip(-1, 1)
    return {
        "val/denoise_error": uses.repair_error(shown.x, repaired),
        "val/denoise_ratio": uses.error_ratio(shown.x, repaired, clipped),
        **shown.recognised(denoise_accuracy=repaired, denoise_accuracy_noisy=clipped),
    }


def reconstruction(model: Any, shown: DamagedImages) -> dict[str, float]:
    return {"val/reconstruction_error": uses.repair_error(shown.x, model.reconstruct(shown.x))}


def few_labels(model: Any, shown: DamagedImages) -> dict[str, float]:
    """A classifier of the model's features, which all training images made, and of pixels; both see as few labels."""
    if shown.few is None:
        return {}
    images = shown.data.train.x[:UNLABELLED]
    seen = model.features(images)
    mean, spread = seen.mean(axis=0), np.sqrt(seen.var(axis=0).sum() / images.var(axis=0).sum()) or 1.0
    # As far from each other as in pixels, so that the penalty on the weights means the same.
    accuracy = learnt(shown.few, lambda images: (model.features(images) - mean) / spread)
    return {"val/accuracy_100_labels": accuracy, "val/accuracy_100_labels_pixels": shown.few_by_pixels}


def synthetic(model: Any, data: Dataset, test: Split) -> dict[str, float]:
    """Accuracy on real images of a logistic regression trained on samples alone, each class's as many: what the samples
    of a conditional model are worth as training data (Esteban et al. 2017; Ravuri and Vinyals 2019)."""
    if not (getattr(model, "conditional", False) and hasattr(model, "sample")) or data.n_classes < 2:
        return {}
    n = SYNTHETIC_COSTLY if getattr(model, "costly_samples", False) else SYNTHETIC
    labels = np.arange(n) % data.n_classes
    train = Split(model.sample(n, seed=SYNTHETIC_SEED, labels=labels), labels)
    guessed: Labels = fitted(Dataset(data.name, train, test, data.classes, "", data.split_seed)).predict(test.x)
    return {f"test/tstr_accuracy_{n}": float((guessed == test.y).mean())}


def learnt(data: Dataset, describe: Callable[[Images], NDArray[Any]]) -> float:
    """Validation accuracy of a logistic regression on what `describe` makes of images, (n, d)."""

    def described(part: Split) -> Split:
        return Split(describe(part.x[:ASKED]).astype(np.float32)[:, :, None, None], part.y[:ASKED])

    train, val = described(data.train), described(data.val)
    model = fitted(Dataset(data.name, train, val, data.classes, "", data.split_seed))
    labels: Labels = model.predict(val.x)
    return float((labels == val.y).mean())


def fitted(data: Dataset) -> Any:
    """A logistic regression of default settings on all of `data.train`."""
    model = MODELS["logistic_regression"].build({}, data, seed=0)
    while not model.finished:
        model.step()
    return model


def _names(*names: str) -> frozenset[str]:
    return frozenset(f"val/{name}" for name in names)


USES = (
    DownstreamMetric(
        "log_density",
        density,
        _names("log_density", *(f"ood_auroc_{name}" for name in ("permuted", *STRANGE))),
        of_points=True,
    ),
    DownstreamMetric("elbo", bound, _names("elbo"), of_points=True),
    DownstreamMetric("predict_proba", bayes, _names("bayes_accuracy"), of_points=True),
    DownstreamMetric("impute", imputation, _names("impute_error", "impute_ratio", "impute_accuracy")),
    DownstreamMetric("denoise", denoising, _names("denoise_error", "denoise_ratio", "denoise_accuracy")),
    DownstreamMetric("reconstruct", reconstruction, _names("reconstruction_error")),
    DownstreamMetric("features", few_labels, _names("accuracy_100_labels")),
)
