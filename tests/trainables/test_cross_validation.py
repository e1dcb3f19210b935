"""Cross-validation of any classifier: honest folds, a fold a step, and no model the wiser."""

from typing import Any

import numpy as np
import pytest
from helpers.contract import advance, digits
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.errors import SpecError
from sweeps.evaluation.evaluator import Evaluator
from sweeps.spec import load_spec
from trainables import MODELS
from trainables.base import ConfigError, DivergedError
from trainables.data import Dataset, Split
from trainables.data.splits import folds
from trainables.entry import Entry

TREE = {"max_depth": 5}


class Majority:
    """A classifier of somebody else's, without a config: the most frequent class of its training images."""

    seen: list[Dataset] = []  # noqa: RUF012  (what every instance was given)

    def __init__(self, config: dict[str, Any], data: Dataset, *, seed: int, device: str = "cpu") -> None:
        self.data, self.finished = data, False
        Majority.seen.append(data)

    def step(self) -> dict[str, float]:
        self.finished = True
        return {"train/images": float(len(self.data.train))}

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        counts = np.bincount(self.data.train.y, minlength=self.data.n_classes)
        return np.tile(counts / counts.sum(), (len(x), 1))

    def state(self) -> dict[str, Any]:
        return {}

    def load_state(self, state: dict[str, Any]) -> None:
        self.finished = True


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(2, 7), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_folds_share_every_class_alike(labels: list[int], k: int, seed: int) -> None:
    fold = folds(np.array(labels), k, seed)
    assert set(fold) <= set(range(k))
    for rows in [np.ones(len(labels), bool), *(np.array(labels) == label for label in set(labels))]:
        counts = np.bincount(fold[rows], minlength=k)
        assert counts.max() - counts.min() <= 1


def test_every_image_is_tested_once_by_a_model_that_has_not_seen_it() -> None:
    Majority.seen.clear()
    data = digits(200)
    advance(Entry(Majority).build({"cv_folds": 4}, data, seed=0), 9)
    assert len(Majority.seen) == 4
    tested = np.concatenate([each.val.x for each in Majority.seen])
    assert sorted(map(bytes, tested)) == sorted(map(bytes, data.train.x))
    for each in Majority.seen:
        assert len(each.train) + len(each.val) == len(data.train)
        assert not set(map(bytes, each.val.x)) & set(map(bytes, each.train.x))


def test_rows_are_the_fold_and_the_mean_so_far() -> None:
    rows = advance(MODELS["decision_tree"].build({**TREE, "cv_folds": 5}, digits(400), seed=0), 9)
    accuracies = [row["cv/fold_accuracy"] for row in rows]
    assert len(rows) == 5
    assert [row["cv/accuracy"] for row in rows] == pytest.approx([np.mean(accuracies[: i + 1]) for i in range(5)])
    assert "cv/accuracy_std" not in rows[0]
    assert rows[4]["cv/accuracy_std"] == pytest.approx(np.std(accuracies, ddof=1))
    assert all(row["train/depth"] == 5 for row in rows)


def test_a_fold_is_the_plain_model_on_that_part() -> None:
    data = digits(300)
    row = MODELS["gaussian_nb"].build({"cv_folds": 3}, data, seed=0).step()
    held_out = folds(data.train.y, 3, data.split_seed) == 0
    x, y = data.train.x, data.train.y
    part = Dataset("part", Split(x[~held_out], y[~held_out]), Split(x[held_out], y[held_out]), data.classes, "", 0)
    plain: Any = MODELS["gaussian_nb"].build({}, part, seed=0)
    plain.step()
    assert row["cv/fold_accuracy"] == (plain.predict(part.val.x) == part.val.y).mean()


def test_every_config_is_tested_on_the_same_folds_whatever_its_seed() -> None:
    Majority.seen.clear()
    for seed in (1, 2):
        Entry(Majority).build({"cv_folds": 2}, digits(100), seed=seed)
    assert np.array_equal(Majority.seen[0].val.x, Majority.seen[1].val.x)


def test_it_asks_a_support_vector_machine_for_classes_alone() -> None:
    data = digits(200)
    model: Any = MODELS["svm"].build({"cv_folds": 2}, data, seed=0)
    model.step()
    row = Evaluator(data, "cv/accuracy").metrics(model)
    assert "val/accuracy" in row
    assert "val/log_loss" not in row
    assert model._model._sigmoids is None


def test_divergence_names_the_fold() -> None:
    config = {"lr": 1e30, "optimizer": "sgd", "lr_schedule": "constant", "updates": 20, "cv_folds": 2}
    with pytest.raises(DivergedError, match=r"at update \d+ of fold 1$"):
        MODELS["mlp"].build(config, digits(100), seed=0).step()


@pytest.mark.parametrize("value", [1, 0, -3, 2.5, "many", True, [5]])
def test_a_number_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"^cv_folds: .* 2 or more"):
        MODELS["mlp"].configure({"cv_folds": value})


def test_more_folds_than_images_of_a_class_are_refused_before_training() -> None:
    with pytest.raises(ConfigError, match=r"^cv_folds: 10 is over the \d training images of class '\d'$"):
        MODELS["mlp"].build({"cv_folds": 10}, digits(60), seed=0)


def test_null_is_the_model_itself() -> None:
    assert type(MODELS["mlp"].build({"cv_folds": None}, digits(60), seed=0)) is MODELS["mlp"].cls


def test_a_spec_takes_it_for_any_classifier_and_no_other() -> None:
    spec = load_spec({"model": "svm", "run_cap": 2, "metric": {"name": "cv/accuracy"}, "cv_folds": 5})
    assert spec.fixed["cv_folds"] == 5
    assert {"C", "kernel"} <= set(spec.space)
    assert load_spec(spec.document()) == spec
    assert load_spec("decision_tree", {"cv_folds": 3}).fixed == {"cv_folds": 3}
    searched = load_spec({"model": "svm", "run_cap": 2, "parameters": {"cv_folds": {"values": [3, 5]}}})
    assert set(searched.space) == {"cv_folds"}
    for model, count, what in [("gan", 5, "no classifier"), ("mlp", 1, "does not fit")]:
        with pytest.raises(SpecError, match=f"cv_folds: .*{what}"):
            load_spec({"run_cap": 2, "model": model, "cv_folds": count})
