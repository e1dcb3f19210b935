"""Logistic regression: what it accepts, that it is scikit-learn's own fit, how it is sliced, what it costs."""

import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.contract import advance, coloured, digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from trainables import MODELS
from trainables.base import ConfigError, DivergedError
from trainables.classifiers.logistic_regression import SOLVERS
from trainables.data import Dataset, Split, load_dataset, load_test

ENTRY = MODELS["logistic_regression"]
PAIRS = [(penalty, solver) for penalty, solvers in SOLVERS.items() for solver in solvers]
MULTICLASS = [(penalty, solver) for penalty, solver in PAIRS if solver != "liblinear"]
EVERY_SOLVER = {solver for _, solver in PAIRS}


def build(data: Dataset | None = None, **config: Any) -> Any:
    return ENTRY.build(config, data or digits(200), seed=0)


def flat(split: Split) -> np.ndarray:
    return split.x.reshape(len(split), -1)


def two_classes() -> Dataset:
    return load_dataset("digits", classes=(3, 8))


@pytest.mark.parametrize(("penalty", "solver"), MULTICLASS)
def test_every_valid_pair_learns_without_a_warning(penalty: str, solver: str) -> None:
    data = digits(200)
    model = build(data, penalty=penalty, solver=solver, max_iter=50)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.step()
    assert (model.predict_proba(data.val.x).argmax(1) == data.val.y).mean() > 0.7


@pytest.mark.parametrize("penalty", SOLVERS)
def test_an_invalid_pair_is_refused_by_name_with_what_is_valid(penalty: str) -> None:
    for solver in EVERY_SOLVER - set(SOLVERS[penalty]):
        with pytest.raises(ConfigError, match=rf"^solver: {solver} cannot fit penalty {penalty}; valid .*: auto, "):
            ENTRY.configure({"penalty": penalty, "solver": solver})


@pytest.mark.parametrize(
    ("penalty", "solver"), [("l2", "lbfgs"), ("none", "lbfgs"), ("l1", "saga"), ("elasticnet", "saga")]
)
def test_auto_takes_lbfgs_where_it_can(penalty: str, solver: str) -> None:
    assert ENTRY.configure({"penalty": penalty}).resolved_solver == solver


@pytest.mark.parametrize(
    ("config", "theirs"),
    [
        ({"C": 0.5}, {"C": 0.5}),
        ({"penalty": "none", "C": 0.5}, {"C": np.inf}),
        ({"penalty": "l1", "C": 0.5}, {"C": 0.5, "l1_ratio": 1.0, "solver": "saga"}),
        ({"penalty": "elasticnet", "l1_ratio": 0.3}, {"C": 0.1, "l1_ratio": 0.3, "solver": "saga"}),
        ({"class_weight": "balanced"}, {"C": 0.1, "class_weight": "balanced"}),
    ],
)
def test_a_slice_is_scikit_learns_own_fit(config: dict[str, Any], theirs: dict[str, Any]) -> None:
    data = digits(200)
    model = build(data, **config, max_iter=50)
    model.step()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # saga goes through the images at random, so both have to be asked for the same order
        seed = model._estimator.random_state
        reference = LogisticRegression(**theirs, max_iter=50, random_state=seed).fit(flat(data.train), data.train.y)
    np.testing.assert_allclose(model.predict_proba(data.val.x), reference.predict_proba(flat(data.val)), atol=1e-6)


def test_l1_sets_weights_to_zero_and_l2_does_not() -> None:
    zeros = {}
    for penalty in ("l1", "l2"):
        model = build(penalty=penalty, solver="saga", C=0.02, max_iter=50)
        model.step()
        pixels = flat(digits(200).train).std(0) > 0.1
        zeros[penalty] = float((model.weight_maps().reshape(10, -1)[:, pixels] == 0).mean())
    assert zeros["l1"] > 0.5
    assert zeros["l2"] < 0.05


def test_liblinear_is_for_two_classes() -> None:
    with pytest.raises(ConfigError, match=r"^solver: liblinear tells two classes apart, not 10; valid: lbfgs, "):
        build(solver="liblinear")
    data = two_classes()
    model = build(data, solver="liblinear", max_iter=120)
    model.step()
    assert model.finished, "liblinear cannot go on from given weights, so its one slice is the whole fit"
    assert (model.predict_proba(data.val.x).argmax(1) == data.val.y).mean() > 0.9


def test_slices_add_up_to_max_iter() -> None:
    model = build(solver="saga", tol=1e-12, max_iter=120, slice_iter=50)
    rows = advance(model, 10)
    assert [row["train/iterations"] for row in rows] == [50, 100, 120]
    assert rows[0]["train/loss"] > rows[1]["train/loss"] > rows[2]["train/loss"]


