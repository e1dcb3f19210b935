"""The nets of the GANs: sizes, initial weights, conditioning, modulation."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from trainables.base import ConfigError
from trainables.gan.configs import DcganConfig, GanConfig, StyleganConfig
from trainables.gan.nets import Nets, dcgan, mlp
from trainables.gan.style_nets import ModulatedConv, StyledLayer, style
from trainables.nets import Generator, initialised
from trainables.training.averages import Average

SHAPES = [(1, 28, 28), (3, 32, 32), (1, 8, 8), (1, 20, 24), (3, 5, 7), (1, 9, 31)]
BUILDERS: dict[str, tuple[Any, Any]] = {"mlp": (mlp, GanConfig), "dcgan": (dcgan, DcganConfig)}
BUILDERS["style"] = (style, StyleganConfig)


def pair(nets: str, shape: tuple[int, int, int], classes: int = 0, seed: int = 0, **config: Any) -> Nets:
    build, kind = BUILDERS[nets]
    small = {} if nets == "mlp" else {"g_channels": 2, "d_channels": 2}
    made = kind(latent_dim=4, **{**small, **config})
    g, d = initialised(
        lambda: nn.ModuleList(build(made, shape, classes)), torch.Generator().manual_seed(seed), "cpu"
    ).children()
    assert isinstance(g, Generator)
    return g, d


def latents(g: Generator, n: int = 3) -> Tensor:
    return torch.randn(n, 4 + g.noise_size, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("nets", ["dcgan", "style"])
def test_images_of_any_size_or_a_refusal_that_says_how_deep_a_net_may_be(nets: str, depth: int, shape: Any) -> None:
    if min(shape[1:]) < 2**depth:
        with pytest.raises(ConfigError, match=r"^g_depth: 3 halvings leave nothing of 5 x 7 images; valid: 1 to 2"):
            pair(nets, shape, g_depth=depth)
        with pytest.raises(ConfigError, match=r"^d_depth: 3 halvings"):
            pair(nets, shape, d_depth=depth)
        return
    g, d = pair(nets, shape, g_depth=depth, d_depth=depth)
    images = g(latents(g))
    assert images.shape == (3, *shape)
    assert images.abs().max() <= 1
    assert d(images).shape == (3,)


def test_an_image_without_a_half_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^g_depth: .*valid: an image of at least 2 x 2"):
        pair("dcgan", (1, 1, 9), g_depth=1)


@pytest.mark.parametrize("nets", BUILDERS)
def test_initial_weights_are_finite_and_come_from_the_seed_alone(nets: str) -> None:
    states = [[net.state_dict() for net in pair(nets, (1, 8, 8), 3, seed)] for seed in (0, 0, 1)]
    for first, again, other in zip(*states, strict=True):
        assert all(value.isfinite().all() for value in first.values())
        assert all(torch.equal(first[name], again[name]) for name in first)
        assert any(not torch.equal(first[name], other[name]) for name in first)


def test_dcgan_starts_as_the_paper_says() -> None:
    g, _ = pair("dcgan", (1, 28, 28), g_channels=16)
    for module in g.modules():
        if isinstance(module, nn.ConvTranspose2d | nn.Linear):
            assert module.weight.std().item() == pytest.approx(0.02, rel=0.2)
        if isinstance(module, nn.BatchNorm2d):
            running = dict(module.named_buffers())
            assert (running["running_mean"] == 0).all()
            assert (running["running_var"] == 1).all()
            assert module.weight.mean().item() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_d_keeps_the_signals_size_at_the_start(norm: str) -> None:
    _, d = pair("dcgan", (1, 28, 28), d_channels=32, d_norm=norm)
    logits = d(torch.randn(64, 1, 28, 28, generator=torch.Generator().manual_seed(0)))
    assert 0.3 < logits.square().mean().sqrt().item() < 3


@pytest.mark.parametrize("nets", BUILDERS)
def test_labels_change_images_and_logits_of_a_conditional_pair_only(nets: str) -> None:
    a, b = torch.tensor([0, 0, 0]), torch.tensor([0, 1, 2])
    for classes in (0, 3):
        g, d = pair(nets, (1, 8, 8), classes)
        z = latents(g.eval())
        d.eval()
        images = g(z, a)
        pairs = [(images, g(z, b)), (d(images, a), d(images, b))]
        for under_a, under_b in pairs:
            torch.testing.assert_close(under_a[0], under_b[0])
            assert torch.equal(under_a[1:], under_b[1:]) == (classes == 0)


@pytest.mark.parametrize("demodulate", [True, False])
def test_modulation_equals_a_kernel_an_image(demodulate: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    layer = ModulatedConv(3, 5, 4, kernel=3, demodulate=demodulate)
    for parameter in layer.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    features, styles = torch.randn(2, 3, 6, 7, generator=generator), torch.randn(2, 4, generator=generator)
    for image, scales, output in zip(features, layer.style(styles), layer(features, styles), strict=True):
        kernel = layer.weight * scales[:, None, None]
        if demodulate:
            kernel = kernel / (kernel.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        torch.testing.assert_close(output, conv2d(image[None], kernel, layer.bias, padding=1)[0], atol=1e-4, rtol=1e-4)


def test_noise_enters_by_its_learned_strength() -> None:
    g, _ = pair("style", (1, 8, 8))
    z = latents(g, 1).repeat(2, 1)
    z[1, 4:] += 1
    plain = g(z)
    torch.testing.assert_close(plain[0], plain[1])
    for module in g.modules():
        if isinstance(module, StyledLayer):
            module.noise_strength.data.fill_(1)
    noisy = g(z)
    assert not torch.allclose(noisy[0], noisy[1], atol=1e-3)


def test_only_the_direction_of_a_latent_is_the_style() -> None:
    g, _ = pair("style", (1, 8, 8))
    z = latents(g)
    longer = z.clone()
    longer[:, :4] *= 3
    torch.testing.assert_close(g(z), g(longer))


def test_an_average_follows_its_net_with_the_decay_given() -> None:
    linear = nn.Linear(1, 1, bias=False)
    net = nn.Sequential(linear, nn.BatchNorm1d(1))
    average = Average(net, 0.9)
    expected = linear.weight.item()
    for updates in range(200):
        linear.weight.data.fill_(math.sin(updates))
        decay = min(0.9, (1 + updates) / (10 + updates))
        expected = decay * expected + (1 - decay) * math.sin(updates)
        average.update(updates)
    assert average.net.state_dict()["0.weight"].item() == pytest.approx(expected, abs=1e-5)
    assert Average(net, 0).net is net
