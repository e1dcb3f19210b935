"""Masked convolutions look back only; what they give is a distribution over whole images."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from helpers.contract import coloured, digits

from trainables import MODELS
from trainables.base import ConfigError, Explicit
from trainables.data import Dataset, Split
from trainables.density.logistics import LevelMixture, quantised
from trainables.density.pixel_nets import PixelNet
from trainables.training.fitting import seeded


def net_of(shape: tuple[int, int, int], **changes: int) -> PixelNet:
    return seeded(
        lambda: PixelNet(shape, **{"classes": 2, "width": 6, "depth": 2, "size": 3, "outputs": 3, **changes}), 0
    )


def images(n: int, shape: tuple[int, int, int]) -> torch.Tensor:
    return torch.rand((n, *shape), generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize("shape", [(1, 5, 4), (3, 3, 4), (2, 4, 3)])
def test_no_pixel_depends_on_itself_or_on_a_later_one(shape: tuple[int, int, int]) -> None:
    net, size = net_of(shape), math.prod(shape)
    x = images(1, shape)

    def summed(x: torch.Tensor) -> torch.Tensor:
        by_pixel: torch.Tensor = net(x, torch.tensor([1])).sum(-1)
        return by_pixel.movedim(1, -1).flatten()  # rows, columns, channels: the order

    jacobian = torch.autograd.functional.jacobian(summed, x).movedim(2, -1).reshape(size, size)
    assert (jacobian.triu() == 0).all()
    # All that reaches: at least the pixel's own earlier channels and the one just before it.
    assert (jacobian.diagonal(-1)[: 4 * shape[0] - 2] != 0).any()
    assert jacobian[-1, : size - shape[0]].any()


def test_it_sees_what_is_above_and_to_the_right() -> None:
    net, x = net_of((1, 4, 5)), images(1, (1, 4, 5)).requires_grad_()
    net(x, torch.tensor([0]))[0, 0, 2, 2].sum().backward()
    assert x.grad is not None
    assert x.grad[0, 0, 1, 3] != 0


@pytest.mark.parametrize("shape", [(1, 4, 5), (3, 3, 2)])
def test_pixel_by_pixel_gives_what_the_whole_gives(shape: tuple[int, int, int]) -> None:
    net, x, labels = net_of(shape), images(4, shape), torch.tensor([0, 1, 1, 0])
    with torch.no_grad():
        net.given.normal_(generator=torch.Generator().manual_seed(1))
        whole = net(x, labels)
        walk = net.walk(torch.zeros_like(x), labels)
        for row, column in np.ndindex(shape[1:]):
            for channel in range(shape[0]):
                parameters = walk.parameters(row, column)[:, channel]
                assert torch.allclose(parameters, whole[:, channel, row, column], atol=1e-5)
                walk.write(row, column, channel, x[:, channel, row, column])


@pytest.mark.parametrize("levels", [2, 5, 256])
@pytest.mark.parametrize("log_scale", [-9.0, -3.0, 0.0, 2.0])
def test_the_masses_of_all_levels_sum_to_one(levels: int, log_scale: float) -> None:
    values = torch.linspace(-1, 1, levels)
    for mean in (-1.3, 0.1, 0.9):
        parameters = torch.tensor([0.3, -0.5, mean, -mean, log_scale, log_scale + 1]).expand(levels, 6)
        masses = LevelMixture(parameters.double(), levels).log_prob(values.double()).exp()
        # Where a level is wider than the logistic its density in the middle stands for its mass: that much is lost.
        assert masses.sum().item() == pytest.approx(1, abs=1e-3)


def test_draws_are_as_frequent_as_their_masses() -> None:
    parameters = torch.tensor([0.3, -0.5, -0.4, 0.6, -1.0, -2.0])
    drawn = LevelMixture(parameters.expand(50_000, 6), 5).draw(torch.Generator().manual_seed(0))
    values = torch.linspace(-1, 1, 5)
    masses = LevelMixture(parameters.expand(5, 6), 5).log_prob(values).exp()
    frequencies = [(drawn - value).abs().lt(1e-6).float().mean().item() for value in values]
    assert frequencies == pytest.approx(masses.tolist(), abs=0.01)


def test_grey_levels_of_bytes_are_kept() -> None:
    bytes_ = torch.arange(256) / 127.5 - 1
    assert torch.allclose(quantised(bytes_, 256), bytes_, atol=1e-6)
    assert len(quantised(bytes_, 17).unique()) == 17


def tiny_images() -> Dataset:
    rng = np.random.default_rng(0)
    split = Split(rng.uniform(-1, 1, (40, 1, 1, 3)).astype(np.float32), np.arange(40) % 2)
    return Dataset("tiny", split, split, ("a", "b"), "0", 0)


@pytest.mark.parametrize("conditional", [True, False])
def test_density_over_all_images_there_are_sums_to_one(conditional: bool) -> None:
    config = {"conditional": conditional, "levels": 4, "width": 4, "depth": 1, "updates": 5, "batch_size": 20}
    model = MODELS["autoregressive"].build(config, tiny_images(), seed=0)
    assert isinstance(model, Explicit)
    model.step()
    every = np.array(list(itertools.product(np.linspace(-1, 1, 4), repeat=3)), np.float32).reshape(-1, 1, 1, 3)
    cell = (2 / 4) ** 3
    assert np.exp(model.log_density(every)).sum() * cell == pytest.approx(1, abs=1e-4)


@pytest.fixture(scope="module")
def trained() -> Any:
    config = {"width": 16, "depth": 2, "mixtures": 3, "levels": 17, "updates": 200, "updates_per_step": 200, "lr": 1e-2}
    model = MODELS["autoregressive"].build({**config, "batch_size": 32}, digits(500), seed=0)
    model.step()
    return model


def test_loss_is_the_negative_log_density(trained: Any) -> None:
    model = MODELS["autoregressive"].build(
        {**trained.config.__dict__, "updates": 1, "batch_size": 500, "lr": 1e-9}, digits(500), seed=0
    )
    assert isinstance(model, Explicit)
    row = model.step()
    train = digits(500).train
    own = model.log_density_per_class(train.x)[np.arange(500), train.y]
    assert row["train/loss"] == pytest.approx(-own.mean(), rel=1e-3)


def test_samples_are_grey_levels_of_the_class_asked_for(trained: Any) -> None:
    labels = np.arange(60) % 10
    drawn = trained.sample(60, seed=1, labels=labels)
    assert np.abs((drawn + 1) * 8 - np.round((drawn + 1) * 8)).max() < 1e-5
    train = digits(500).train
    means = np.stack([train.x[train.y == label].mean(axis=0) for label in range(10)])
    nearest = np.square(drawn[:, None] - means).sum(axis=(2, 3, 4)).argmin(axis=1)
    assert np.mean(nearest == labels) > 0.3  # chance is 0.1


def test_imputing_keeps_what_is_known_and_does_not_look_at_the_rest(trained: Any) -> None:
    x, mask = digits(500).val.x[:4], np.zeros((4, 1, 8, 8), bool)
    mask[:, :, :5] = True
    filled = trained.impute(np.where(mask, x, np.nan).astype(np.float32), mask)
    assert np.array_equal(filled[mask], x[mask])
    assert np.array_equal(filled, trained.impute(np.where(mask, x, np.float32(0.7)), mask))


@pytest.mark.parametrize(
    ("config", "message"),
    [({"kernel": 4}, "kernel: 4 must be odd"), ({"width": 4}, "width: 4 must be 6 or more for 3")],
)
def test_bad_configs_are_refused_by_name(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        MODELS["autoregressive"].build(config, coloured(), seed=0)
