"""Support vector machines: fitted by scikit-learn or scikit-learn-intelex, stored and evaluated as plain arrays."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics.pairwise import linear_kernel, polynomial_kernel, rbf_kernel, sigmoid_kernel
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC
from sklearn.utils.class_weight import compute_class_weight

from trainables.arrays import Images, Labels
from trainables.base import ConfigError
from trainables.classifiers.backend import Backend, resolved, svc
from trainables.classifiers.fitted import Arrays, FittedClassifier, fitting, flat, for_all_classes
from trainables.config import above, at_least
from trainables.entry import Entry
from trainables.training.seeds import derive

if TYPE_CHECKING:
    from trainables.data import Dataset

Vectors = NDArray[np.float64]
CACHE_MB = 500  # of kernel values while it is fitted
ROWS = 500  # images asked at a time: with 20,000 support vectors 80 MB of kernel values
CALIBRATION_FOLDS = 5


@dataclass(frozen=True)
class SvmConfig:
    """A support vector machine, every class against every other.

    Without effect: `gamma` for the linear kernel, `degree` for any but poly, `coef0` for any but poly and sigmoid.
    """

    C: float = 10.0  # what a training image on the wrong side costs
    kernel: Literal["rbf", "linear", "poly", "sigmoid"] = "rbf"
    gamma: Literal["scale", "auto"] | float = "scale"  # scale: 1 / (pixels * their variance), auto: 1 / pixels
    degree: int = 3
    coef0: float = 0.0
    class_weight: Literal["balanced"] | None = None
    tol: float = 1e-3
    backend: Backend = "auto"  # what fits it: intelex where it is there, else sklearn

    def __post_init__(self) -> None:
        above(self, 0, "C", "tol")
        at_least(self, 1, "degree")
        if not isinstance(self.gamma, str):
            above(self, 0, "gamma")


class Svm(FittedClassifier):
    """Support vector machine with a kernel; probabilities take five more fits, made when they are first asked for."""

    costly_probabilities: ClassVar[bool] = True

    def __init__(self, config: SvmConfig, data: Dataset, *, seed: int, device: str = "cpu") -> None:
        super().__init__(config, data, seed=seed, device=device)
        if len(self._classes) < 2:
            raise ConfigError("classes: a support vector machine needs training images of two classes or more")
        self.backend = resolved(config.backend)
        self._svc = svc(self.backend)
        self._arrays: Arrays = {}
        self._vectors = self._x[:0]
        self._trains = True  # whether there are training images to fit probabilities to
        self._sigmoids: tuple[Vectors, Vectors] | None = None

    def predict(self, x: Images) -> Labels:
        """The class with the most votes, ties decided by the margins, shape (n,)."""
        labels: Labels = self._classes[_per_class(self._margins(x), len(self._classes)).argmax(axis=1)]
        return labels

    def predict_proba(self, x: Images) -> Vectors:
        """Platt's sigmoid of each class's score; the first call fits them, on scores of held-out training images."""
        if self._sigmoids is None and not self._trains:
            raise ValueError("this machine was saved before it was asked for probabilities; valid: predict")
        if self._sigmoids is None:
            self._sigmoids = self._calibrated()
        slope, intercept = self._sigmoids
        proba = expit(-(slope * self._scores(x) + intercept))
        if proba.shape[1] == 1:  # of two classes, the second
            proba = np.hstack([1 - proba, proba])
        total = proba.sum(axis=1, keepdims=True)
        proba = np.divide(proba, total, out=np.full_like(proba, 1 / proba.shape[1]), where=total > 0)
        return for_all_classes(proba, self._classes, self.n_classes)

    @property
    def calibrated(self) -> bool:
        """Whether probabilities cost no more than classes."""
        return self._sigmoids is not None

    def plain(self) -> SVC:
        """The fitted machine as scikit-learn's own class; `sigmoids_`, if there are any, are our probabilities'."""
        estimator, arrays = SVC(**self._parameters()), self._arrays
        estimator.classes_, estimator._sparse, estimator._gamma = self._classes, False, self._gamma
        estimator.class_weight_ = compute_class_weight(self.config.class_weight, classes=self._classes, y=self._y)
        estimator.n_features_in_, estimator.shape_fit_ = self._x.shape[1], self._x.shape
        estimator.support_, estimator._n_support = arrays["support"], arrays["counts"]
        estimator.support_vectors_ = self._vectors.astype(np.float64)
        estimator.dual_coef_, estimator.intercept_ = arrays["dual"], arrays["intercept"]
        # scikit-learn keeps both a second time, with libsvm's sign where there are two classes.
        sign = -1.0 if len(self._classes) == 2 else 1.0
        estimator._dual_coef_, estimator._intercept_ = sign * arrays["dual"], sign * arrays["intercept"]
        estimator._probA, estimator._probB = np.empty(0), np.empty(0)
        estimator.fit_status_, estimator.n_iter_ = 0, arrays["iterations"]
        if self._sigmoids is not None:
            estimator.sigmoids_ = np.array(self._sigmoids)
        return estimator

    def load_plain(self, estimator: Any) -> None:
        vectors, classes = len(estimator.support_), len(self._classes)
        shapes = {
            "support_vectors_": (estimator.support_vectors_, (vectors, self._x.shape[1])),
            "dual_coef_": (estimator.dual_coef_, (classes - 1, vectors)),
            "intercept_": (estimator.intercept_, (classes * (classes - 1) // 2,)),
            "_n_support": (estimator._n_support, (classes,)),
            "_gamma": (estimator._gamma, ()),
        }
        sigmoids = getattr(estimator, "sigmoids_", None)
        if sigmoids is not None:
            shapes["sigmoids_"] = (sigmoids, (2, classes if classes > 2 else 1))
        fitting(estimator, SVC, **shapes)
        self._keep(estimator)
        self._vectors, self._gamma = estimator.support_vectors_.astype(np.float32), float(estimator._gamma)
        self._sigmoids, self._trains = None if sigmoids is None else tuple(sigmoids), False
        self._row = self._summary()

    def _fit(self) -> None:
        self._keep(self._svc(**self._parameters()).fit(self._x, self._y))
        self._vectors = self._x[self._arrays["support"]]

    def _keep(self, estimator: Any) -> None:
        self._arrays = {
            # Support vectors are training images, so their places among these are enough, and small.
            "support": np.asarray(estimator.support_, np.int32),
            "counts": np.asarray(estimator._n_support, np.int32),
            "dual": np.ascontiguousarray(estimator.dual_coef_, np.float64),
            "intercept": np.asarray(estimator.intercept_, np.float64),
            "iterations": np.asarray(estimator.n_iter_, np.int32).reshape(-1),
        }

    def _summary(self) -> dict[str, float]:
        return {"train/support_vectors": float(len(self._arrays["support"]))}

    def _fitted(self) -> Arrays:
        return self._arrays

    def _take(self, arrays: Arrays) -> None:
        self._arrays, self._vectors = arrays, self._x[arrays["support"]]

    @cached_property
    def _gamma(self) -> float:
        return _gamma(self.config, self._x)

    def _parameters(self) -> dict[str, Any]:
        """For the SVC of either library; gamma as a number, so that both mean the same."""
        names = ("C", "kernel", "degree", "coef0", "class_weight", "tol")
        # Nothing is drawn, but without a random_state a number is taken from the global generator all the same.
        ours = {"gamma": self._gamma, "cache_size": CACHE_MB, "random_state": derive(self.seed, "fit")}
        return {name: getattr(self.config, name) for name in names} | ours

    def _margins(self, x: Images) -> Vectors:
        """Signed distances to the boundary of each pair of classes, (n, pairs): over 0 for the first of the two.

        By our own kernel matrix, for either library and many times faster than libsvm.
        """
        kernel, images = self._kernel(), flat(x)
        weights = _pair_weights(self._arrays["dual"], self._arrays["counts"])
        parts = [kernel(images[start : start + ROWS], self._vectors) @ weights for start in range(0, len(images), ROWS)]
        return np.concatenate(parts) + self._arrays["intercept"]

    def _kernel(self) -> Callable[[Images, Images], Vectors]:
        gamma, coef0 = {"gamma": self._gamma}, {"coef0": self.config.coef0}
        kernels: dict[str, Callable[..., Vectors]] = {
            "rbf": partial(rbf_kernel, **gamma),
            "linear": linear_kernel,
            "poly": partial(polynomial_kernel, degree=self.config.degree, **gamma, **coef0),
            "sigmoid": partial(sigmoid_kernel, **gamma, **coef0),
        }
        return kernels[self.config.kernel]

    def _scores(self, x: Images) -> Vectors:
        """What scikit-learn's decision_function gives: (n, classes), of two classes (n, 1)."""
        margins = self._margins(x)
        return margins if len(self._classes) == 2 else _per_class(margins, len(self._classes))

    def _calibrated(self) -> tuple[Vectors, Vectors]:
        """Slopes and intercepts of the sigmoids; ConfigError if a class has too few images to hold any out."""
        fewest = int(np.bincount(self._y)[self._classes].min())
        if fewest < 2:
            raise ConfigError("train_size: probabilities of a support vector machine need two images of each class")
        folds = StratifiedKFold(
            min(CALIBRATION_FOLDS, fewest), shuffle=True, random_state=derive(self.seed, "calibration")
        )
        estimator = self._svc(**self._parameters())
        calibrated = CalibratedClassifierCV(estimator, cv=folds, ensemble=False).fit(self._x, self._y)
        sigmoids = calibrated.calibrated_classifiers_[0].calibrators
        return np.array([each.a_ for each in sigmoids]), np.array([each.b_ for each in sigmoids])


