"""Forward and reverse diffusion of images: schedules (Ho et al. 2020, Nichol and Dhariwal 2021) and DDIM."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

ScheduleName = Literal["cosine", "linear"]
MAX_BETA = 0.999  # the share of noise a step may add


@dataclass(frozen=True)
class Schedule:
    """A noise schedule: `alpha_bar` (T + 1,), the share of signal left, from 1 at time 0 to nearly 0 at time T."""

    alpha_bar: Tensor

    @classmethod
    def named(cls, name: ScheduleName, timesteps: int, device: torch.device) -> Schedule:
        betas = _cosine(timesteps) if name == "cosine" else _linear(timesteps)
        alpha_bar = np.concatenate([[1.0], np.cumprod(1 - betas)])
        return cls(torch.tensor(alpha_bar, dtype=torch.float32).to(device))

    def __len__(self) -> int:
        """T, the last time."""
        return len(self.alpha_bar) - 1

    def signal(self, t: Tensor) -> Tensor:
        """What the clean image is multiplied by at times (n,), as (n, 1, 1, 1)."""
        return self.alpha_bar[t].sqrt()[:, None, None, None]

    def noise(self, t: Tensor) -> Tensor:
        """The standard deviation of the noise at times (n,), as (n, 1, 1, 1)."""
        return (1 - self.alpha_bar[t]).sqrt()[:, None, None, None]

    def diffused(self, x: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """x at times (n,), made of clean images and standard normal noise (Ho et al., equation 4)."""
        return self.signal(t) * x + self.noise(t) * noise

    def time_of(self, noise: float) -> int:
        """The time at which there is noise of that standard deviation beside a signal of 1."""
        ratio = ((1 - self.alpha_bar) / self.alpha_bar).sqrt()
        return int((ratio - noise).abs().argmin())


Denoiser = Callable[[Tensor, Tensor], Tensor]
"""From images at times (n,), and the times, to the expected clean images."""


def ddim(
    schedule: Schedule,
    denoiser: Denoiser,
    x: Tensor,
    steps: int,
    eta: float,
    generator: torch.Generator,
    correct: Callable[[Tensor, Tensor], Tensor] = lambda x, t: x,
) -> Tensor:
    """Clean images from pure noise `x` by DDIM (Song et al. 2021, equation 12) in `steps` steps.

    `eta` 0 draws nothing on the way, 1 is DDPM's ancestral sampling. `correct` changes the images at times (n,) before
    each step.
    """
    times = torch.linspace(len(schedule), 0, steps + 1, device=x.device).round().long()
    for now, after in itertools.pairwise(times):
        t, s = now.expand(len(x)), after.expand(len(x))
        x = correct(x, t)
        clean = denoiser(x, t)
        noise = (x - schedule.signal(t) * clean) / schedule.noise(t)
        fresh = eta * _ancestral(schedule, t, s)
        x = schedule.signal(s) * clean + (schedule.noise(s) ** 2 - fresh**2).clamp(min=0).sqrt() * noise
        if eta:
            x = x + fresh * torch.randn(x.shape, generator=generator, device=x.device)
    return x


def _ancestral(schedule: Schedule, t: Tensor, s: Tensor) -> Tensor:
    """The standard deviation of q(x at s | x at t, clean x), as (n, 1, 1, 1) (Song et al., equation 16)."""
    alpha_bar_t, alpha_bar_s = schedule.alpha_bar[t], schedule.alpha_bar[s]
    return ((1 - alpha_bar_s) / (1 - alpha_bar_t) * (1 - alpha_bar_t / alpha_bar_s)).sqrt()[:, None, None, None]


def _cosine(timesteps: int) -> NDArray[np.float64]:
    f = np.cos((np.arange(timesteps + 1) / timesteps + 0.008) / 1.008 * math.pi / 2) ** 2
    betas: NDArray[np.float64] = np.minimum(1 - f[1:] / f[:-1], MAX_BETA)
    return betas


def _linear(timesteps: int) -> NDArray[np.float64]:
    """From 1e-4 to 0.02 for the 1,000 steps of Ho et al., as much noise in all for any other number."""
    return np.minimum(np.linspace(1e-4, 0.02, timesteps) * 1000 / timesteps, MAX_BETA)
