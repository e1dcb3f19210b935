"""Masked convolutions (van den Oord et al. 2016, PixelCNN) and a net of them, whole or one pixel at a time.

The order is rows from the top, pixels from the left, channels of a pixel one after the other. Features are divided
into as many groups as the image has channels; group g may know channels before g of its own pixel. A kernel has no
rows below its own. As in that paper some pixels above are out of sight: those further to the right than kernels reach.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad, silu

from trainables.nets import Shape

PLANES = 4  # of numbers that say what a class looks like at each place, before any pixel is known


class MaskedConv(nn.Module):
    """`size` columns and the (size + 1) / 2 rows down to the pixel's own; `strict` also hides a group from itself."""

    mask: Tensor

    def __init__(self, inputs: int, outputs: int, size: int, groups: int, *, strict: bool = False) -> None:
        super().__init__()
        self.reach = size // 2
        made = nn.Conv2d(inputs, outputs, (self.reach + 1, size))
        self.weight, self.bias = made.weight, made.bias
        self.register_buffer("mask", _mask(self.weight, groups, strict), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, outputs, h, w) of (n, inputs, h, w)."""
        return conv2d(self.padded(x), self.weight * self.mask, self.bias)

    def padded(self, x: Tensor) -> Tensor:
        """With the zeros that a pixel at the edge sees."""
        return pad(x, (self.reach, self.reach, self.reach, 0))

    def at(self, padded: Tensor, row: int, column: int) -> Tensor:
        """Features (n, outputs, 1, 1) of one pixel, of what `padded` holds by now."""
        window = padded[:, :, row : row + self.reach + 1, column : column + 2 * self.reach + 1]
        return conv2d(window, self.weight * self.mask, self.bias)


class MaskedConvBlock(nn.Module):
    """A residual block: down to half the features, a masked convolution, and up again."""

    def __init__(self, width: int, size: int, groups: int) -> None:
        super().__init__()
        inner = max(groups, width // 2)
        self.down = MaskedConv(width, inner, 1, groups)
        self.middle = MaskedConv(inner, inner, size, groups)
        self.up = MaskedConv(inner, width, 1, groups)

    def forward(self, h: Tensor, given: Tensor) -> Tensor:
        """Features (n, width, h, w) of the same; `given`, (n, inner, 1, 1), is added inside."""
        out: Tensor = h + self.up(silu(self.middle(self.entry(h)) + given))
        return out

    def entry(self, h: Tensor) -> Tensor:
        """What the masked convolution sees."""
        return silu(self.down(silu(h)))

    def at(self, h: Tensor, given: Tensor, seen: Tensor, row: int, column: int) -> Tensor:
        """The same for one pixel's features (n, width, 1, 1); its entry is written into `seen`, (n, inner, ...)."""
        seen[:, :, row + self.middle.reach, column + self.middle.reach] = self.entry(h)[:, :, 0, 0]
        out: Tensor = h + self.up(silu(self.middle.at(seen, row, column) + given))
        return out


class PixelNet(nn.Module):
    """Images (n, c, h, w) to `outputs` numbers for each channel of each pixel, (n, c, h, w, outputs)."""

    def __init__(self, shape: Shape, classes: int, width: int, depth: int, size: int, outputs: int) -> None:
        super().__init__()
        self.groups = shape[0]
        self.first = MaskedConv(shape[0], width, size + 2, self.groups, strict=True)
        self.place = nn.Parameter(torch.zeros(1, width, *shape[1:]))
        self.looks = nn.Parameter(torch.zeros(classes, PLANES, *shape[1:]))
        self.looked = nn.Conv2d(PLANES, width, 1, bias=False)
        self.blocks = nn.ModuleList(MaskedConvBlock(width, size, self.groups) for _ in range(depth))
        self.given = nn.Parameter(torch.zeros(classes, sum(self._sizes)))
        self.last = MaskedConv(width, outputs * shape[0], 1, self.groups)

    def forward(self, x: Tensor, labels: Tensor | None) -> Tensor:
        h = self.first(x) + self._setting(labels)
        for block, given in zip(self._blocks, self._given(x, labels), strict=True):
            h = block(h, given)
        return self._by_channel(self.last(silu(h)))

    def walk(self, x: Tensor, labels: Tensor | None) -> PixelwiseSampler:
        """The same pixel by pixel, in the order, while `x` is being filled in."""
        return PixelwiseSampler(self, x, self._setting(labels), self._given(x, labels))

    @property
    def _blocks(self) -> Sequence[MaskedConvBlock]:
        return list(self.blocks)  # type: ignore[arg-type]

    @property
    def _sizes(self) -> list[int]:
        return [block.middle.weight.shape[0] for block in self._blocks]

    def _setting(self, labels: Tensor | None) -> Tensor:
        """Features of each place that no pixel has a say in, (1 or n, width, h, w): the class's, where there is one."""
        return self.place if labels is None else self.place + self.looked(self.looks[labels])

    def _given(self, x: Tensor, labels: Tensor | None) -> Sequence[Tensor]:
        """What each block is told about the classes, (n, inner, 1, 1)."""
        rows = x.new_zeros(len(x), sum(self._sizes)) if labels is None else self.given[labels]
        return torch.split(rows[:, :, None, None], self._sizes, dim=1)

    def _by_channel(self, out: Tensor) -> Tensor:
        return out.reshape(len(out), self.groups, -1, *out.shape[2:]).movedim(2, -1)


class PixelwiseSampler:
    """Which numbers each pixel gets, computed from what lies before it and kept: a whole image costs one pass."""

    def __init__(self, net: PixelNet, x: Tensor, setting: Tensor, given: Sequence[Tensor]) -> None:
        self._net, self._setting, self._given = net, setting, given
        self._image = net.first.padded(x)
        self._seen = [
            block.middle.padded(x.new_zeros(len(x), block.middle.weight.shape[1], *x.shape[2:]))
            for block in net._blocks
        ]

    def parameters(self, row: int, column: int) -> Tensor:
        """(n, c, outputs) of one pixel; those of channel g count once the channels before g are written."""
        net = self._net
        h = net.first.at(self._image, row, column) + self._setting[:, :, row : row + 1, column : column + 1]
        for block, given, seen in zip(net._blocks, self._given, self._seen, strict=True):
            h = block.at(h, given, seen, row, column)
        return net._by_channel(net.last(silu(h)))[:, :, 0, 0]

    def write(self, row: int, column: int, channel: int, values: Tensor) -> None:
        reach = self._net.first.reach
        self._image[:, channel, row + reach, column + reach] = values


def _mask(weight: Tensor, groups: int, strict: bool) -> Tensor:
    """1 where a tap may look: above, to the left, and at the pixel's earlier groups and, unless strict, its own."""
    outputs, inputs, _, columns = weight.shape
    mask = torch.ones_like(weight, requires_grad=False)
    mask[:, :, -1, columns // 2 + 1 :] = 0
    of_output, of_input = (torch.arange(n) * groups // n for n in (outputs, inputs))
    behind = of_input[None] < of_output[:, None] if strict else of_input[None] <= of_output[:, None]
    mask[:, :, -1, columns // 2] = behind.to(weight.dtype)
    return mask
