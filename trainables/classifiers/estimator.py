"""Any class with `fit`, `predict` and scikit-learn's `get_params`, as a classifier of images that one step fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from trainables.arrays import Images, Labels
from trainables.base import Classifier, DivergedError, State
from trainables.classifiers.estimator_file import UnsafeTypesError, from_skops, to_skops
from trainables.classifiers.fitted import flat, for_all_classes
from trainables.training.seeds import derive

if TYPE_CHECKING:
    from trainables.data import Dataset

SEED = "random_state"  # the parameter that is the trial's seed where nothing is said
LARGEST_SEED = 2**31  # LightGBM has no larger one


class EstimatorClassifier(Classifier):
    """An estimator on flattened pixels; it is fitted to labels from 0 on without a gap, which some of them want."""

    # In a file, beside the types that skops knows: trees, which are checked when it is loaded, and plain objects.
    trusted: ClassVar[tuple[str, ...]] = (
        "sklearn.tree._tree.Tree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    )

    def __init__(self, config: Any, data: Dataset, *, seed: int, device: str = "cpu", made: type) -> None:
        """`made`: the estimator's class; `device` is ignored, an estimator computes where its parameters say."""
        self._made, self._n_classes = made, data.n_classes
        self._x = flat(data.train.x)
        self._classes, self._y = np.unique(data.train.y, return_inverse=True)
        self._estimator = made(**_seeded(config, seed))
        self._done = self._fitted = False
        self._content: bytes | None = None  # of the estimator in a file, once it was asked for

    @property
    def finished(self) -> bool:
        return self._done

    def step(self) -> Mapping[str, float]:
        """Fit, if that has not been done: to how many images, for nothing else is said by all estimators."""
        if not self._done:
            self._fit()
            self._done = True
        return {"train/fitted_images": float(len(self._y))}

    def predict(self, x: Images) -> Labels:
        labels: Labels = self._classes[np.asarray(self.plain().predict(flat(x))).reshape(-1).astype(np.int64)]
        return labels

    @property
    def predict_proba(self) -> Callable[[Images], NDArray[np.float64]]:
        """Of estimators that have one, or else a `decision_function`, whose softmax is taken: (n, classes)."""
        if _scores(self._estimator) is None:
            raise AttributeError(f"{self._made.__name__} tells no probabilities")
        return self._predict_proba

    def plain(self) -> Any:
        """The estimator, fitted (again, where a checkpoint could not hold it)."""
        if self._done and not self._fitted:
            self._fit()
        return self._estimator

    def load_plain(self, estimator: Any) -> None:
        features = getattr(estimator, "n_features_in_", self._x.shape[1])
        if type(estimator) is not self._made or features != self._x.shape[1]:
            raise ValueError(f"a {type(estimator).__name__} of {features} numbers where another belongs")
        self._estimator, self._done, self._fitted = estimator, True, True

    def state(self) -> State:
        import torch  # here alone: estimators should not wait for it to load

        if self._content is None:
            try:
                self._content = to_skops(self.plain(), self.trusted) if self._done else None
            except UnsafeTypesError:  # it is fitted again, to the same
                self._content = b""
        return {"done": self._done, "estimator": torch.tensor(np.frombuffer(self._content or b"", np.uint8))}

    def load_state(self, state: State) -> None:
        content = state["estimator"].numpy().tobytes()
        self._done = bool(state["done"])
        if content:
            self.load_plain(from_skops(content, self.trusted, self._x.shape[1]))
            self._content = content

    def _fit(self) -> None:
        self._estimator.fit(self._x, self._y)
        self._fitted = True

    def _predict_proba(self, x: Images) -> NDArray[np.float64]:
        name = _scores(self._estimator)
        proba = np.asarray(getattr(self.plain(), str(name))(flat(x)), np.float64)
        if name != "predict_proba":
            proba = _as_shares(proba)
        if not np.isfinite(proba).all():
            raise DivergedError(f"{name} of {self._made.__name__} is not finite")
        return for_all_classes(proba / proba.sum(axis=1, keepdims=True), self._classes, self._n_classes)


def given(config: Any) -> dict[str, Any]:
    """What of a config the constructor is told: what is not its own default."""
    return {f.name: getattr(config, f.name) for f in fields(config) if getattr(config, f.name) is not f.default}


def _seeded(config: Any, seed: int) -> dict[str, Any]:
    told = given(config)
    takes = any(field.name == SEED for field in fields(config))
    return {SEED: derive(seed, "fit") % LARGEST_SEED, **told} if takes else told


def _scores(estimator: Any) -> str | None:
    """The method that tells more than classes, if there is one; of pairs of classes there are no shares."""
    if hasattr(estimator, "predict_proba"):
        return "predict_proba"
    of_pairs = getattr(estimator, "decision_function_shape", "") == "ovo"
    return "decision_function" if hasattr(estimator, "decision_function") and not of_pairs else None


def _as_shares(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    if scores.ndim == 1:  # of two classes, the second
        return np.stack([expit(-scores), expit(scores)], axis=1)
    shares: NDArray[np.float64] = softmax(scores, axis=1)
    return shares
