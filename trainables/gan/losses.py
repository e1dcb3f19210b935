"""Adversarial losses as data: what D and G minimise, given D's outputs before any sigmoid ("logits")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus


@dataclass(frozen=True)
class AdversarialLoss:
    """Two functions to minimise, and how a logit reads as D(x).

    `discriminator(real, fake)` and `generator(fake)` map logits of shape (batch,) to a scalar. Where D has a target,
    the first takes `smoothing`: the target is 1 - smoothing on real images and 0 on fakes (Salimans et al. 2016).
    `score` maps logits to D(x) of the same shape; a logit over `boundary` says "real" (None: the loss has no such
    point, only differences).
    """

    discriminator: Callable[..., Tensor]
    generator: Callable[[Tensor], Tensor]
    score: Callable[[Tensor], Tensor]
    boundary: float | None = 0.0


def cross_entropy(real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor:
    """-E[log D(x)] - E[log(1 - D(G(z)))], D's side of Goodfellow et al. 2014, equation 1; 2 log 2 when D is blind.

    Smoothed, the first term is -E[(1 - s) log D(x) + s log(1 - D(x))].
    """
    return (softplus(-real) + smoothing * real).mean() + softplus(fake).mean()


def non_saturating(fake: Tensor) -> Tensor:
    """-E[log D(G(z))]: the generator loss Goodfellow et al. 2014 recommend, with gradients when D is sure."""
    return softplus(-fake).mean()


def minimax(fake: Tensor) -> Tensor:
    """E[log(1 - D(G(z)))]: the generator's side of equation 1 as it stands; it saturates when D is sure."""
    return -softplus(fake).mean()


def squared_error(real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor:
    """E[(D(x) - 1)^2] / 2 + E[D(G(z))^2] / 2: Mao et al. 2017, equation 9; 1/4 when D says 1/2 to everything."""
    return ((real - (1 - smoothing)).square().mean() + fake.square().mean()) / 2


def squared_error_to_real(fake: Tensor) -> Tensor:
    """E[(D(G(z)) - 1)^2] / 2."""
    return (fake - 1).square().mean() / 2


def mean_gap(real: Tensor, fake: Tensor) -> Tensor:
    """E[D(G(z))] - E[D(x)]: minus the Wasserstein distance if D is 1-Lipschitz and the best (Arjovsky et al. 2017)."""
    return fake.mean() - real.mean()


def hinge(real: Tensor, fake: Tensor) -> Tensor:
    """E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))]: Miyato et al. 2018, equation 16; 2 when D is blind."""
    return relu(1 - real).mean() + relu(1 + fake).mean()


def minus_mean(fake: Tensor) -> Tensor:
    """-E[D(G(z))]: the generator's side of the Wasserstein and the hinge loss."""
    return -fake.mean()


def as_it_is(logits: Tensor) -> Tensor:
    """D(x) where no sigmoid follows: a score, not a probability."""
    return logits


NON_SATURATING = AdversarialLoss(cross_entropy, non_saturating, torch.sigmoid)
MINIMAX = AdversarialLoss(cross_entropy, minimax, torch.sigmoid)
LEAST_SQUARES = AdversarialLoss(squared_error, squared_error_to_real, as_it_is, boundary=0.5)
WASSERSTEIN = AdversarialLoss(mean_gap, minus_mean, as_it_is, boundary=None)
HINGE = AdversarialLoss(hinge, minus_mean, as_it_is)

LOSSES = {
    "non_saturating": NON_SATURATING,
    "minimax": MINIMAX,
    "least_squares": LEAST_SQUARES,
    "wasserstein": WASSERSTEIN,
    "hinge": HINGE,
}
