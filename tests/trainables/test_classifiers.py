"""Classifiers of scikit-learn that are fitted in one go: the same answers whatever fitted them, and what is refused."""

from typing import Any

import numpy as np
import pytest
from helpers.contract import digits
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import accuracy_score, confusion_matrix
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC

from sweeps.evaluation.evaluator import Evaluator
from sweeps.worker.messages import Work
from sweeps.worker.running import Running
from trainables import MODELS
from trainables.base import ConfigError
from trainables.classifiers import backend
from trainables.data import Dataset, Split, load_dataset
from trainables.training.seeds import derive

LIBRARIES = ["sklearn", *(["intelex"] if backend.has_intelex() else [])]
KERNELS = ["rbf", "linear", "poly", "sigmoid"]
# How far validation accuracy may lie from plain scikit-learn's. The sigmoid kernel's problem has no single solution.
TOLERANCE = {"rbf": 0.005, "linear": 0.005, "poly": 0.005, "sigmoid": 0.05}


def fitted(name: str, data: Dataset, **config: Any) -> Any:
    model = MODELS[name].build(config, data, seed=1)
    model.step()
    return model


def flat(split: Split) -> np.ndarray:
    return split.x.reshape(len(split), -1)


def two_digits() -> Dataset:
    return load_dataset("digits", classes=(3, 8), train_size=100)


class TestSvm:
    @pytest.mark.parametrize("kernel", KERNELS)
    @pytest.mark.parametrize("library", LIBRARIES)
    @pytest.mark.parametrize("data", [digits(200), two_digits()], ids=["ten classes", "two classes"])
    def test_its_answers_are_those_of_the_plain_machine(self, library: str, kernel: str, data: Dataset) -> None:
        model = fitted("svm", data, kernel=kernel, backend=library, coef0=0.5)
        plain = model.plain()
        assert type(plain) is SVC
        assert model.backend == library
        agree = model.predict(data.val.x) == plain.predict(flat(data.val))
        assert agree.mean() > 0.98  # a tie of votes is decided by the margins here, by the class's number there
        scores = plain.decision_function(flat(data.val))
        ours = model._scores(data.val.x)
        assert np.median(np.abs(ours - scores.reshape(ours.shape))) < 1e-4

    def test_fitted_by_scikit_learn_the_plain_machine_is_the_fitted_one(self) -> None:
        data = digits(200)
        ours = fitted("svm", data, backend="sklearn").plain()
        theirs = SVC(C=10.0).fit(flat(data.train), data.train.y)
        assert np.array_equal(ours.support_, theirs.support_)
        assert np.allclose(ours.decision_function(flat(data.val)), theirs.decision_function(flat(data.val)), atol=1e-6)

    @pytest.mark.parametrize("kernel", KERNELS)
    @pytest.mark.parametrize("library", LIBRARIES[1:])
    def test_libraries_agree(self, library: str, kernel: str) -> None:
        data = digits(600)
        scores = [
            accuracy_score(data.val.y, fitted("svm", data, kernel=kernel, backend=each).predict(data.val.x))
            for each in ("sklearn", library)
        ]
        assert abs(scores[0] - scores[1]) <= TOLERANCE[kernel], scores

    @pytest.mark.parametrize("library", LIBRARIES)
    def test_a_trial_says_which_library_trained_it(self, library: str) -> None:
        running = Running(Work("0000", {"backend": library}, (0,), None), MODELS["svm"], digits(200), "cpu")
        running.start()
        assert running.where == f"cpu ({library})"

    @pytest.mark.parametrize("data", [digits(200), two_digits()], ids=["ten classes", "two classes"])
    def test_probabilities_are_those_of_scikit_learns_calibration(self, data: Dataset) -> None:
        model = fitted("svm", data, backend="sklearn")
        folds = StratifiedKFold(5, shuffle=True, random_state=derive(1, "calibration"))
        theirs = CalibratedClassifierCV(SVC(C=10.0), cv=folds, ensemble=False).fit(flat(data.train), data.train.y)
        assert np.allclose(model.predict_proba(data.val.x), theirs.predict_proba(flat(data.val)), atol=1e-3)

    def test_only_an_objective_of_probabilities_makes_it_fit_them(self) -> None:
        data = digits(200)
        model = fitted("svm", data)
        row = Evaluator(data, "val/accuracy").metrics(model)
        assert model._sigmoids is None
        assert row["val/accuracy"] == accuracy_score(data.val.y, model.predict(data.val.x))
        assert {"val/balanced_accuracy", "val/recall/3", "val/accuracy_gap", "train/accuracy"} <= set(row)
        assert "val/log_loss" not in row
        assert Evaluator(data, "val/log_loss").metrics(model)["val/log_loss"] < 1

    def test_what_it_confuses_is_counted_at_its_last_step(self) -> None:
        data = digits(200)
        model = fitted("svm", data)
        row = Evaluator(data).row(model)
        assert row["confusion"] == confusion_matrix(data.val.y, model.predict(data.val.x)).tolist()
        assert "confusion" not in Evaluator(data).row(model, last=False)

    def test_a_trained_machine_knows_classes_that_had_no_images_to_be_impossible(self) -> None:
        data = digits(200)
        rows = data.train.y != 4
        part = Dataset("part", Split(data.train.x[rows], data.train.y[rows]), data.val, data.classes, "0", 0)
        model = fitted("svm", part)
        assert not (model.predict(data.val.x) == 4).any()
        assert not model.predict_proba(data.val.x)[:, 4].any()

    def test_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        data = digits(200)
        ones = Dataset("ones", Split(data.train.x[:5], np.ones(5, np.int64)), data.val, data.classes, "0", 0)
        for what, value in {"C": 0.0, "gamma": -1.0, "degree": 0}.items():
            with pytest.raises(ConfigError, match=f"^{what}: "):
                MODELS["svm"].configure({what: value})
        with pytest.raises(ConfigError, match=r"^classes: .* two classes"):
            MODELS["svm"].build({}, ones, seed=0)
        monkeypatch.setattr("platform.machine", lambda: "aarch64")
        model: Any = MODELS["svm"].build({}, data, seed=0)
        assert model.backend == "sklearn"
        with pytest.raises(ConfigError, match=r"^backend: .*x86"):
            MODELS["svm"].build({"backend": "intelex"}, data, seed=0)


