"""Encoders and decoders of a variational autoencoder, fully connected or convolutional, of any image shape."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from trainables.nets import Shape

# One grey level of 255 in [-1, 1]: a Gaussian narrower than that would grow without bound on a background of one grey.
FINEST = math.log(2 / 255)
WIDEST = 5.0  # log scale of a latent: far over a prior's of about 0, and far from where numbers overflow
SPEED = 10.0  # how much faster than the nets the classes find their places: these have one number where nets have many


class Autoencoder(nn.Module):
    """An encoder (images to mean and log scale of the latents), a decoder, and the scale of a Gaussian likelihood.

    Inside, each class has a learned place and size among the latents, to which those outside are relative. So z given y
    keeps its prior, and the decoder need not learn slowly to do without what the encoder could say of the class.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, classes: int, latent_dim: int) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.spread = nn.Parameter(torch.zeros(()))
        self.place = nn.Parameter(torch.zeros(classes, latent_dim))
        self.log_size = nn.Parameter(torch.zeros(classes, latent_dim))
        self._classes = classes

    @property
    def log_scale(self) -> Tensor:
        """log of the standard deviation of all pixels, learned; never under `FINEST`."""
        return FINEST + nn.functional.softplus(self.spread - FINEST)

    def encode(self, x: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
        """Mean and log scale, (n, d) each, of images (n, c, h, w); labels (n,) of a conditional model."""
        mean, log_scale = self.encoder(self._with_planes(x, labels)).chunk(2, dim=1)
        log_scale = log_scale.clamp(max=WIDEST)  # of images unlike any it was trained on it may say anything
        if labels is None:
            return mean, log_scale
        place, log_size = self._of_class(labels)
        return (mean - place) * (-log_size).exp(), log_scale - log_size

    def decode(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """What `log_likelihood` takes, (..., n, c, h, w), of latents (..., n, d)."""
        flat = z.flatten(0, -2)
        if labels is not None:
            place, log_size = self._of_class(labels)
            flat = (place + z * log_size.exp()).flatten(0, -2)
            codes = nn.functional.one_hot(labels, self._classes).to(z.dtype)
            flat = torch.cat([flat, codes.expand(*z.shape[:-1], -1).flatten(0, -2)], dim=1)
        decoded: Tensor = self.decoder(flat)
        return decoded.reshape(*z.shape[:-1], *decoded.shape[1:])

    def _of_class(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Place and log size, (n, d) each, of the labels' classes."""
        return SPEED * self.place[labels], SPEED * self.log_size[labels]

    def _with_planes(self, x: Tensor, labels: Tensor | None) -> Tensor:
        """The images with a constant plane a class: 1 for the label's, 0 for the others."""
        if labels is None:
            return x
        codes = nn.functional.one_hot(labels, self._classes).to(x.dtype)
        planes = codes.reshape(*codes.shape, *[1] * (x.dim() - 2))
        return torch.cat([x, planes.expand(-1, -1, *x.shape[2:])], dim=1)


class DenseEncoder(nn.Module):
    """Images with `classes` planes behind their channels to `outputs` numbers."""

    def __init__(self, shape: Shape, classes: int, widths: Sequence[int], outputs: int) -> None:
        super().__init__()
        self._channels = shape[0]
        self.layers = _dense([math.prod(shape) + classes, *widths, outputs])

    def forward(self, x: Tensor) -> Tensor:
        images, planes = x[:, : self._channels], x[:, self._channels :]
        codes = planes.flatten(1)[:, :: math.prod(x.shape[2:])]  # the first number of each plane
        encoded: Tensor = self.layers(torch.cat([images.flatten(1), codes], dim=1))
        return encoded


def dense(shape: Shape, classes: int, latent_dim: int, depth: int, width: int) -> Autoencoder:
    """Both sides with `depth` hidden layers; with none the model is linear."""
    widths = [width] * depth
    decoder = nn.Sequential(_dense([latent_dim + classes, *widths, math.prod(shape)]), nn.Unflatten(1, shape))
    return Autoencoder(DenseEncoder(shape, classes, widths, 2 * latent_dim), decoder, classes, latent_dim)


def convolutional(shape: Shape, classes: int, latent_dim: int, depth: int, channels: int) -> Autoencoder:
    """`depth` convolutions of stride 2, and as many transposed ones; channels double as the size halves."""
    widths = [channels * 2**layer for layer in range(depth)]
    sizes = halvings(shape[1:], depth)
    top = (widths[-1], *sizes[-1])
    down = itertools.pairwise([shape[0] + classes, *widths])
    encoder = nn.Sequential(
        *(layer for inputs, outputs in down for layer in (nn.Conv2d(inputs, outputs, 4, 2, 1), nn.SiLU())),
        nn.Flatten(),
        nn.Linear(math.prod(top), 2 * latent_dim),
    )
    up = zip(itertools.pairwise([*reversed(widths), shape[0]]), itertools.pairwise(reversed(sizes)), strict=True)
    decoder = nn.Sequential(
        nn.Linear(latent_dim + classes, math.prod(top)),
        nn.Unflatten(1, top),
        *(layer for step in up for layer in (nn.SiLU(), _doubled(*step))),
    )
    return Autoencoder(encoder, decoder, classes, latent_dim)


def halvings(size: Sequence[int], depth: int) -> list[tuple[int, int]]:
    """Height and width before and after each of `depth` convolutions of stride 2, which round down."""
    return [(size[0] // 2**layer, size[1] // 2**layer) for layer in range(depth + 1)]


def _doubled(channels: tuple[int, int], sizes: tuple[tuple[int, int], tuple[int, int]]) -> nn.Module:
    """A transposed convolution from the first size to the second: twice as large, and one more where it was odd."""
    odd = (sizes[1][0] % 2, sizes[1][1] % 2)
    return nn.ConvTranspose2d(*channels, 4, 2, 1, output_padding=odd)


def _dense(sizes: Sequence[int]) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Linear(sizes[0], sizes[1])]
    for inputs, outputs in itertools.pairwise(sizes[1:]):
        layers += [nn.SiLU(), nn.Linear(inputs, outputs)]
    return nn.Sequential(*layers)
