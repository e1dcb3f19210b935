"""Contract tests that every model inherits, and the table of tiny configs they run on: a row per model."""

import copy
import io
import random
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from trainables import find_model
from trainables.base import ConfigError, State
from trainables.data import Dataset, Split, load_dataset

FEW_STEPS = 2
MANY_STEPS = 100


@dataclass(frozen=True)
class ModelUnderTest:
    """A model by name, a config it trains with in no time, and which part of the digits it gets."""

    model: str
    config: Mapping[str, Any] = field(default_factory=dict)
    train_size: int = 200
    search_path: tuple[str, ...] = ()
    draws: bool = True  # whether the seed makes a difference
    dataset: str = "digits"

    def data(self) -> Dataset:
        return some(self.dataset, self.train_size)

    def build(self, seed: int = 0, data: Dataset | None = None, **changes: Any) -> Any:
        entry = find_model(self.model, [Path(folder) for folder in self.search_path])
        return entry.build({**self.config, **changes}, data or self.data(), seed=seed, device="cpu")


TINY_GAN = {"latent_dim": 4, "updates": 18, "updates_per_step": 5}
TINY_MLP = {**TINY_GAN, "g_width_1": 16, "g_width_2": 16, "d_width_1": 16}
# ema: an average of the weights is one thing more that could be saved wrongly.
TINY_CONV = {**TINY_GAN, "g_channels": 2, "d_channels": 2, "batch_size": 16, "ema": 0.9}
FEW_UPDATES = {"batch_size": 32, "updates": 18, "updates_per_step": 5}

# saga and not lbfgs: the solver that draws at random is the one that can be resumed wrongly.
TINY = {
    "cnn": ModelUnderTest("cnn", {"channels_1": 4, "channels_2": 6, "hidden": 8, **FEW_UPDATES}),
    "cross_validation": ModelUnderTest("logistic_regression", {"solver": "saga", "max_iter": 50, "cv_folds": 4}),
    "cross_validation_neural": ModelUnderTest("mlp", {"depth": 1, "width_1": 8, "cv_folds": 3, **FEW_UPDATES}),
    "decision_tree": ModelUnderTest("decision_tree", {"max_depth": 6}),
    "gaussian_nb": ModelUnderTest("gaussian_nb", draws=False),
    "logistic_regression": ModelUnderTest("logistic_regression", {"solver": "saga", "max_iter": 160, "tol": 1e-6}),
    "mlp": ModelUnderTest("mlp", {"width_1": 16, "width_2": 8, **FEW_UPDATES}),
    "rnn": ModelUnderTest("rnn", {"hidden": 8, "layers": 2, **FEW_UPDATES}),
    "svm": ModelUnderTest("svm", {"backend": "sklearn"}, draws=False),
    "svm_auto": ModelUnderTest("svm", {"kernel": "poly"}, draws=False),
    "transformer": ModelUnderTest(
        "transformer", {"depth": 1, "heads": 2, "head_width": 4, "patch_size": 3, **FEW_UPDATES}
    ),
    "gan": ModelUnderTest("gan", TINY_MLP),
    "cgan": ModelUnderTest("cgan", {**TINY_MLP, "instance_noise": 0.1}),
    "dcgan": ModelUnderTest("dcgan", TINY_CONV),
    "cdcgan": ModelUnderTest("cdcgan", TINY_CONV),
    "lsgan": ModelUnderTest("lsgan", {**TINY_CONV, "ema": 0.0}),
    "wgan": ModelUnderTest("wgan", TINY_CONV),
    "wgan_gp": ModelUnderTest("wgan_gp", TINY_CONV),
    "sngan": ModelUnderTest("sngan", TINY_CONV),
    "stylegan": ModelUnderTest("stylegan", {**TINY_CONV, "r1_every": 3}),
    "autoregressive": ModelUnderTest("autoregressive", {"width": 6, "depth": 1, "mixtures": 2, **FEW_UPDATES}),
    "cvae": ModelUnderTest(
        "cvae", {"net": "conv", "channels": 4, "latent_dim": 3, "importance_samples": 3, **FEW_UPDATES}
    ),
    "diffusion": ModelUnderTest(
        "diffusion", {"width": 4, "sample_steps": 3, "eta": 1.0, "guidance": 1.0, **FEW_UPDATES}
    ),
    "flow": ModelUnderTest("flow", {"pca_components": 6, "transforms": 2, "width": 8, "ema": 0.9, **FEW_UPDATES}),
    "gmm": ModelUnderTest("gmm", {"n_components": 2, "pca_components": 8, "iterations_per_step": 2, "tol": 1e-9}),
    "gmm_of_all": ModelUnderTest(
        "gmm", {"conditional": False, "covariance_type": "tied", "iterations_per_step": 1, "tol": 1e-9, "max_iter": 6}
    ),
    "hmm": ModelUnderTest("hmm", {"n_states": 4, "max_iter": 5, "iterations_per_step": 1, "tol": 1e-9}),
    "vae": ModelUnderTest("vae", {"width": 16, "latent_dim": 3, "latent_prior": "uniform", "ema": 0.9, **FEW_UPDATES}),
}


