"""Logistic regression by scikit-learn, fitted in slices of iterations so that a hopeless trial can be stopped early."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn import linear_model
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.utils.extmath import softmax

from trainables.arrays import Images
from trainables.base import Classifier, ConfigError, DivergedError, State
from trainables.classifiers.fitted import fitting
from trainables.config import Names, above, at_least, between
from trainables.entry import Entry
from trainables.training.seeds import derive

if TYPE_CHECKING:
    from trainables.data import Dataset

Penalty = Literal["l2", "l1", "elasticnet", "none"]
Solver = Literal["auto", "lbfgs", "newton-cg", "newton-cholesky", "sag", "saga", "liblinear"]

# What each penalty can be solved with, the default first.
SOLVERS: dict[str, tuple[str, ...]] = {
    "l2": ("lbfgs", "newton-cg", "newton-cholesky", "sag", "saga", "liblinear"),
    # Without a penalty a pixel that never changes makes newton-cholesky's Hessian singular: it would run lbfgs instead.
    "none": ("lbfgs", "newton-cg", "sag", "saga"),
    "l1": ("saga", "liblinear"),
    "elasticnet": ("saga",),
}


@dataclass(frozen=True)
class LogisticRegressionConfig:
    """Multinomial logistic regression; without effect: `C` when `penalty` is none, `l1_ratio` unless elasticnet."""

    MUTABLE: ClassVar[Names] = ("C", "l1_ratio", "class_weight")

    C: float = 0.1  # inverse strength of the penalty, on pixels in [-1, 1]
    penalty: Penalty = "l2"
    l1_ratio: float = 0.5  # the share of l1 in elasticnet
    solver: Solver = "auto"  # lbfgs where it can, else saga
    class_weight: Literal["balanced"] | None = None
    tol: float = 1e-4  # converged when the gradient (lbfgs, newton) or the change (sag, saga) is below
    max_iter: int = 200  # solver iterations in all; passes over the data for sag and saga
    slice_iter: int = 50  # iterations a step; each slice loses the solver's curvature or gradient memory

    def __post_init__(self) -> None:
        above(self, 0, "C", "tol")
        between(self, 0, 1, "l1_ratio")
        at_least(self, 1, "max_iter")
        at_least(self, 50, "slice_iter")
        valid = ("auto", *SOLVERS[self.penalty])
        if self.solver not in valid:
            raise ConfigError(
                f"solver: {self.solver} cannot fit penalty {self.penalty}; valid with it: {', '.join(valid)}"
            )

    @property
    def resolved_solver(self) -> str:
        """The solver that runs."""
        return SOLVERS[self.penalty][0] if self.solver == "auto" else self.solver


class LogisticRegression(Classifier):
    """Logistic regression on flattened pixels; a step is `slice_iter` iterations from where the last one ended."""

    def __init__(self, config: LogisticRegressionConfig, data: Dataset, *, seed: int, device: str = "cpu") -> None:
        """`device` is ignored: scikit-learn computes on the CPU. ConfigError if it cannot tell the classes apart."""
        self.config = config
        self.image_shape = data.image_shape
        self.n_classes = data.n_classes
        self.seed = seed
        # A view, not a copy: the array may lie in memory shared by all trials of a node.
        self._x, self._y = _flat(data.train.x), data.train.y
        self._classes = _classes(config, self._y)
        self._slices = self._iterations = 0
        self._converged = False
        self._estimator = _estimator(config, self._classes, self._x)

    @property
    def finished(self) -> bool:
        return self._converged or self._iterations >= self.config.max_iter

    def step(self) -> dict[str, float]:
        """Up to `slice_iter` iterations; `train/loss` is the mean log loss of all training images after them, in nats,
        without the penalty (comparable across C), `train/iterations` the iterations so far."""
        self._fit(self._slice())
        loss = float(log_loss(self._y, self._proba(self._x), labels=range(self.n_classes)))
        return {"train/loss": loss, "train/iterations": float(self._iterations)}

    def predict_proba(self, x: Images) -> NDArray[np.float64]:
        return self._proba(_flat(x))

    def plain(self) -> linear_model.LogisticRegression:
        """The model as scikit-learn's own class; classes without training images are unknown to it."""
        return self._estimator

    def load_plain(self, estimator: Any) -> None:
        """Be fitted as `plain()` of another model was; ValueError if it does not fit the images or the classes."""
        coef, intercept = self._estimator.coef_, self._estimator.intercept_
        shapes = {"coef_": (estimator.coef_, coef.shape), "intercept_": (estimator.intercept_, intercept.shape)}
        fitting(estimator, linear_model.LogisticRegression, **shapes)
        self._estimator.coef_, self._estimator.intercept_ = estimator.coef_, estimator.intercept_
        self._converged = True

    def weight_maps(self) -> Images | None:
        if len(self.image_shape) == 1:
            return None  # two weights of a point make no picture
        coef = self._estimator.coef_
        if len(self._classes) == 2:  # one weight vector, of the second class against the first
            coef = np.concatenate([-coef, coef]) / 2
        maps = np.zeros((self.n_classes, coef.shape[1]), np.float32)
        maps[self._classes] = coef
        return maps.reshape(self.n_classes, *self.image_shape)

    def state(self) -> State:
        import torch  # here alone: scikit-learn's models should not wait for it to load

        return {
            "coef": torch.from_numpy(self._estimator.coef_.copy()),
            "intercept": torch.from_numpy(self._estimator.intercept_.copy()),
            "slices": self._slices,
            "iterations": self._iterations,
            "converged": self._converged,
        }

    def load_state(self, state: State) -> None:
        self._estimator.coef_ = state["coef"].numpy().copy()
        self._estimator.intercept_ = state["intercept"].numpy().copy()
        self._slices, self._iterations = state["slices"], state["iterations"]
        self._converged = state["converged"]

    def _slice(self) -> int:
        left = self.config.max_iter - self._iterations
        # liblinear cannot start from given weights: one slice has to be everything.
        return left if self.config.resolved_solver == "liblinear" else min(left, self.config.slice_iter)

    def _fit(self, iterations: int) -> None:
        estimator = self._estimator
        estimator.set_params(max_iter=iterations, random_state=derive(self.seed, "slice", self._slices))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a slice that ends is the plan
            estimator.fit(self._x, self._y)
        if not np.isfinite(estimator.coef_).all():
            raise DivergedError(f"the weights are no longer finite at step {self._slices + 1}")
        # One layout, so that a fresh model with the same weights computes the same bits.
        estimator.coef_ = np.ascontiguousarray(estimator.coef_)
        estimator.intercept_ = np.ascontiguousarray(estimator.intercept_)
        done = int(np.max(estimator.n_iter_))
        self._slices, self._iterations = self._slices + 1, self._iterations + done
        self._converged = done < iterations

    def _proba(self, x: Images) -> NDArray[np.float64]:
        scores = self._estimator.decision_function(x).astype(np.float64)
        if scores.ndim == 1:
            scores = np.stack([np.zeros_like(scores), scores], axis=1)
        proba = np.zeros((len(x), self.n_classes))
        proba[:, self._classes] = softmax(scores)
        return proba


