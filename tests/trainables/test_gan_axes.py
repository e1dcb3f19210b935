"""One training step serves every GAN: each point on the axes trains, and each axis does what it says."""

from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from helpers.contract import TINY, advance, digits
from torch import Tensor, nn

from search_spaces import SPACES
from trainables import MODELS
from trainables.base import ConfigError, DivergedError
from trainables.data import Dataset, Split
from trainables.gan.configs import (
    AdversarialConfig,
    Clipped,
    ConvNets,
    GradientPenalised,
    MlpNets,
    R1Penalised,
    StyleNets,
)
from trainables.gan.gan import GANS, Gan, Recipe
from trainables.gan.losses import LOSSES, NON_SATURATING
from trainables.gan.nets import dcgan, mlp
from trainables.gan.penalties import gradient_penalty, none, r1, spectral_norm, weight_clipping
from trainables.gan.style_nets import style
from trainables.nets import Generator


@dataclass(frozen=True)
class AnyPenalty(Clipped, GradientPenalised, R1Penalised):
    """What every penalty needs."""


@dataclass(frozen=True)
class MlpAxes(MlpNets, AnyPenalty):
    pass


@dataclass(frozen=True)
class ConvAxes(ConvNets, AnyPenalty):
    pass


@dataclass(frozen=True)
class StyleAxes(StyleNets, AnyPenalty):
    pass


PENALTIES: dict[str, Any] = {
    "none": none,
    "weight_clipping": weight_clipping,
    "gradient_penalty": gradient_penalty,
    "r1": r1,
    "spectral_norm": spectral_norm,
}
NETS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "mlp": (mlp, MlpAxes, {"g_width_1": 8, "g_width_2": 8, "d_width_1": 8, "d_width_2": 8}),
    "dcgan": (dcgan, ConvAxes, {"g_channels": 2, "d_channels": 2, "d_norm": "none"}),
    "style": (style, StyleAxes, {"g_channels": 2, "d_channels": 2, "mapping_width": 4, "d_norm": "none"}),
}


def build(
    nets: str = "mlp", loss: str = "non_saturating", penalty: str = "none", conditional: bool = False, **config: Any
) -> Gan:
    make, kind, small = NETS[nets]
    recipe = Recipe(make, LOSSES[loss], PENALTIES[penalty], conditional, kind)
    tiny = {**small, "latent_dim": 4, "batch_size": 8, "updates": 10, "updates_per_step": 1, **config}
    return Gan(kind(**tiny), digits(200), seed=0, recipe=recipe)


def weights(net: nn.Module) -> dict[str, Tensor]:
    return {name: parameter.detach().clone() for name, parameter in net.named_parameters()}


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("nets", NETS)
def test_every_point_on_the_axes_trains(nets: str, loss: str, penalty: str) -> None:
    gan = build(nets, loss, penalty, conditional=penalty in ("none", "r1"))
    before = weights(gan._g), weights(gan._d)
    row = gan.step()
    assert all(np.isfinite(list(row.values())))
    assert (row["train/penalty"] > 0) == (penalty in ("gradient_penalty", "r1"))
    assert ("train/d_accuracy" in row) == (loss != "wasserstein")
    for net, old in zip((gan._g, gan._d), before, strict=True):
        moved = [not torch.equal(parameter, old[name]) for name, parameter in net.named_parameters()]
        assert sum(moved) > len(moved) / 2
    assert gan.sample(3, seed=0).shape == (3, 1, 8, 8)


def test_d_stays_within_the_bound_after_every_step_of_wgan() -> None:
    gan = build("dcgan", "wasserstein", "weight_clipping", clip=0.02)
    for _ in range(3):
        gan.step()
        largest = [parameter.abs().max().item() for parameter in gan._d.parameters()]
        assert max(largest) == pytest.approx(0.02)  # it is reached, not only kept


def test_every_layer_of_d_has_spectral_norm_one() -> None:
    gan = build("dcgan", "hinge", "spectral_norm", lr_d=1e-4)
    gan.step()
    layers = [module for module in gan._d.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    assert len(layers) == 3
    for layer in layers:
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=0.02)


def test_r1_comes_every_so_many_updates_and_then_as_many_times_over() -> None:
    lazy, eager = (build(penalty="r1", r1_every=every) for every in (3, 1))
    rows = [lazy.step()["train/penalty"] for _ in range(5)]
    assert [row > 0 for row in rows] == [True, False, False, True, False]
    assert rows[0] == pytest.approx(3 * eager.step()["train/penalty"])