def test_a_converged_fit_is_finished_before_max_iter() -> None:
    model = build(C=1e-3, tol=1e-2, max_iter=1000)
    assert len(advance(model, 10)) == 1
    assert model.finished


def test_train_loss_is_the_mean_log_loss_of_the_training_images() -> None:
    data = digits(200)
    model = build(data, class_weight="balanced")
    row = model.step()
    assert row["train/loss"] == pytest.approx(log_loss(data.train.y, model.predict_proba(data.train.x)))


@pytest.mark.parametrize("data", [digits(200), two_classes(), coloured()], ids=["ten", "two", "coloured"])
def test_weight_maps_explain_the_odds(data: Dataset) -> None:
    model = build(data, max_iter=50)
    model.step()
    maps = model.weight_maps()
    assert maps.shape == (data.n_classes, *data.image_shape)
    assert maps.dtype == np.float32
    # Between two images the log odds of two classes move by what the difference of their maps says.
    log_proba = np.log(model.predict_proba(data.val.x[:2]))
    moved = (log_proba[0, 1] - log_proba[0, 0]) - (log_proba[1, 1] - log_proba[1, 0])
    assert moved == pytest.approx(float(((maps[1] - maps[0]) * (data.val.x[0] - data.val.x[1])).sum()), abs=1e-4)


def with_train(data: Dataset, x: np.ndarray, y: np.ndarray) -> Dataset:
    return Dataset(data.name, Split(x, y), data.val, data.classes, data.content_hash, data.split_seed)


def test_a_class_without_training_images_has_probability_zero() -> None:
    data = digits(200)
    rows = data.train.y != 4
    model = build(with_train(data, data.train.x[rows], data.train.y[rows]), max_iter=50)
    model.step()
    proba = model.predict_proba(data.val.x)
    assert (proba[:, 4] == 0).all()
    assert np.allclose(proba.sum(1), 1)
    assert (model.weight_maps()[4] == 0).all()


def test_one_class_alone_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^classes: .* two classes or more"):
        build(load_dataset("digits", classes=(3,)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:The line search")  # of the solver, on its way there
def test_weights_that_are_no_longer_finite_are_divergence() -> None:
    data = digits(40)
    model = build(with_train(data, data.train.x * np.float32(1e12), data.train.y), solver="newton-cg")
    with pytest.raises(DivergedError, match=r"^the weights are no longer finite at step 1$"):
        model.step()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"C": 0}, r"C: 0\.0 must be over 0"),
        ({"C": "1e-3"}, r"C: '1e-3' is not a number"),
        ({"C": float("nan")}, r"C: nan is not a finite number"),
        ({"penalty": "l3"}, r"penalty: 'l3' is not one of l2, l1, elasticnet, none; did you mean l1\?|.*l2\?"),
        ({"penalty": "elasticnet", "l1_ratio": 1.5}, r"l1_ratio: 1\.5 must be from 0 to 1"),
        ({"solver": "lbgfs"}, r"solver: 'lbgfs' is not one of .*; did you mean lbfgs\?"),
        ({"class_weight": "balance"}, r"class_weight: 'balance' is not .*balanced.* or null"),
        ({"max_iter": 0}, r"max_iter: 0 must be 1 or more"),
        ({"max_iter": 10.0}, r"max_iter: 10\.0 is not a whole number"),
        ({"slice_iter": 49}, r"slice_iter: 49 must be 50 or more"),
        ({"max_itr": 10}, r"max_itr: unknown parameter; valid: C, .*; did you mean max_iter\?"),
    ],
)
def test_a_bad_value_is_refused_by_name(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^(?:{message})$"):
        ENTRY.configure(config)


def test_a_whole_number_is_taken_for_a_real_one() -> None:
    config = ENTRY.configure({"C": 2})
    assert config.C == 2.0
    assert type(config.C) is float


def test_the_training_images_are_not_copied() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (4000, 1, 28, 28)).astype(np.float32), np.arange(4000) % 10
    x.flags.writeable = False
    data = with_train(digits(200), x, y)
    for solver in ("lbfgs", "saga", "newton-cg"):
        tracemalloc.start()
        build(data, solver=solver, max_iter=2).step()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < x.nbytes / 4, f"{solver} took {peak / 1e6:.1f} MB beside {x.nbytes / 1e6:.1f} MB of images"


@pytest.mark.slow
def test_the_defaults_reach_what_is_known_of_fashion_mnist(shared_data: Path) -> None:
    data = load_dataset("fashion_mnist", data_dir=shared_data)
    test = load_test("fashion_mnist", data_dir=shared_data)
    model = build(data)
    advance(model, 100)
    assert (model.predict_proba(test.x).argmax(1) == test.y).mean() >= 0.842
