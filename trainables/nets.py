"""Networks built from the shape of an image, and their initial weights from a generator the model owns."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

Shape = tuple[int, ...]  # (channels, height, width) of images, (2,) of points, which fully connected nets take too
LEAK = 0.2  # the slope LeakyReLU has in GANs since Radford et al. 2016


class Generator(nn.Module):
    """Latents (n, latent_dim + noise_size), and class labels (n,) if conditional, to images (n, c, h, w) in [-1, 1].

    The last `noise_size` numbers of a latent are N(0, 1) whatever the prior of the others.
    """

    noise_size: int = 0


class MlpGenerator(Generator):
    """Latents (n, latent_dim), and class labels (n,) if `classes` > 0, to images (n, c, h, w) in [-1, 1]."""

    def __init__(self, latent_dim: int, widths: Sequence[int], shape: Shape, classes: int = 0) -> None:
        super().__init__()
        self.classes = classes
        self.layers = mlp([latent_dim + classes, *widths, math.prod(shape)])
        self.image = nn.Sequential(nn.Tanh(), nn.Unflatten(1, shape))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        images: Tensor = self.image(self.layers(with_labels(z, labels, self.classes)))
        return images


class MlpDiscriminator(nn.Module):
    """Images (n, c, h, w), and class labels (n,) if `classes` > 0, to logits (n,): positive for "real"."""

    def __init__(self, widths: Sequence[int], shape: Shape, classes: int = 0) -> None:
        super().__init__()
        self.classes = classes
        self.layers = mlp([math.prod(shape) + classes, *widths, 1])

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        logits: Tensor = self.layers(with_labels(images.flatten(1), labels, self.classes))
        return logits.squeeze(1)

    def features(self, images: Tensor) -> Tensor:
        """What the last layer judges by, (n, width)."""
        features: Tensor = self.layers[:-1](images.flatten(1))
        return features


def initialised(build: Callable[[], nn.Module], generator: torch.Generator, device: str | torch.device) -> nn.Module:
    """The net `build` makes, with PyTorch's default distribution of weights drawn from `generator` (on the CPU).

    PyTorch's constructors draw from the global generator: on the meta device they draw nothing.
    """
    with torch.device("meta"):
        net = build()
    net.to_empty(device="cpu")
    _initialise(net, generator)
    return net.to(device)


@runtime_checkable
class OwnWeights(Protocol):
    """A net with a rule of its own for all its initial weights and buffers, which start as garbage."""

    def initialise(self, generator: torch.Generator) -> None: ...


@torch.no_grad()
def _initialise(module: nn.Module, generator: torch.Generator) -> None:
    if isinstance(module, OwnWeights):
        module.initialise(generator)
        return
    if isinstance(module, nn.Linear | nn.Conv2d | nn.RNNBase):
        inputs = module.hidden_size if isinstance(module, nn.RNNBase) else module.weight[0].numel()
        for parameter in module.parameters(recurse=False):
            parameter.uniform_(-1 / math.sqrt(inputs), 1 / math.sqrt(inputs), generator=generator)
    elif isinstance(module, nn.LayerNorm | nn.BatchNorm2d):
        module.reset_parameters()  # to constants: nothing is drawn
    elif list(module.parameters(recurse=False)):
        raise TypeError(f"no rule for the initial weights of {type(module).__name__}")
    for child in module.children():
        _initialise(child, generator)


def mlp(sizes: Sequence[int]) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Linear(sizes[0], sizes[1])]
    for inputs, outputs in itertools.pairwise(sizes[1:]):
        layers += [nn.LeakyReLU(LEAK), nn.Linear(inputs, outputs)]
    return nn.Sequential(*layers)


def with_labels(x: Tensor, labels: Tensor | None, classes: int) -> Tensor:
    """`x` (n, d) with its labels appended as one-hot columns, as in Mirza and Osindero 2014; `x` if unconditional."""
    if not classes or labels is None:
        return x
    return torch.cat([x, nn.functional.one_hot(labels, classes).to(x.dtype)], dim=1)