def slow(name: str) -> Any:
    """A row of the table whose tests are run by `make test-all` alone."""
    return pytest.param(name, marks=pytest.mark.slow)


def digits(train_size: int) -> Dataset:
    return some("digits", train_size)


@cache
def some(dataset: str, train_size: int) -> Dataset:
    data = load_dataset(dataset, train_size=train_size)
    return replace(data, val=Split(data.val.x[:300], data.val.y[:300]))


class ModelContract:
    """The contract tests of a model. A subclass provides the fixture `case`."""

    def test_step_returns_plain_finite_floats_by_name(self, case: ModelUnderTest) -> None:
        row = case.build().step()
        assert row
        assert all(type(name) is str and "/" in name for name in row)
        assert all(type(value) is float and np.isfinite(value) for value in row.values())

    def test_goes_on_bit_for_bit_in_a_new_process(self, case: ModelUnderTest) -> None:
        straight = case.build()
        advance(straight, FEW_STEPS)
        saved = straight.state()
        advance(straight, FEW_STEPS)
        state, answered = in_new_process(case, saved)
        assert same(state, straight.state())
        assert same(answered, torch.from_numpy(answer(straight, case.data())))

    def test_asking_does_not_disturb_training(self, case: ModelUnderTest) -> None:
        asked, left_alone = case.build(), case.build()
        for _ in range(FEW_STEPS):
            asked.step()
            answer(asked, case.data())
            asked.state()
            left_alone.step()
        assert same(asked.state(), left_alone.state())

    def test_same_seed_same_run_and_another_seed_another(self, case: ModelUnderTest) -> None:
        runs = [case.build(seed) for seed in (3, 3, 4)]
        rows = [advance(run, FEW_STEPS) for run in runs]
        assert rows[0] == rows[1]
        assert same(runs[0].state(), runs[1].state())
        assert same(runs[0].state(), runs[2].state()) is not case.draws

    def test_leaves_the_global_generators_alone(self, case: ModelUnderTest) -> None:
        before = global_generators()
        model = case.build()
        advance(model, FEW_STEPS)
        answer(model, case.data())
        model.load_state(model.state())
        assert same(global_generators(), before)

    def test_trains_on_read_only_data_and_leaves_it_as_it_was(self, case: ModelUnderTest) -> None:
        data = case.data()
        arrays: list[np.ndarray] = [data.train.x, data.train.y, data.val.x, data.val.y]
        before = [array.copy() for array in arrays]
        for array in arrays:
            array.flags.writeable = False
        model = case.build(data=data)
        advance(model, FEW_STEPS)
        answer(model, data)
        assert all(np.array_equal(array, was) for array, was in zip(arrays, before, strict=True))

    def test_a_state_is_a_copy(self, case: ModelUnderTest) -> None:
        model, other = case.build(), case.build()
        model.step()
        state = model.state()
        kept = copy.deepcopy(state)
        other.load_state(state)
        model.step()
        other.step()
        assert same(state, kept)
        assert same(other.state(), model.state())

    def test_finishes_and_a_finished_state_is_finished_when_loaded(self, case: ModelUnderTest) -> None:
        model, loaded = case.build(), case.build()
        assert not model.finished
        steps = len(advance(model, MANY_STEPS))
        assert model.finished, f"not finished after {steps} steps"
        loaded.load_state(model.state())
        assert loaded.finished

    def test_answers_have_the_shape_and_range_they_must(self, case: ModelUnderTest) -> None:
        model, data = case.build(), case.data()
        model.step()
        check_answers(model, data)

    def test_takes_images_of_any_shape(self, case: ModelUnderTest) -> None:
        data = coloured()
        model = case.build(data=data)
        model.step()
        check_answers(model, data)

    def test_an_unknown_parameter_is_refused(self, case: ModelUnderTest) -> None:
        with pytest.raises(ConfigError, match=r"^no_such_parameter: unknown parameter"):
            case.build(no_such_parameter=1)


