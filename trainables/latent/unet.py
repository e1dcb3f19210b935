"""A small U-Net (Ronneberger et al. 2015; Ho et al. 2020) for images of any size, told the time and the class."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad, pixel_shuffle, pixel_unshuffle, scaled_dot_product_attention

from trainables.nets import Shape

LONGEST_WAVE = 10_000.0


class UNet(nn.Module):
    """Images (n, c, h, w), times (n,) and labels (n,) to as many numbers as the images have.

    The label `unknown` stands for any class; without classes labels may be None.
    Squares of `patch` x `patch` pixels become channels, then `depth` times the size halves and the width doubles.
    """

    def __init__(self, shape: Shape, classes: int, width: int, depth: int, patch: int) -> None:
        super().__init__()
        self.patch, self.width = patch, width
        channels, told = shape[0] * patch**2, 4 * width
        widths = [width * 2**level for level in range(depth + 1)]
        self.time = nn.Sequential(nn.Linear(width, told), nn.SiLU(), nn.Linear(told, told))
        self.unknown: int = classes
        self.classes = nn.Embedding(classes + 1, told) if classes else None
        self.entry = nn.Conv2d(channels, width, 3, padding=1)
        self.down = nn.ModuleList(ResidualBlock(w // 2 if level else w, w, told) for level, w in enumerate(widths))
        self.shrink = nn.ModuleList(nn.Conv2d(w, w, 3, stride=2, padding=1) for w in widths[:-1])
        self.attention = Attention(widths[-1])
        self.middle = ResidualBlock(widths[-1], widths[-1], told)
        self.up = nn.ModuleList(
            ResidualBlock(3 * w if above else 2 * w, w, told) for above, w in enumerate(reversed(widths))
        )
        last = nn.Conv2d(width, channels, 3, padding=1)
        nn.init.zeros_(last.weight)
        self.exit = nn.Sequential(_norm(width), nn.SiLU(), last)

    def forward(self, x: Tensor, t: Tensor, labels: Tensor | None) -> Tensor:
        told = self.time(_waves(t, self.width))
        if self.classes is not None:
            told = told + self.classes(labels)
        h, kept = self.entry(self._patches(x)), []
        for level, block in enumerate(self.down):
            h = block(h if level == 0 else self.shrink[level - 1](h), told)
            kept.append(h)
        h = self.middle(self.attention(h), told)
        for block in self.up:
            side = kept.pop()
            h = block(torch.cat([interpolate(h, size=side.shape[2:]), side], dim=1), told)
        out: Tensor = pixel_shuffle(self.exit(h), self.patch)
        return out[:, :, : x.shape[2], : x.shape[3]]

    def _patches(self, x: Tensor) -> Tensor:
        rows, columns = (-size % self.patch for size in x.shape[2:])
        return pixel_unshuffle(pad(x, (0, columns, 0, rows), mode="replicate"), self.patch)


class ResidualBlock(nn.Module):
    """Two convolutions; what the net was told, (n, told), is added between them."""

    def __init__(self, inputs: int, outputs: int, told: int) -> None:
        super().__init__()
        self.first = nn.Sequential(_norm(inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1))
        self.told = nn.Sequential(nn.SiLU(), nn.Linear(told, outputs))
        self.second = nn.Sequential(_norm(outputs), nn.SiLU(), nn.Conv2d(outputs, outputs, 3, padding=1))
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        out: Tensor = self.skip(x) + self.second(self.first(x) + self.told(told)[:, :, None, None])
        return out


class Attention(nn.Module):
    """Every place looks at every other, beside a residual connection."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.asked, self.out = _norm(width), nn.Conv2d(width, 3 * width, 1), nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        asked = self.asked(self.norm(x)).flatten(2).transpose(1, 2)
        seen = scaled_dot_product_attention(*asked.chunk(3, dim=2)).transpose(1, 2)
        out: Tensor = x + self.out(seen.reshape(x.shape))
        return out


def _norm(width: int) -> nn.GroupNorm:
    return nn.GroupNorm(math.gcd(8, width), width)


def _waves(t: Tensor, width: int) -> Tensor:
    """Sines and cosines of the times (n,), (n, width) (Vaswani et al. 2017, section 3.5)."""
    half = (width + 1) // 2
    lengths = torch.exp(-math.log(LONGEST_WAVE) * torch.arange(half, device=t.device) / half)
    phases = t[:, None].float() * lengths
    return torch.cat([phases.sin(), phases.cos()], dim=1)[:, :width]
