"""Models trained as one array against the same trained alone: losses, states and answers, step by step."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from helpers.contract import TINY, advance, answer, same, slow

from trainables.base import DivergedError
from trainables.data import Split
from trainables.fused import Fused, Programs

# Batched and single matrix products sum in another order; what follows from that grows slowly over a few updates.
LOSSES, STATES, ANSWERS = (2e-5, 1e-6), (1e-3, 2e-5), (0.0, 1e-4)  # relative and absolute
STEPS = 3
Configs = list[dict[str, Any]]

# What members of every GAN differ in, and what those of a row do as well.
RATES: Configs = [
    {"lr_g": 0.002, "d_steps": 2, "latent_prior": "uniform"},
    {"lr_d": 0.002, "beta1": 0.5, "beta2": 0.9, "g_steps": 2, "ema": 0.5},
    {"instance_noise": 0.2, "ema": 0.0},
]
NOTHING: Configs = [{}, {}, {}]
SMOOTHING = [{"label_smoothing": smoothing} for smoothing in (0.1, 0.0, 0.3)]
WEIGHTS = [{"gp_weight": weight} for weight in (10.0, 1.0, 3.3)]
GANS: dict[str, Configs] = {
    "gan": SMOOTHING,
    "cgan": [{**own, "loss": "minimax"} for own in SMOOTHING],
    "dcgan": SMOOTHING,
    "cdcgan": NOTHING,
    "lsgan": SMOOTHING,
    "lsgan of mlps": [{"net": "mlp", **own} for own in SMOOTHING],
    "wgan": [{"clip": clip} for clip in (0.01, 0.1, 0.03)],
    "wgan_gp": WEIGHTS,
    "wgan_gp of mlps": [{"net": "mlp", **own} for own in WEIGHTS],
    "sngan": NOTHING,
    "stylegan": [{"r1_weight": weight, "r1_every": every} for weight, every in ((1.0, 3), (0.3, 2), (5.0, 1))],
}

# Row of TINY -> what its members differ in, beside their seeds.
GROUPS: dict[str, Configs] = {
    "mlp": [{}, {"lr": 0.01, "dropout": 0.0, "weight_decay": 0.1}, {"lr_schedule": "constant", "dropout": 0.5}],
    "cnn": [{}, {"lr": 0.01, "dropout": 0.0}, {"weight_decay": 0.1}],
    **{row: [{**own, **axes} for own, axes in zip(RATES, more, strict=True)] for row, more in GANS.items()},
    "vae": [{}, {"lr": 0.01, "beta": 4.0, "ema": 0.0}, {"lr_decay": "none", "beta": 0.0, "ema": 0.5}],
    "cvae": [{}, {"lr": 0.01, "beta": 4.0}, {"lr_decay": "none", "ema": 0.5}],
}
SGD = [{"optimizer": "sgd", "momentum": momentum, "lr": lr} for momentum, lr in ((0.9, 0.1), (0.0, 0.1), (0.5, 0.02))]
ALL = {**GROUPS, "mlp by sgd": SGD}


# Rows of the nets of another and the loss of another.
SLOW = ("cgan", "cdcgan", "lsgan", "lsgan of mlps", "wgan", "cvae")


def build(row: str, config: Mapping[str, Any], seed: int) -> Any:
    return TINY[row.split()[0]].build(seed, **config)


def group(row: str) -> list[Any]:
    return [build(row, config, seed) for seed, config in enumerate(ALL[row])]


def assert_close(fused: Any, alone: Any, where: str = "state") -> None:
    """Nested plain data and tensors: the same form, the same integers, numbers within the tolerance."""
    assert type(fused) is type(alone), where
    if isinstance(alone, Mapping):
        assert list(fused) == list(alone), where
        for name in alone:
            assert_close(fused[name], alone[name], f"{where}.{name}")
    elif isinstance(alone, list | tuple):
        for index, (one, other) in enumerate(zip(fused, alone, strict=True)):
            assert_close(one, other, f"{where}.{index}")
    elif isinstance(alone, torch.Tensor) and alone.is_floating_point():
        rtol, atol = STATES
        torch.testing.assert_close(fused, alone, rtol=rtol, atol=atol, msg=lambda text: f"{where}: {text}")
    elif not isinstance(alone, float):
        assert same(fused, alone), where


def assert_same_rows(fused: Sequence[Any], alone: Sequence[Any]) -> None:
    for one, other in zip(fused, alone, strict=True):
        assert list(one) == list(other)
        np.testing.assert_allclose(list(one.values()), list(other.values()), *LOSSES)


def assert_same_models(row: str, fused: Sequence[Any], alone: Sequence[Any]) -> None:
    for one, other in zip(fused, alone, strict=True):
        assert_close(one.state(), other.state())
        data = TINY[row.split()[0]].data()
        np.testing.assert_allclose(answer(one, data), answer(other, data), *ANSWERS)


@pytest.mark.parametrize("row", [slow(row) if row in SLOW else row for row in ALL])
def test_fused_and_alone_are_the_same_step_by_step(row: str) -> None:
    fused, alone = group(row), group(row)
    for _ in range(STEPS):
        assert_same_rows(Fused(fused).step(), [model.step() for model in alone])
    assert_same_models(row, fused, alone)


@pytest.mark.parametrize("row", ["mlp", "gan", slow("dcgan"), slow("vae")])
def test_a_member_is_an_ordinary_model_between_steps(row: str) -> None:
    """One is taken out and goes on alone, one that began alone is put in, one is saved and goes on elsewhere."""
    first, second, third = group(row)
    alone = group(row)
    rows = [advance(model, STEPS) for model in alone]
    assert_same_rows(Fused([first, second]).step(), [rows[0][0], rows[1][0]])
    assert_same_rows(advance(third, 1), rows[2][:1])
    loaded = build(row, ALL[row][1], seed=1)
    loaded.load_state(second.state())
    assert_same_rows(advance(first, 1), rows[0][1:2])
    assert_same_rows(Fused([third, loaded]).step(), [rows[2][1], rows[1][1]])
    assert_same_rows(Fused([loaded, first, third]).step(), [rows[1][2], rows[0][2], rows[2][2]])
    assert_same_models(row, [first, loaded, third], alone)


def test_a_member_that_diverges_leaves_the_others_alone() -> None:
    broken = {"optimizer": "sgd", "lr": 1e30, "lr_schedule": "constant"}
    configs: Configs = [{"optimizer": "sgd"}, broken, {"optimizer": "sgd", "lr": 0.1}]
    fused, alone = ([build("mlp", config, seed) for seed, config in enumerate(configs)] for _ in range(2))
    first, error, third = Fused(fused).step()
    with pytest.raises(DivergedError) as expected:
        alone[1].step()
    assert isinstance(error, DivergedError)
    assert str(error).partition(" at ")[2] == str(expected.value).partition(" at ")[2]
    assert_same_rows([first, third], [alone[0].step(), alone[2].step()])
    assert_same_models("mlp", [fused[0], fused[2]], [alone[0], alone[2]])


def test_a_gan_that_diverges_leaves_the_others_alone() -> None:
    configs: Configs = [{"d_steps": 2}, {"lr_g": 1e30, "lr_d": 1e30}, {}]
    fused, alone = ([build("gan", config, seed) for seed, config in enumerate(configs)] for _ in range(2))
    first, error, third = Fused(fused).step()
    assert isinstance(error, DivergedError)
    assert_same_rows([first, third], [alone[0].step(), alone[2].step()])
    assert_same_models("gan", [fused[0], fused[2]], [alone[0], alone[2]])


def test_members_of_different_length() -> None:
    """One ends in the middle of an interval, one after it."""
    configs: Configs = [{"updates": 18}, {"updates": 7}, {"updates": 9, "lr": 0.01}]
    fused, alone = ([build("mlp", config, seed) for seed, config in enumerate(configs)] for _ in range(2))
    while running := [number for number, model in enumerate(fused) if not model.finished]:
        rows = Fused([fused[number] for number in running]).step()
        assert_same_rows(rows, [alone[number].step() for number in running])
    assert all(model.finished for model in alone)
    assert_same_models("mlp", fused, alone)


@pytest.mark.parametrize("row", ["mlp", *map(slow, ("cnn", "gan", "dcgan", "wgan_gp", "sngan", "stylegan", "cvae"))])
def test_traced_and_eager_are_the_same(row: str) -> None:
    traced, eager = group(row), group(row)
    programs = Programs(traced_after=2)
    for _ in range(STEPS):
        assert_same_rows(Fused(traced, programs).step(), Fused(eager).step())
    assert_same_models(row, traced, eager)


class Scarce(np.ndarray[Any, Any]):
    """Images for which there is no memory after a few batches."""

    left = 3

    def __getitem__(self, rows: Any) -> Any:
        type(self).left -= 1
        if type(self).left < 0:
            raise MemoryError
        return np.asarray(self)[rows]


def test_what_goes_wrong_in_an_interval_leaves_the_models_as_they_were() -> None:
    data = TINY["mlp"].data()
    scarce = replace(data, train=Split(data.train.x.view(Scarce), data.train.y))
    models = [TINY["mlp"].build(seed, scarce) for seed in range(3)]
    with pytest.raises(MemoryError):
        Fused(models).step()
    assert all(same(model.state(), TINY["mlp"].build(seed).state()) for seed, model in enumerate(models))


def test_models_of_two_families_are_refused() -> None:
    with pytest.raises(ValueError, match="family"):
        Fused([build("mlp", {}, 0), build("mlp", {"width_1": 4}, 0)]).step()


def test_the_test_can_fail() -> None:
    """Another learning rate of one member is seen."""
    fused, alone = group("mlp"), group("mlp")
    alone[1] = build("mlp", {**ALL["mlp"][1], "lr": 0.0101}, seed=1)
    Fused(fused).step()
    for model in alone:
        model.step()
    with pytest.raises(AssertionError):
        assert_same_models("mlp", fused, alone)
