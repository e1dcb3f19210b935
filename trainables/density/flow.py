"""Normalising flows on principal components (zuko), of P(x) or of P(x | y)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
import zuko
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import one_hot

from trainables.arrays import Images, Labels
from trainables.base import Explicit, State
from trainables.config import at_least, between
from trainables.density.subspace import ROUNDING, Subspace
from trainables.entry import Entry
from trainables.labels import log_priors, path_labels, wanted_labels
from trainables.latent.interpolation import ways
from trainables.training.fitting import FitConfig, NetModel
from trainables.training.rng import torch_generator
from trainables.training.seeds import derive

if TYPE_CHECKING:
    from trainables.data import Dataset

AT_ONCE = 2048


@dataclass(frozen=True)
class FlowConfig(FitConfig):
    """Parameters of a normalising flow; `bins` is used with transform spline alone."""

    conditional: bool = True  # P(x | y), a classifier by Bayes' rule; else P(x)
    pca_components: int = 64  # dimensions of the subspace, at most as many as images or pixels
    transform: Literal["spline", "affine"] = "spline"  # of one coordinate given others: NSF and MAF
    coupling: bool = True  # half the coordinates given the other half; else each given all before: slow to sample
    transforms: int = 5
    depth: int = 2  # hidden layers of the net in a transform
    width: int = 128
    bins: int = 8  # of a spline

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "pca_components", "width")
        between(self, 1, 100, "transforms", "depth")
        at_least(self, 2, "bins")

    def flow(self, features: int, classes: int) -> nn.Module:
        """From `features` coordinates, given `classes` columns, to as many standard normal numbers."""
        common = {
            "features": features,
            "context": classes,
            "transforms": self.transforms,
            "hidden_features": [self.width] * self.depth,
            "passes": 2 if self.coupling else None,
            "randperm": True,
        }
        flow: nn.Module = (
            zuko.flows.NSF(bins=self.bins, **common) if self.transform == "spline" else zuko.flows.MAF(**common)
        )
        return flow


class Flow(NetModel[nn.Module], Explicit):
    """An invertible net from the standardised coordinates of a subspace to Gaussian noise.

    `log_density` is exact, of the continuous image: the flow's in the subspace times an isotropic Gaussian outside.
    Training blurs the coordinates by the variance of rounding to grey levels, so that a density of images that are
    discrete stays finite (dequantisation). Samples lie in the subspace, without the pixels' noise around it.
    """

    def __init__(self, config: FlowConfig, data: Dataset, *, seed: int, device: str = "cpu") -> None:
        self.config, self.conditional, self._seed = config, config.conditional, seed
        self._x, self._shape = data.train.x, data.image_shape
        self._space: Subspace | None = None
        self._classes = data.n_classes if config.conditional else 0
        features = min(config.pca_components, len(data.train.x), math.prod(data.image_shape))
        super().__init__(config, data, lambda: config.flow(features, self._classes), seed=seed, device=device)
        self.log_priors = log_priors(data.train.y, data.n_classes)

    def step(self) -> dict[str, float]:
        """Means over the interval; `train/loss` is the negative log density of whole images, nats."""
        if self._space is None:
            self._use(Subspace.of(self._x, self.config.pca_components, derive(self._seed, "pca")))
        return super().step()

    def sample(self, n: int, *, seed: int = 0, labels: Labels | None = None) -> Images:
        generator = torch_generator(seed, "sample", device=self._device)
        noise = torch.randn((n, self._subspace.dimensions), generator=generator, device=self._device)
        return self._images(noise, wanted_labels(n, labels, self.log_priors, seed) if self.conditional else None)

    def interpolate(self, steps: int, pairs: int, seed: int = 0) -> Images:
        generator = torch_generator(seed, "interpolate", device=self._device)
        noise = torch.randn((2 * pairs, self._subspace.dimensions), generator=generator, device=self._device)
        between = ways(noise[:pairs], noise[pairs:], steps, normal=True)
        return self._images(between, path_labels(steps, pairs, self.log_priors, seed) if self.conditional else None)

    @torch.no_grad()
    def _images(self, noise: Tensor, labels: Labels | None) -> Images:
        """What standard normal numbers (n, d) become, given labels (n,)."""
        given = None if labels is None else torch.from_numpy(labels).to(self._device)
        white = self._averaged(self._context(given)).transform.inv(noise)
        return self._subspace.lift(white.cpu().double().numpy() * self._subspace.spread)

    def features(self, x: Images) -> Images:
        """The coordinates in the subspace, in standard deviations of training, shape (n, d)."""
        return (self._subspace.project(x) / self._subspace.spread).astype(np.float32)

    def state(self) -> State:
        return super().state() | {"subspace": self._space.state() if self._space else None}

    def load_state(self, state: State) -> None:
        super().load_state(state)
        if state["subspace"] is not None:
            self._use(Subspace.from_state(state["subspace"], self._shape))

    @property
    def _subspace(self) -> Subspace:
        if self._space is None:
            raise RuntimeError("a flow answers after its first step")
        return self._space

    def _use(self, space: Subspace) -> None:
        """Keep the subspace, and what training needs of it on the device."""
        self._space = space
        arrays = (space.mean, space.basis, space.spread)
        self._mean, self._basis, self._spread = (torch.tensor(a, dtype=torch.float32).to(self._device) for a in arrays)
        self._log_spread = float(np.log(space.spread).sum())

    def _losses(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        gap = images.flatten(1) - self._mean
        z = gap @ self._basis.T
        outside = self._subspace.log_rest((gap.square().sum(1) - z.square().sum(1)).clamp(min=0))
        blur = torch.randn(z.shape, generator=self._generator, device=self._device) * math.sqrt(ROUNDING)
        white = (z + blur) / self._spread
        inside = self._net(self._context(labels)).log_prob(white) - self._log_spread
        return {"train/loss": -(inside + outside).mean()}

    @torch.no_grad()
    def _log_density(self, x: Images, label: int | None) -> NDArray[np.float64]:
        z, outside = self._subspace.split(x)
        parts = torch.split(torch.from_numpy(z / self._subspace.spread).float().to(self._device), AT_ONCE)
        given = (torch.full((len(part),), label or 0, device=self._device) for part in parts)
        scores = [
            self._averaged(self._context(labels)).log_prob(part) for part, labels in zip(parts, given, strict=True)
        ]
        inside: NDArray[np.float64] = torch.cat(scores).double().cpu().numpy()
        return inside - self._log_spread + outside

    def _context(self, labels: Tensor | None) -> Tensor | None:
        """Columns of 0 and 1 for the labels of a conditional model."""
        return one_hot(labels, self._classes).float() if self._classes and labels is not None else None


ENTRIES = {"flow": Entry(Flow, FlowConfig, points={})}
