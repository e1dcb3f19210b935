"""Any class with fit, predict and get_params is a classifier: ours are asked the same of it as of any model."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.contract import ModelContract, ModelUnderTest
from helpers.contract import digits as some_digits

from trainables import ModelError, find_model, load
from trainables.base import ConfigError
from trainables.classifiers.cross_validation import CrossValidation
from trainables.data import Dataset
from trainables.saving.save import save_model
from trainables.saving.saved_model import SavedModelError

FOREST, LINEAR = "sklearn.ensemble:RandomForestClassifier", "sklearn.svm:LinearSVC"
BOOSTED = [name for name in ("xgboost:XGBClassifier", "lightgbm:LGBMClassifier") if find_spec(name.split(":")[0])]
MAJORITY = """
import numpy as np

class Majority:
    def __init__(self, extra=0):
        self.extra = extra

    def get_params(self, deep=True):
        return {"extra": self.extra}

    def fit(self, x, y):
        self.most = int(np.bincount(y).argmax())
        return self

    def predict(self, x):
        assert x.ndim == 2
        return np.full(len(x), self.most)
"""


def digits() -> Dataset:
    return some_digits(300)


class TestForest(ModelContract):
    @pytest.fixture
    def case(self) -> ModelUnderTest:
        return ModelUnderTest(FOREST, {"n_estimators": 5, "max_depth": 6})


class TestLinear(ModelContract):
    """It has no probabilities, but a score of each class."""

    @pytest.fixture
    def case(self) -> ModelUnderTest:
        return ModelUnderTest(LINEAR, {"max_iter": 20, "C": 0.01})


def fitted(name: str, config: dict[str, Any], seed: int = 0) -> Any:
    model = find_model(name).build(config, digits(), seed=seed)
    model.step()
    return model


def test_its_parameters_are_its_constructors() -> None:
    entry = find_model(LINEAR)
    assert (entry.kind, entry.has_probabilities, entry.points) == ("classifier", True, {})
    assert entry.defaults()["C"] == 1.0
    assert {"loss", "random_state", "train_size", "cv_folds"} <= entry.defaults().keys()
    with pytest.raises(ConfigError, match=r"^c: unknown parameter; valid: .*; did you mean C\?"):
        entry.configure({"c": 1})
    with pytest.raises(ConfigError, match=r"^C: must be a float in the range .* Got -1 instead"):
        entry.configure({"C": -1})


def test_the_seed_is_the_trials_unless_it_is_given() -> None:
    small: dict[str, Any] = {"n_estimators": 3, "max_depth": 4}
    one, other = (fitted(FOREST, small, seed) for seed in (1, 2))
    x = digits().val.x
    assert not np.array_equal(one.predict_proba(x), other.predict_proba(x))
    given = [fitted(FOREST, {**small, "random_state": 7}, seed) for seed in (1, 2)]
    assert np.array_equal(given[0].predict_proba(x), given[1].predict_proba(x))


def test_classes_without_training_images_are_left_between() -> None:
    data = digits()
    there = np.isin(data.train.y, (1, 4, 8))
    train = type(data.train)(data.train.x[there], data.train.y[there])
    part = type(data)(data.name, train, data.val, data.classes, data.content_hash, data.split_seed)
    model: Any = find_model(FOREST).build({"n_estimators": 3}, part, seed=0)
    model.step()
    assert set(model.predict(data.val.x)) == {1, 4, 8}
    assert np.flatnonzero(model.predict_proba(data.val.x).sum(axis=0)).tolist() == [1, 4, 8]


def test_it_is_cross_validated_as_ours_are() -> None:
    model: Any = find_model(LINEAR).build({"max_iter": 5, "cv_folds": 3}, digits(), seed=0)
    assert isinstance(model, CrossValidation)
    assert "cv/fold_accuracy" in model.step()


@pytest.mark.parametrize("name", [FOREST, LINEAR])
def test_what_skops_takes_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    model = fitted(name, {})
    save_model(tmp_path, model, name, {}, digits(), seed=0)
    assert np.array_equal(load(tmp_path).predict_proba(digits().val.x), model.predict_proba(digits().val.x))


def test_what_skops_does_not_know_is_not_saved_and_goes_on_all_the_same(tmp_path: Path) -> None:
    name = "sklearn.ensemble:HistGradientBoostingClassifier"
    model = fitted(name, {"max_iter": 2, "max_leaf_nodes": 4})
    with pytest.raises(SavedModelError, match=r"cannot be saved: skops does not know sklearn\..*TreePredictor"):
        save_model(tmp_path, model, name, {}, digits(), seed=0)
    assert not list(tmp_path.iterdir())
    again: Any = find_model(name).build({"max_iter": 2, "max_leaf_nodes": 4}, digits(), seed=0)
    again.load_state(model.state())  # a checkpoint has no more than that it is to be fitted again
    assert again.finished
    assert np.array_equal(again.predict_proba(digits().val.x), model.predict_proba(digits().val.x))


def test_one_that_tells_classes_alone_has_no_probabilities(tmp_path: Path) -> None:
    (tmp_path / "majority.py").write_text(MAJORITY)
    entry = find_model("majority:Majority", [tmp_path])
    model: Any = entry.build({"extra": 1}, digits(), seed=0)
    model.step()
    assert not entry.has_probabilities
    assert not hasattr(model, "predict_proba")
    assert len(set(model.predict(digits().val.x))) == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sklearn.linear_model:LinearRegression", "this is a regressor; of such classes classifiers are swept"),
        ("sklearn.cluster:KMeans", "this is a clusterer"),
        ("sklearn.decomposition:PCA", "does not keep the contract of a model"),
        ("sklearn.svm:LinearSVM", "did you mean LinearSV"),
    ],
)
def test_what_is_no_classifier_is_refused(name: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        find_model(name)


@pytest.mark.parametrize("name", BOOSTED)
def test_boosted_trees_of_other_libraries(name: str) -> None:
    model = fitted(name, {"n_estimators": 3})
    assert (model.predict(digits().val.x) == digits().val.y).mean() > 0.5