class RecordingDiscriminator(nn.Module):
    """A discriminator that keeps the images it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.shown = nn.Linear(64, 1), list[Tensor]()

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        self.shown.append(images.detach())
        scores: Tensor = self.layer(images.flatten(1))
        return scores.squeeze(1)


class Black(Generator):
    """A generator of black images."""

    def __init__(self) -> None:
        super().__init__()
        self.unseen = nn.Linear(1, 1)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        black: Tensor = 0 * self.unseen(z[:, :1])
        return black[:, :, None, None].expand(-1, 1, 8, 8)


def test_instance_noise_is_on_all_that_d_sees_and_falls_to_nothing() -> None:
    images = Split(np.zeros((64, 1, 8, 8), np.float32), np.zeros(64, np.int64))
    black = Dataset("black", images, images, ("a",), "0", 0)
    recipe = Recipe(lambda config, shape, classes: (Black(), RecordingDiscriminator()), NON_SATURATING)
    config = AdversarialConfig(instance_noise=0.4, updates=4, updates_per_step=1)
    gan = Gan(config, black, seed=0, recipe=recipe)
    while not gan.finished:
        gan.step()
    assert isinstance(gan._d, RecordingDiscriminator)
    deviations = [shown.std().item() for shown in gan._d.shown]  # of real, fake, and fake again for G
    expected = [0.4] * 3 + [0.3] * 3 + [0.2] * 3 + [0.1] * 3
    assert deviations == pytest.approx(expected, rel=0.1)


def test_with_an_average_samples_come_from_it_and_training_is_the_same() -> None:
    plain, averaged = build("dcgan"), build("dcgan", ema=0.9)
    for _ in range(3):
        assert plain.step() == averaged.step()
    assert not np.array_equal(plain.sample(4), averaged.sample(4))
    g = averaged._average.net.state_dict()
    assert not any(torch.equal(g[name], value) for name, value in weights(averaged._g).items())


def test_d_and_g_take_as_many_steps_as_asked() -> None:
    gan = build(d_steps=3, g_steps=2, updates_per_step=4)
    gan.step()
    state = gan.state()
    taken = [{int(entry["step"]) for entry in state[f"optimizer_{net}"]["state"].values()} for net in "dg"]
    assert taken == [{12}, {8}]


def test_a_conditional_gan_samples_the_classes_asked_for() -> None:
    gan = build("mlp", conditional=True)
    labels = np.array([3, 3, 1, 0], dtype=np.int64)
    assert np.array_equal(
        gan.sample(4, seed=1, labels=labels)[2:], gan.sample(4, seed=1, labels=labels[[2, 2, 2, 3]])[2:]
    )
    assert not np.array_equal(gan.sample(4, seed=1, labels=labels)[0], gan.sample(4, seed=1)[0])


@pytest.mark.parametrize(("conditional", "labels"), [(False, [0, 1]), (True, [0]), (True, [0, 10]), (True, [-1, 0])])
def test_labels_it_cannot_take_are_refused(conditional: bool, labels: list[int]) -> None:
    with pytest.raises(ValueError, match=r"^labels: "):
        build(conditional=conditional).sample(2, labels=np.array(labels))


@pytest.mark.slow
def test_a_convolutional_conditional_gan_learns_which_class_is_which() -> None:
    y = np.arange(64) % 2
    x = np.broadcast_to((y * 1.6 - 0.8)[:, None, None, None], (64, 1, 8, 8)).astype(np.float32)
    data = Dataset("dark and light", Split(x, y), Split(x, y), ("dark", "light"), "0", 0)
    config = {**TINY["cdcgan"].config, "g_channels": 4, "d_channels": 4, "d_norm": "none", "lr_g": 2e-3, "lr_d": 2e-3}
    gan = MODELS["cdcgan"].build({**config, "updates": 150, "updates_per_step": 150}, data, seed=0)
    assert isinstance(gan, Gan)
    gan.step()
    dark, light = (gan.sample(20, labels=np.full(20, label)).mean() for label in (0, 1))
    assert dark < -0.3
    assert light > 0.3


@pytest.mark.parametrize("model", GANS)
def test_a_run_that_leaves_the_finite_numbers_says_where(model: str) -> None:
    gan = MODELS[model].build({**TINY[model].config, "lr_g": 1e30, "lr_d": 1e30}, digits(200), seed=0)
    with pytest.raises(DivergedError, match=r"^train/\w+ is (nan|-?inf) at update \d+$"):
        advance(gan, 5)


@pytest.mark.parametrize("model", GANS)
def test_the_defaults_lie_in_the_space(model: str) -> None:
    space, defaults = SPACES[model], MODELS[model].defaults()
    assert space.fault(space.resolve(lambda name, _: defaults[name])) is None


@pytest.mark.parametrize("model", GANS)
def test_what_is_drawn_can_be_trained(model: str) -> None:
    config = {**SPACES[model].draw(Random(0)), "updates": 1}
    assert MODELS[model].build(config, digits(200), seed=0).step()


@pytest.mark.parametrize(
    ("model", "config", "message"),
    [
        ("dcgan", {"g_steps": 0}, "g_steps: 0 must be 1 or more"),
        ("dcgan", {"g_channels": 0}, "g_channels: 0 must be 1 or more"),
        ("dcgan", {"batch_size": 1}, "batch_size: 1 must be 2 or more"),
        ("dcgan", {"batch_size": 500}, "batch_size: 500 is over the 200 training images"),
        ("dcgan", {"g_depth": 4}, "g_depth: 4 halvings leave nothing of 8 x 8 images; valid: 1 to 3"),
        ("dcgan", {"ema": 1.0}, "ema: 1.0 must be at least 0 and under 1"),
        ("dcgan", {"label_smoothing": -0.1}, "label_smoothing: -0.1 must be at least 0 and under 1"),
        ("dcgan", {"clip": 0.1}, "clip: unknown parameter"),
        ("wgan", {"clip": 0}, "clip: 0.0 must be over 0"),
        ("wgan", {"label_smoothing": 0.1}, "label_smoothing: unknown parameter"),
        ("wgan_gp", {"d_norm": "batch"}, "d_norm: 'batch' is not one of layer, none"),
        ("sngan", {"d_norm": "none"}, "d_norm: unknown parameter"),
        ("stylegan", {"r1_every": 0}, "r1_every: 0 must be 1 or more"),
        ("stylegan", {"mapping_depth": 0}, "mapping_depth: 0 must be 1 or more"),
        ("lsgan", {"instance_noise": -1}, "instance_noise: -1.0 must be 0 or more"),
    ],
)
def test_a_config_it_cannot_take_is_refused_by_name(model: str, config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        MODELS[model].build(config, digits(200), seed=0)
    assert str(raised.value).startswith(message)
