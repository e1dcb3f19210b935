"""The pairs of nets a GAN is made of, and the convolutional one for images of any size (Radford et al. 2016).

Sizes halve from the image down to the first feature map, rounded down, and G doubles them back: an odd size gets its
last row or column from the transposed convolution's `output_padding`.
"""

from __future__ import annotations

import itertools
import math
from typing import Literal

import torch
from torch import Tensor, nn

from trainables.base import ConfigError
from trainables.gan.configs import ConvNets, EitherNets, MlpNets
from trainables.nets import LEAK, Generator, MlpDiscriminator, MlpGenerator, Shape, with_labels

Norm = Literal["batch", "layer", "none"]
Nets = tuple[Generator, nn.Module]  # G, and D: images and labels to logits (n,)
SMALL = 0.02  # deviation of DCGAN's initial weights


def mlp(config: MlpNets, shape: Shape, classes: int) -> Nets:
    """G and D of fully connected layers; `classes` is 0 for an unconditional pair."""
    generator = MlpGenerator(config.latent_dim, config.widths("g"), shape, classes)
    return generator, MlpDiscriminator(config.widths("d"), shape, classes)


def dcgan(config: ConvNets, shape: Shape, classes: int) -> Nets:
    """G and D of (transposed) convolutions."""
    generator = ConvGenerator(config.latent_dim, config.g_channels, config.g_depth, shape, classes)
    return generator, conv_discriminator(config, shape, classes)


def either(config: EitherNets, shape: Shape, classes: int) -> Nets:
    """G and D of the kind that the config names."""
    return (mlp if config.fully_connected else dcgan)(config, shape, classes)


def conv_discriminator(config: ConvNets, shape: Shape, classes: int) -> ConvDiscriminator:
    return ConvDiscriminator(config.d_channels, config.d_depth, config.d_norm, shape, classes)


class ConvGenerator(Generator):
    """A first feature map from the latent, then transposed convolutions, each doubling the size; batch norm, tanh."""

    def __init__(self, latent_dim: int, channels: int, depth: int, shape: Shape, classes: int = 0) -> None:
        super().__init__()
        self.classes = classes
        sizes = halved(shape, depth, "g_depth")[::-1]
        widths = [channels * 2**level for level in reversed(range(depth))]
        self.first = nn.Linear(latent_dim + classes, widths[0] * math.prod(sizes[0]), bias=False)
        self.start = (widths[0], *sizes[0])
        layers: list[nn.Module] = [nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for size, (inputs, outputs) in zip(sizes[1:], itertools.pairwise(widths), strict=False):
            layers += [_doubling(inputs, outputs, size, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        self.layers = nn.Sequential(*layers, _doubling(widths[-1], shape[0], sizes[-1]), nn.Tanh())

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        features = self.first(with_labels(z, labels, self.classes)).unflatten(1, self.start)
        images: Tensor = self.layers(features)
        return images

    def initialise(self, generator: torch.Generator) -> None:
        """N(0, 0.02) weights and N(1, 0.02) scales as in the paper; biases 0."""
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.ConvTranspose2d):
                module.weight.normal_(0, SMALL, generator=generator)
                zero_bias(module)
            elif isinstance(module, nn.BatchNorm2d):
                module.reset_running_stats()
                module.weight.normal_(1, SMALL, generator=generator)
                module.bias.zero_()


class ConvDiscriminator(nn.Module):
    """Convolutions of stride 2 with LeakyReLU, then one linear layer: images (n, c, h, w) to logits (n,).

    Conditional, the linear layer has one more output a class, and the label's is added: the projection of Miyato and
    Koyama 2018.
    """

    def __init__(self, channels: int, depth: int, norm: Norm, shape: Shape, classes: int = 0) -> None:
        super().__init__()
        sizes = halved(shape, depth, "d_depth")
        widths = [shape[0], *(channels * 2**level for level in range(depth))]
        layers: list[nn.Module] = []
        for level, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
            normed = [] if level == 0 else _norm(norm, outputs)
            layers += [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=not normed), *normed, nn.LeakyReLU(LEAK)]
        self.layers = nn.Sequential(*layers, nn.Flatten())
        features = widths[-1] * math.prod(sizes[-1])
        self.realness = nn.Linear(features, 1)
        self.likeness = nn.Linear(features, classes, bias=False) if classes else None

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        features = self.layers(images)
        logits: Tensor = self.realness(features).squeeze(1)
        if self.likeness is not None and labels is not None:
            logits = logits + self.likeness(features).gather(1, labels[:, None]).squeeze(1)
        return logits

    def features(self, images: Tensor) -> Tensor:
        """What the last layer judges by, (n, pixels of the last map * channels)."""
        features: Tensor = self.layers(images)
        return features

    def initialise(self, generator: torch.Generator) -> None:
        """Weights that keep the signal's size through a LeakyReLU (He et al. 2015): D may have no norm to do so."""
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Conv2d):
                keep_size(module.weight, generator)
                zero_bias(module)
            elif isinstance(module, nn.BatchNorm2d | nn.GroupNorm):
                module.weight.fill_(1)
                module.bias.zero_()
                if isinstance(module, nn.BatchNorm2d):
                    module.reset_running_stats()


def halved(shape: Shape, depth: int, parameter: str) -> list[tuple[int, int]]:
    """Heights and widths from the image's down to its `depth`-th half; ConfigError if nothing is left of them."""
    _, height, width = shape
    if not min(height, width) >> depth:
        possible = min(height, width).bit_length() - 1
        valid = f"1 to {possible}" if possible else "an image of at least 2 x 2 pixels"
        raise ConfigError(f"{parameter}: {depth} halvings leave nothing of {height} x {width} images; valid: {valid}")
    return [(height >> level, width >> level) for level in range(depth + 1)]


def keep_size(weight: Tensor, generator: torch.Generator) -> None:
    """N(0, 2 / ((1 + LEAK^2) * inputs)), inputs per output."""
    weight.normal_(0, math.sqrt(2 / ((1 + LEAK**2) * weight[0].numel())), generator=generator)


def zero_bias(module: nn.Module) -> None:
    if isinstance(module.bias, Tensor):
        module.bias.zero_()


def _doubling(inputs: int, outputs: int, size: tuple[int, int], bias: bool = True) -> nn.ConvTranspose2d:
    """A transposed convolution to `size` from its half."""
    odd = (size[0] % 2, size[1] % 2)
    return nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, output_padding=odd, bias=bias)


def _norm(norm: Norm, channels: int) -> list[nn.Module]:
    if norm == "none":
        return []
    return [nn.BatchNorm2d(channels) if norm == "batch" else nn.GroupNorm(1, channels)]