def _flat(x: Images) -> Images:
    return x.reshape(len(x), -1)


def _classes(config: LogisticRegressionConfig, y: NDArray[np.int64]) -> NDArray[np.int64]:
    """The classes that have training images; ConfigError if the solver cannot tell that many apart."""
    classes = np.unique(y)
    if len(classes) < 2:
        raise ConfigError("classes: logistic regression needs training images of two classes or more")
    if config.solver == "liblinear" and len(classes) > 2:
        valid = ", ".join(name for name in SOLVERS[config.penalty] if name != "liblinear")
        raise ConfigError(f"solver: liblinear tells two classes apart, not {len(classes)}; valid: {valid}")
    return classes


def _estimator(config: LogisticRegressionConfig, classes: NDArray[np.int64], x: Images) -> Any:
    """scikit-learn's estimator, already "fitted" with zero weights: what every solver starts from."""
    estimator = linear_model.LogisticRegression(
        C=math.inf if config.penalty == "none" else config.C,
        l1_ratio={"l1": 1.0, "elasticnet": config.l1_ratio}.get(config.penalty, 0.0),
        solver=config.resolved_solver,
        class_weight=config.class_weight,
        tol=config.tol,
        warm_start=True,
    )
    rows = 1 if len(classes) == 2 else len(classes)
    estimator.classes_, estimator.n_features_in_ = classes, x.shape[1]
    estimator.coef_, estimator.intercept_ = np.zeros((rows, x.shape[1]), x.dtype), np.zeros(rows, x.dtype)
    return estimator


ENTRIES = {"logistic_regression": Entry(LogisticRegression, LogisticRegressionConfig, points={})}
