"""Interpolation paths through a latent space."""

from __future__ import annotations

import torch
from torch import Tensor


def ways(starts: Tensor, ends: Tensor, steps: int, *, normal: bool) -> Tensor:
    """`steps` latents from each start to its end, both included: (pairs, ...) twice to (pairs * steps, ...).

    One way after the other, 2 steps or more. Between `normal` latents every point is scaled back to variance 1, so that
    it is as likely as one that is drawn (Agustsson et al. 2019, table 1); in the middle of a straight line none is.
    """
    share = torch.linspace(0, 1, steps, device=starts.device).view(1, steps, *[1] * (starts.dim() - 1))
    between = (1 - share) * starts[:, None] + share * ends[:, None]
    if normal:
        between = between / ((1 - share).square() + share.square()).sqrt()
    return between.flatten(0, 1)