def advance(model: Any, steps: int) -> list[dict[str, float]]:
    """The rows of up to `steps` steps; fewer if the model is finished before."""
    rows: list[dict[str, float]] = []
    while len(rows) < steps and not model.finished:
        rows.append(dict(model.step()))
    return rows


def answer(model: Any, data: Dataset) -> np.ndarray:
    """What the model is for: samples, or probabilities of the validation images."""
    answered: np.ndarray = model.sample(20, seed=5) if hasattr(model, "sample") else model.predict_proba(data.val.x)
    return answered


def check_answers(model: Any, data: Dataset) -> None:
    if hasattr(model, "sample"):
        check_samples(model, data)
    if hasattr(model, "predict_proba"):
        check_probabilities(model, data)


def check_samples(model: Any, data: Dataset) -> None:
    for n in (1, 7):
        images = model.sample(n, seed=1)
        assert images.shape == (n, *data.image_shape)
        assert images.dtype == np.float32
        assert images.min() >= -1
        assert images.max() <= 1
    assert np.array_equal(model.sample(7, seed=1), images)
    assert not np.array_equal(model.sample(7, seed=2), images)


def check_probabilities(model: Any, data: Dataset) -> None:
    for n in (1, 7):
        proba = model.predict_proba(data.val.x[:n])
        assert proba.shape == (n, data.n_classes)
        assert proba.dtype == np.float64
        assert proba.min() >= 0
        assert np.allclose(proba.sum(axis=1), 1, atol=1e-9)


def coloured(train: int = 200, val: int = 30) -> Dataset:
    """Images of noise that are neither square nor grey, in three classes, read-only."""
    rng = np.random.default_rng(0)

    def split(n: int) -> Split:
        x, y = rng.uniform(-1, 1, (n, 3, 5, 7)).astype(np.float32), np.arange(n) % 3
        x.flags.writeable = y.flags.writeable = False
        return Split(x, y)

    return Dataset("noise", split(train), split(val), ("a", "b", "c"), "0", 0)


def global_generators() -> list[Any]:
    name, keys, *rest = np.random.get_state()
    return [torch.get_rng_state(), name, torch.from_numpy(np.asarray(keys, np.int64)), rest, random.getstate()]


def same(a: Any, b: Any) -> bool:
    """Equality of nested plain data and tensors, to the last bit."""
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, Mapping):
        return isinstance(b, Mapping) and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


@cache
def elsewhere() -> ProcessPoolExecutor:
    """A second interpreter, started once for all cases, because starting one takes seconds."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


def in_new_process(case: ModelUnderTest, saved: State) -> tuple[State, Tensor]:
    """State and answer after FEW_STEPS more steps from `saved`, made by another interpreter."""
    packed = io.BytesIO()
    torch.save(saved, packed)
    made = elsewhere().submit(gone_on, case, packed.getvalue(), torch.get_num_threads()).result()
    state, answered = torch.load(io.BytesIO(made), weights_only=True)
    return state, answered


def gone_on(case: ModelUnderTest, saved: bytes, threads: int) -> bytes:
    torch.set_num_threads(threads)
    model = case.build()
    model.load_state(torch.load(io.BytesIO(saved), weights_only=True))
    advance(model, FEW_STEPS)
    made = io.BytesIO()
    torch.save([model.state(), torch.from_numpy(answer(model, case.data()))], made)
    return made.getvalue()
