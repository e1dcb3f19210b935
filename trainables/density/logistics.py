"""Mixtures of logistic distributions over grey levels (Salimans et al. 2017, PixelCNN++, section 2.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

MIN_LOG_SCALE = -7.0  # as in PixelCNN++: far below the width of a level
TINY = 1e-5  # of probability: below, the density in the middle of the level times its width stands for the mass


@dataclass(frozen=True)
class LevelMixture:
    """Distributions over `levels` grey levels, spread evenly over [-1, 1]; of parameters (..., 3 * mixtures)."""

    parameters: Tensor
    levels: int

    def log_prob(self, x: Tensor) -> Tensor:
        """log mass of the levels whose values are `x`, (...); the outermost take what lies beyond them."""
        logits, means, log_scales = self._split()
        half, x = 1 / (self.levels - 1), x[..., None]
        precision = (-log_scales).exp()
        above, below = precision * (x + half - means), precision * (x - half - means)
        mass = above.sigmoid() - below.sigmoid()
        middle = precision * (x - means)
        narrow = middle - log_scales - 2 * softplus(middle) + math.log(2 * half)
        inner = torch.where(mass > TINY, mass.clamp(min=TINY).log(), narrow)
        edged = torch.where(x < half - 1, logsigmoid(above), torch.where(x > 1 - half, -softplus(below), inner))
        total: Tensor = (edged + logits.log_softmax(-1)).logsumexp(-1)
        return total

    def draw(self, generator: torch.Generator) -> Tensor:
        """Values of levels, (...)."""
        logits, means, log_scales = self._split()
        chosen = (logits + _logistic(logits, generator, gumbel=True)).argmax(-1, keepdim=True)
        means, log_scales = means.gather(-1, chosen)[..., 0], log_scales.gather(-1, chosen)[..., 0]
        return quantised(means + log_scales.exp() * _logistic(means, generator), self.levels)

    def _split(self) -> tuple[Tensor, Tensor, Tensor]:
        logits, means, log_scales = self.parameters.chunk(3, dim=-1)
        return logits, means, log_scales.clamp(min=MIN_LOG_SCALE)


def quantised(x: Tensor, levels: int) -> Tensor:
    """The values of the levels nearest to pixels, which lie in [-1, 1] or are clipped to it."""
    return ((x.clamp(-1, 1) + 1) * (0.5 * (levels - 1))).round() * (2 / (levels - 1)) - 1


def _logistic(like: Tensor, generator: torch.Generator, gumbel: bool = False) -> Tensor:
    """Standard logistic noise of a tensor's shape, or Gumbel noise, which picks one of several by their logits."""
    uniform = torch.rand(like.shape, generator=generator, device=like.device).clamp(1e-6, 1 - 1e-6)
    return -(-uniform.log()).log() if gumbel else uniform.logit()