def _gamma(config: SvmConfig, x: Images) -> float:
    if isinstance(config.gamma, float):
        return config.gamma
    variance = float(x.var(dtype=np.float64)) if config.gamma == "scale" else 1.0
    return 1.0 / (len(x[0]) * (variance or 1.0))


def _pair_weights(dual: Vectors, counts: NDArray[np.int32]) -> Vectors:
    """What each support vector weighs in each pair of classes, (support vectors, pairs).

    `dual` is libsvm's way to write it, (classes - 1, support vectors): a vector of class i meets class j in row j - 1
    if i < j, in row j otherwise.
    """
    if len(dual) == 1:
        return dual.T
    ends = np.cumsum(counts)
    of_class = [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]
    pairs = list(itertools.combinations(range(len(counts)), 2))
    weights = np.zeros((dual.shape[1], len(pairs)))
    for pair, (i, j) in enumerate(pairs):
        weights[of_class[i], pair] = dual[j - 1, of_class[i]]
        weights[of_class[j], pair] = dual[i, of_class[j]]
    return weights


def _per_class(margins: Vectors, classes: int) -> Vectors:
    """As scikit-learn has it, (n, classes): votes of the pairs, plus their margins squeezed below a third of a vote."""
    if classes == 2:
        return np.hstack([-margins, margins])
    votes, sums = np.zeros((len(margins), classes)), np.zeros((len(margins), classes))
    for pair, (i, j) in enumerate(itertools.combinations(range(classes), 2)):
        votes[:, i] += margins[:, pair] >= 0
        votes[:, j] += margins[:, pair] < 0
        sums[:, i] += margins[:, pair]
        sums[:, j] -= margins[:, pair]
    scores: Vectors = votes + sums / (3 * (np.abs(sums) + 1))
    return scores


ENTRIES = {"svm": Entry(Svm, SvmConfig, points={})}