class TestDecisionTree:
    def test_its_limits_hold(self) -> None:
        data = digits(400)
        assert fitted("decision_tree", data, max_depth=3).step()["train/depth"] == 3
        assert fitted("decision_tree", data, max_depth=None, max_leaf_nodes=7).step()["train/leaves"] == 7
        pruned = fitted("decision_tree", data, ccp_alpha=0.01).step()
        assert pruned["train/leaves"] < fitted("decision_tree", data, ccp_alpha=0.0).step()["train/leaves"]

    def test_a_loaded_tree_is_the_tree(self) -> None:
        data = digits(400)
        model = fitted("decision_tree", data)
        loaded = MODELS["decision_tree"].build({}, data, seed=1)
        loaded.load_state(model.state())
        before, after = model.plain(), loaded.plain()  # type: ignore[attr-defined]  # not every Trainable has it
        assert np.array_equal(before.predict_proba(flat(data.val)), after.predict_proba(flat(data.val)))
        assert np.array_equal(before.feature_importances_, after.feature_importances_)
        assert before.get_depth() == after.get_depth()

    @pytest.mark.parametrize(
        "config", [{"max_depth": 0}, {"min_samples_leaf": 0}, {"max_leaf_nodes": 1}, {"ccp_alpha": -0.1}]
    )
    def test_refused(self, config: dict[str, Any]) -> None:
        with pytest.raises(ConfigError, match=f"^{next(iter(config))}: "):
            MODELS["decision_tree"].configure(config)


class TestGaussianNaiveBayes:
    def test_it_is_a_mean_and_a_variance_a_class_and_pixel(self) -> None:
        data = digits(300)
        plain = fitted("gaussian_nb", data, var_smoothing=1e-12).plain()
        sevens = flat(data.train)[data.train.y == 7].astype(np.float64)
        assert np.allclose(plain.theta_[7], sevens.mean(axis=0), atol=1e-6)
        assert np.allclose(plain.var_[7], sevens.var(axis=0), atol=1e-6)

    def test_smoothing_is_above_zero(self) -> None:
        with pytest.raises(ConfigError, match=r"^var_smoothing: "):
            MODELS["gaussian_nb"].configure({"var_smoothing": 0.0})
