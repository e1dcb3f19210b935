"""Neural image classifiers: MLP, CNN, RNN, transformer; each config builds its net from the image shape."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Literal, cast

from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention

from trainables.base import ConfigError
from trainables.classifiers.dropout import Dropout
from trainables.classifiers.neural import FusibleClassifier, NeuralClassifier, NeuralConfig
from trainables.config import at_least, between
from trainables.entry import Entry
from trainables.nets import Shape

MAX_DEPTH = 4
MAX_LAYERS = 100  # of a recurrent net


@dataclass(frozen=True)
class MlpConfig(NeuralConfig):
    """Fully connected layers. A width counts where the depth reaches it: depth 2 uses width_1 and width_2."""

    depth: int = 2  # hidden layers, 1 to 4
    width_1: int = 256
    width_2: int = 256
    width_3: int = 256
    width_4: int = 256

    def __post_init__(self) -> None:
        super().__post_init__()
        between(self, 1, MAX_DEPTH, "depth")
        at_least(self, 1, *(f"width_{layer + 1}" for layer in range(MAX_DEPTH)))

    @property
    def without_effect(self) -> list[str]:
        return [f"width_{layer + 1}" for layer in range(self.depth, MAX_DEPTH)]

    def net(self, shape: Shape, classes: int) -> nn.Module:
        widths = [math.prod(shape), *(getattr(self, f"width_{layer + 1}") for layer in range(self.depth))]
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in itertools.pairwise(widths):
            layers += [nn.Linear(inputs, outputs), nn.ReLU(), Dropout(self.dropout)]
        return nn.Sequential(*layers, nn.Linear(widths[-1], classes))


class Mlp(FusibleClassifier):
    """Fully connected layers on the pixels."""


@dataclass(frozen=True)
class CnnConfig(NeuralConfig):
    """Two convolutions, each with batch normalisation and pooled to half the size, then one hidden layer or none."""

    lr: float = 3e-3
    dropout: float = 0.3
    updates: int = 3000
    updates_per_step: int = 300
    channels_1: int = 16
    channels_2: int = 32
    kernel_size: int = 3  # odd, so that the image keeps its size
    hidden: int = 0  # width of the hidden layer, 0 for none

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "channels_1", "channels_2", "kernel_size")
        at_least(self, 0, "hidden")
        if self.kernel_size % 2 == 0:
            raise ConfigError(f"kernel_size: {self.kernel_size} is even; valid: an odd number")

    def net(self, shape: Shape, classes: int) -> nn.Module:
        channels, height, width = shape
        features = self.channels_2 * math.ceil(math.ceil(height / 2) / 2) * math.ceil(math.ceil(width / 2) / 2)
        convolutions = [*self._block(channels, self.channels_1), *self._block(self.channels_1, self.channels_2)]
        head: list[nn.Module] = [nn.Flatten(), Dropout(self.dropout)]
        if self.hidden:
            head += [nn.Linear(features, self.hidden), nn.ReLU(), Dropout(self.dropout)]
        return nn.Sequential(*convolutions, *head, nn.Linear(self.hidden or features, classes))

    def _block(self, inputs: int, outputs: int) -> list[nn.Module]:
        convolution = nn.Conv2d(inputs, outputs, self.kernel_size, padding="same", bias=False)
        # Rounded up: an image of any size leaves something.
        return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)]


class Cnn(FusibleClassifier):
    """Two convolutions, then fully connected."""


@dataclass(frozen=True)
class RnnConfig(NeuralConfig):
    """A recurrent net that reads an image row by row, from the top, or from the bottom as well."""

    lr: float = 3e-3
    updates: int = 2000
    updates_per_step: int = 200
    cell: Literal["gru", "lstm"] = "gru"
    hidden: int = 128  # numbers it remembers, in each direction
    layers: int = 1
    bidirectional: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "hidden")
        between(self, 1, MAX_LAYERS, "layers")

    def net(self, shape: Shape, classes: int) -> nn.Module:
        return RowReader(self, shape, classes)


class RowReader(nn.Module):
    """Images (n, c, h, w) to logits (n, classes), by way of h rows of c * w numbers."""

    def __init__(self, config: RnnConfig, shape: Shape, classes: int) -> None:
        super().__init__()
        channels, _, width = shape
        cell = nn.GRU if config.cell == "gru" else nn.LSTM
        directions = 2 if config.bidirectional else 1
        sizes = [channels * width] + [config.hidden * directions] * (config.layers - 1)
        # Layers of one each, because PyTorch's own dropout between them draws from the global generator.
        self.layers = nn.ModuleList(
            cell(size, config.hidden, batch_first=True, bidirectional=config.bidirectional) for size in sizes
        )
        self.dropout = Dropout(config.dropout)
        self.logits = nn.Linear(config.hidden * directions, classes)

    def forward(self, images: Tensor) -> Tensor:
        rows = images.permute(0, 2, 1, 3).flatten(2)
        for layer in self.layers:
            rows = self.dropout(layer(rows)[0])
        logits: Tensor = self.logits(rows.mean(dim=1))
        return logits


class Rnn(NeuralClassifier):
    """Recurrent net (GRU or LSTM) that reads an image as a sequence of rows."""


@dataclass(frozen=True)
class TransformerConfig(NeuralConfig):
    """A transformer on square patches; an image that they do not fill is padded with black."""

    lr: float = 2e-3
    batch_size: int = 64
    updates: int = 3000
    updates_per_step: int = 300
    patch_size: int = 4  # pixels on a side
    depth: int = 2  # blocks of attention and a hidden layer
    heads: int = 4
    head_width: int = 16  # numbers a head; the width of the whole is heads times this
    hidden_ratio: int = 2  # width of a block's hidden layer, in widths of the whole

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "patch_size", "depth", "heads", "head_width", "hidden_ratio")

    def net(self, shape: Shape, classes: int) -> nn.Module:
        if self.patch_size > min(shape[1:]):
            raise ConfigError(f"patch_size: {self.patch_size} is over the images' {shape[1]} x {shape[2]} pixels")
        return PatchTransformer(self, shape, classes)


class PatchTransformer(nn.Module):
    """Images (n, c, h, w) to logits (n, classes): Dosovitskiy et al. 2021, with the mean of the patches as answer."""

    def __init__(self, config: TransformerConfig, shape: Shape, classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        size, self.width = config.patch_size, config.heads * config.head_width
        self.missing = (0, -width % size, 0, -height % size)  # pixels to pad: left, right, top, bottom
        patches = math.ceil(height / size) * math.ceil(width / size)
        self.patches = nn.Conv2d(channels, self.width, size, stride=size)
        # Its weight, (width, patches), is added to the patches: it tells where each one lies.
        self.places = nn.Linear(patches, self.width, bias=False)
        self.blocks = nn.Sequential(*(AttentionBlock(self.width, config) for _ in range(config.depth)))
        self.logits = nn.Sequential(nn.LayerNorm(self.width), nn.Linear(self.width, classes))

    def forward(self, images: Tensor) -> Tensor:
        patches = self.patches(pad(images, self.missing, value=-1.0)).flatten(2) + self.places.weight
        logits: Tensor = self.logits(self.blocks(patches.transpose(1, 2)).mean(dim=1))
        return logits


class AttentionBlock(nn.Module):
    """Attention, then a hidden layer, each added to what came in: (n, patches, width) to the same."""

    def __init__(self, width: int, config: TransformerConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm, self.qkv, self.out = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        hidden = config.hidden_ratio * width
        self.hidden = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, hidden), nn.GELU(), Dropout(config.dropout), nn.Linear(hidden, width)
        )
        self.dropout = Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        queries, keys, values = (self._by_head(part) for part in self.qkv(self.norm(x)).chunk(3, dim=-1))
        seen = scaled_dot_product_attention(queries, keys, values).transpose(1, 2).flatten(2)
        attended: Tensor = x + self.dropout(self.out(seen))
        return attended + cast(Tensor, self.dropout(self.hidden(attended)))

    def _by_head(self, x: Tensor) -> Tensor:
        """(n, patches, width) to (n, heads, patches, width of a head)."""
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


class Transformer(NeuralClassifier):
    """Transformer on patches of an image."""


ENTRIES = {
    "cnn": Entry(Cnn, CnnConfig),
    "mlp": Entry(Mlp, MlpConfig, points={}),
    "rnn": Entry(Rnn, RnnConfig),
    "transformer": Entry(Transformer, TransformerConfig),
}
