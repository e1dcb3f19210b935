"""Gaussian naive Bayes: in each class every pixel is a Gaussian of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB

from trainables.base import Images
from trainables.config import above
from trainables.entry import Entry
from trainables.fitted import Arrays, FittedClassifier, flat, for_all_classes

if TYPE_CHECKING:
    from trainables.data import Dataset


@dataclass(frozen=True)
class GaussianNaiveBayesConfig:
    """Gaussian naive Bayes."""

    # Added to every variance, as a share of the largest one of any pixel: a pixel that is always black has none.
    var_smoothing: float = 1e-9

    def __post_init__(self) -> None:
        above(self, 0, "var_smoothing")


class GaussianNaiveBayes(FittedClassifier):
    """Gaussian naive Bayes; the classes' shares of the training images are their prior probabilities."""

    config: GaussianNaiveBayesConfig

    def __init__(self, config: GaussianNaiveBayesConfig, data: Dataset, *, seed: int, device: str = "cpu") -> None:
        super().__init__(config, data, seed=seed, device=device)
        self._estimator = GaussianNB(var_smoothing=config.var_smoothing)

    def predict_proba(self, x: Images) -> NDArray[np.float64]:
        """Shape (n, classes), rows sum to 1; mostly 0 and 1, because pixels are counted as if independent."""
        return for_all_classes(self._estimator.predict_proba(flat(x)), self._classes, self.n_classes)

    def plain(self) -> GaussianNB:
        """The fitted model as scikit-learn's own class."""
        return self._estimator

    def _fit(self) -> dict[str, float]:
        self._estimator.fit(self._x, self._y)
        proba = self._estimator.predict_proba(self._x)
        return {"train/loss": float(log_loss(self._y, proba, labels=self._classes))}

    def _fitted(self) -> Arrays:
        """`theta` and `var`: means and variances (classes, pixels); `counts`: training images (classes,)."""
        return {"theta": self._estimator.theta_, "var": self._estimator.var_, "counts": self._estimator.class_count_}

    def _take(self, arrays: Arrays) -> None:
        estimator = self._estimator
        estimator.classes_, estimator.n_features_in_ = self._classes, self._x.shape[1]
        estimator.theta_, estimator.var_, estimator.class_count_ = arrays["theta"], arrays["var"], arrays["counts"]
        estimator.class_prior_ = arrays["counts"] / arrays["counts"].sum()


ENTRIES = {"gaussian_nb": Entry(GaussianNaiveBayes, GaussianNaiveBayesConfig)}
