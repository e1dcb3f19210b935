"""Decision trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier
from sklearn.tree._tree import NODE_DTYPE, Tree

from trainables.arrays import Images
from trainables.classifiers.fitted import Arrays, FittedClassifier, fitting, flat, for_all_classes
from trainables.config import at_least
from trainables.entry import Entry
from trainables.training.seeds import derive

if TYPE_CHECKING:
    from trainables.data import Dataset


@dataclass(frozen=True)
class DecisionTreeConfig:
    """A tree of questions about single pixels; null: no limit."""

    criterion: Literal["gini", "entropy", "log_loss"] = "entropy"  # what a split should lower
    max_depth: int | None = 15
    min_samples_leaf: int = 10  # training images a leaf has at least
    max_leaf_nodes: int | None = None
    ccp_alpha: float = 0.0  # pruned are branches that lower the impurity by less than this per leaf
    class_weight: Literal["balanced"] | None = None

    def __post_init__(self) -> None:
        at_least(self, 1, "min_samples_leaf")
        at_least(self, 0, "ccp_alpha")
        if self.max_depth is not None:
            at_least(self, 1, "max_depth")
        if self.max_leaf_nodes is not None:
            at_least(self, 2, "max_leaf_nodes")


class DecisionTree(FittedClassifier):
    """Decision tree; the probabilities are the shares of the classes among a leaf's training images."""

    trusted: ClassVar[tuple[str, ...]] = ("sklearn.tree._tree.Tree",)  # of plain(); its nodes are checked when loaded
    config: DecisionTreeConfig

    def __init__(self, config: DecisionTreeConfig, data: Dataset, *, seed: int, device: str = "cpu") -> None:
        super().__init__(config, data, seed=seed, device=device)
        # The seed decides between splits that are equally good.
        self._estimator = DecisionTreeClassifier(**vars(config), random_state=derive(seed, "tree"))

    def predict_proba(self, x: Images) -> NDArray[np.float64]:
        """Shape (n, classes), rows sum to 1."""
        return for_all_classes(self._estimator.predict_proba(flat(x)), self._classes, self.n_classes)

    def plain(self) -> DecisionTreeClassifier:
        return self._estimator

    def load_plain(self, estimator: Any) -> None:
        fitting(estimator, DecisionTreeClassifier, classes=(estimator.classes_, self._classes.shape))
        _check(estimator.tree_, len(self._classes))
        self._estimator = estimator
        self._row = self._summary()

    def _fit(self) -> None:
        self._estimator.fit(self._x, self._y)

    def _summary(self) -> dict[str, float]:
        return {
            "train/leaves": float(self._estimator.get_n_leaves()),
            "train/depth": float(self._estimator.get_depth()),
        }

    def _fitted(self) -> Arrays:
        tree = self._estimator.tree_.__getstate__()
        nodes = {name: np.ascontiguousarray(tree["nodes"][name]) for name in NODE_DTYPE.names}
        return {**nodes, "values": tree["values"], "depth": np.array(tree["max_depth"])}

    def _take(self, arrays: Arrays) -> None:
        nodes = np.zeros(len(arrays["values"]), NODE_DTYPE)
        for name in NODE_DTYPE.names:
            nodes[name] = arrays[name]
        estimator, classes = self._estimator, len(self._classes)
        estimator.classes_, estimator.n_classes_, estimator.n_outputs_ = self._classes, classes, 1
        estimator.n_features_in_, estimator.max_features_ = self._x.shape[1], self._x.shape[1]
        estimator.tree_ = Tree(self._x.shape[1], np.array([classes]), 1)
        estimator.tree_.__setstate__(
            {"max_depth": int(arrays["depth"]), "node_count": len(nodes), "nodes": nodes, "values": arrays["values"]}
        )


def _check(tree: Tree, classes: int) -> None:
    """ValueError unless it has shares of so many classes; what its nodes lead to was checked when it was read."""
    if tree.value.shape != (tree.node_count, 1, classes):
        raise ValueError("a tree whose nodes do not belong together")


ENTRIES = {"decision_tree": Entry(DecisionTree, DecisionTreeConfig, points={})}
