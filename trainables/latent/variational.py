"""What a variational autoencoder is scored by: posteriors, priors and likelihoods, all log densities in nats."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import softplus

Prior = Literal["normal", "uniform"]
Likelihood = Literal["bernoulli", "gaussian"]
LOG_2PI = math.log(2 * math.pi)


@dataclass(frozen=True)
class Posterior:
    """q(z | x): a diagonal Gaussian, shape (n, d), squashed by tanh into the cube where the prior is uniform."""

    mean: Tensor
    log_scale: Tensor
    prior: Prior

    @property
    def centre(self) -> Tensor:
        """The latent of the Gaussian's mean, shape (n, d)."""
        return self.mean if self.prior == "normal" else self.mean.tanh()

    def draw(self, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Latents made of standard normal `noise`, which broadcasts to (..., n, d), and log q of each, (..., n)."""
        before = self.mean + self.log_scale.exp() * noise
        log_q = (-0.5 * noise.square() - 0.5 * LOG_2PI - self.log_scale).sum(-1)
        if self.prior == "normal":
            return before, log_q
        return before.tanh(), log_q - _log_slope(before).sum(-1)

    def divergence(self, noise: Tensor) -> Tensor:
        """KL(q || prior), (n,): in closed form for Gaussians, else from one draw made of `noise`, (n, d)."""
        if self.prior == "normal":
            return 0.5 * (self.mean.square() + (2 * self.log_scale).exp() - 1 - 2 * self.log_scale).sum(-1)
        z, log_q = self.draw(noise)
        return log_q - log_prior(z, self.prior)


def log_prior(z: Tensor, prior: Prior) -> Tensor:
    """log p(z) of N(0, 1) or U(-1, 1) in each dimension, summed over the last one."""
    if prior == "normal":
        return (-0.5 * z.square() - 0.5 * LOG_2PI).sum(-1)
    return torch.full(z.shape[:-1], -math.log(2) * z.shape[-1], dtype=z.dtype, device=z.device)


def log_likelihood(x: Tensor, decoded: Tensor, log_scale: Tensor, likelihood: Likelihood) -> Tensor:
    """log p(x | z), (..., n), of images (n, c, h, w) or points (n, 2) given what was decoded, (..., n, c, h, w).

    "gaussian": `decoded` is the mean, the standard deviation of all pixels is exp(log_scale). "bernoulli": `decoded`
    are logits and a pixel in [-1, 1] is on with probability (x + 1) / 2: the mean log mass of the binary images that
    x stands for, which is the log mass itself where x is binary.
    """
    if likelihood == "gaussian":
        pixels = -0.5 * ((x - decoded) * (-log_scale).exp()).square() - log_scale - 0.5 * LOG_2PI
    else:
        pixels = 0.5 * (x + 1) * decoded - softplus(decoded)
    return pixels.flatten(1 - x.dim()).sum(-1)


def image(decoded: Tensor, likelihood: Likelihood) -> Tensor:
    """The mean of p(x | z), as pixels in [-1, 1]."""
    return decoded.clamp(-1, 1) if likelihood == "gaussian" else 2 * decoded.sigmoid() - 1


def _log_slope(x: Tensor) -> Tensor:
    """log of the derivative of tanh, which underflows where tanh is flat if it is written as 1 - tanh(x)^2."""
    return 2 * (math.log(2) - x - softplus(-2 * x))
