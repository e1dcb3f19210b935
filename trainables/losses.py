"""Adversarial losses as data: what D and G minimise, given D's outputs before any sigmoid ("logits")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus


@dataclass(frozen=True)
class AdversarialLoss:
    """Two functions to minimise, and how a logit reads as D(x).

    `discriminator(real, fake)` and `generator(fake)` map logits of shape (batch,) to a scalar; `score` maps logits to
    D(x) of the same shape; a logit over `boundary` says "real".
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]
    score: Callable[[Tensor], Tensor]
    boundary: float = 0.0


def cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    """-E[log D(x)] - E[log(1 - D(G(z)))], D's side of Goodfellow et al. 2014, equation 1; 2 log 2 when D is blind."""
    return softplus(-real).mean() + softplus(fake).mean()


def non_saturating(fake: Tensor) -> Tensor:
    """-E[log D(G(z))]: the generator loss Goodfellow et al. 2014 recommend, with gradients when D is sure."""
    return softplus(-fake).mean()


def minimax(fake: Tensor) -> Tensor:
    """E[log(1 - D(G(z)))]: the generator's side of equation 1 as it stands; it saturates when D is sure."""
    return -softplus(fake).mean()


LOSSES = {
    "non_saturating": AdversarialLoss(cross_entropy, non_saturating, torch.sigmoid),
    "minimax": AdversarialLoss(cross_entropy, minimax, torch.sigmoid),
}
