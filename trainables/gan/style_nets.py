"""The generator of StyleGAN2 (Karras et al. 2020), small: mapping network, modulated convolutions, noise inputs.

Left out for size and speed: style mixing, path length regularisation, equalised learning rates, the residual D.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, leaky_relu, normalize

from trainables.gan.configs import StyleNets
from trainables.gan.nets import Nets, conv_discriminator, halved, keep_size, zero_bias
from trainables.nets import LEAK, Generator, Shape, mlp, with_labels

EPSILON = 1e-8


def style(config: StyleNets, shape: Shape, classes: int) -> Nets:
    """G with a mapping network, modulated convolutions and noise inputs; D of convolutions."""
    mapping = [config.mapping_width] * config.mapping_depth
    generator = StyleGenerator(config.latent_dim, mapping, config.g_channels, config.g_depth, shape, classes)
    return generator, conv_discriminator(config, shape, classes)


class StyleGenerator(Generator):
    """A learned first map, then a modulated convolution a size; each size adds its share to the picture.

    `noise_size` numbers follow the latent: one a pixel of each size.
    """

    def __init__(
        self, latent_dim: int, mapping: Sequence[int], channels: int, depth: int, shape: Shape, classes: int = 0
    ) -> None:
        super().__init__()
        self.classes = classes
        self.sizes = halved(shape, depth, "g_depth")[::-1]
        self.splits = [latent_dim, *(math.prod(size) for size in self.sizes)]
        self.noise_size = sum(self.splits[1:])
        self.mapping = mlp([latent_dim + classes, *mapping])
        widths = [channels * 2**level for level in reversed(range(depth + 1))]
        self.start = nn.Parameter(torch.empty(1, widths[0], *self.sizes[0]))
        pairs = itertools.pairwise([widths[0], *widths])
        self.layers = nn.ModuleList(StyledLayer(inputs, outputs, mapping[-1]) for inputs, outputs in pairs)
        self.to_image = nn.ModuleList(ModulatedConv(width, shape[0], mapping[-1], kernel=1) for width in widths)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        z, *noises = torch.split(z, self.splits, dim=1)
        # Latents of one length, as in the paper: only their direction is the style.
        z = normalize(z, dim=1) * math.sqrt(z.shape[1])
        style = leaky_relu(self.mapping(with_labels(z, labels, self.classes)), LEAK)
        features, images = self.start.expand(len(z), -1, -1, -1), z.new_zeros(())
        for size, noise, layer, to_image in zip(self.sizes, noises, self.layers, self.to_image, strict=True):
            features = layer(_resized(features, size), style, noise.view(-1, 1, *size))
            images = _resized(images, size) + to_image(features, style)
        return images.tanh()

    def initialise(self, generator: torch.Generator) -> None:
        """N(0, 1) first map, convolutions and mapping that keep the signal's size, styles around 1, no noise yet."""
        self.start.normal_(generator=generator)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                keep_size(module.weight, generator)
                zero_bias(module)
        for module in self.modules():
            if isinstance(module, ModulatedConv):
                keep_size(module.weight, generator)
                module.bias.zero_()
                module.style.bias.fill_(1)
            elif isinstance(module, StyledLayer):
                module.noise_strength.zero_()


class ModulatedConv(nn.Module):
    """A convolution whose input channels an image's style scales, with a bias; outputs of variance 1 if `demodulate`.

    Scaling inputs and outputs is the paper's scaling of weights (its equations 1 to 3) without a kernel an image.
    """

    def __init__(self, inputs: int, outputs: int, style_dim: int, kernel: int, demodulate: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.empty(outputs))
        self.style = nn.Linear(style_dim, inputs)
        self.demodulate = demodulate

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        scales = self.style(style)
        outputs = conv2d(features * scales[:, :, None, None], self.weight, padding="same")
        if self.demodulate:
            variances = scales.square() @ self.weight.square().sum((2, 3)).T
            outputs = outputs * (variances + EPSILON).rsqrt()[:, :, None, None]
        return outputs + self.bias[:, None, None]


class StyledLayer(nn.Module):
    """A 3 x 3 modulated convolution, noise (n, 1, h, w) of learned strength, LeakyReLU."""

    def __init__(self, inputs: int, outputs: int, style_dim: int) -> None:
        super().__init__()
        self.convolution = ModulatedConv(inputs, outputs, style_dim, kernel=3, demodulate=True)
        self.noise_strength = nn.Parameter(torch.empty(()))

    def forward(self, features: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        return leaky_relu(self.convolution(features, style) + self.noise_strength * noise, LEAK) * math.sqrt(2)


def _resized(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear, to any size; a number stays one."""
    return interpolate(images, size, mode="bilinear", align_corners=False) if images.dim() else images
