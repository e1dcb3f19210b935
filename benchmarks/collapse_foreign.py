"""GANs as other people build them, rewritten here: cases for the judge that none of our own nets or losses made.

Three architectures at their papers' settings, as the usual tutorials have them, and each with one thing broken:

- "mlp": G of 128-256-512-1024 with batch norm and leaky ReLU, D of 512-256; binary cross entropy (Goodfellow et al.
  2014), Adam at 2e-4 with momentum 0.5;
- "dcgan": G that upsamples by nearest neighbours between convolutions of 128-128-64 with batch norm, D of 16-32-64-128
  with strides and dropout (Radford et al. 2016), the same loss and optimiser;
- "wgan": the nets of "mlp" without a sigmoid, weights clipped to 0.01, five critic steps a G step, RMSprop at 5e-5
  (Arjovsky et al. 2017).

None was looked at when a threshold was set. Labels are those of the rule at the top of `collapse_gans.py`, given by the
pictures before the judge speaks; a run without one is judged and counted nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from collapse_gans import EVALUATIONS, SAMPLES, Game, remembered
from torch import Tensor, nn

from trainables.data import Dataset

Family = Literal["mlp", "dcgan", "wgan"]
LATENT, BATCH, CLIP = 100, 64, 0.01
REPORTS = 10  # of a run
RATES: Mapping[Family, float] = {"mlp": 2e-4, "dcgan": 2e-4, "wgan": 5e-5}


@dataclass(frozen=True)
class ForeignRun:
    """A family and what is broken of it: factors on the rates, steps of either net, batch norm left out."""

    family: Family
    lr_g: float = 1.0
    lr_d: float = 1.0
    g_steps: int = 1
    d_steps: int | None = None  # as in the paper: 1, of "wgan" 5
    batch_norm: bool = True
    labels: Mapping[str, str] = field(default_factory=dict)  # by data set, where somebody has looked
    updates: int = 3000


BROKEN: Mapping[str, Mapping[str, Any]] = {
    "as in the paper": {},
    "rates 10:1": {"lr_g": 10.0},
    "rates 1:10": {"lr_d": 10.0},
    "five G steps": {"g_steps": 5},
    "eight D steps": {"d_steps": 8},
    "no batch norm": {"batch_norm": False},
}
FAMILIES: tuple[Family, ...] = ("mlp", "dcgan", "wgan")
FOREIGN = {f"{family}, {name}": ForeignRun(family, **what) for family in FAMILIES for name, what in BROKEN.items()}


def played_foreign(run: ForeignRun, seed: int, data: Dataset, kept: Path | None = None) -> Game:
    """Rows and the last samples of a run on the data's training images, or what the folder `kept` has of it."""
    settings = {name: value for name, value in asdict(run).items() if name != "labels"}
    return remembered(kept, [settings, seed, data.content_hash], lambda: _trained(run, seed, data))


def _trained(run: ForeignRun, seed: int, data: Dataset) -> Game:
    torch.manual_seed(seed)
    x = torch.tensor(data.train.x)
    g, d = nets(run, data.image_shape)
    optimisers = [_optimiser(run, net, factor) for net, factor in ((g, run.lr_g), (d, run.lr_d))]
    rows, samples = [], []
    for _ in range(REPORTS):
        seen = [_update(run, g, d, *optimisers, x) for _ in range(run.updates // REPORTS)]
        rows.append(dict(zip(("train/loss_g", "train/loss_d", "train/d_accuracy"), np.mean(seen, axis=0), strict=True)))
        samples = [*samples, _sampled(g)][-EVALUATIONS:]
    return Game([{name: float(value) for name, value in row.items()} for row in rows], samples)


def nets(run: ForeignRun, shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]:
    """G, from (n, LATENT) to images of `shape` in [-1, 1], and D, to one number each."""
    return _convolutional(run, shape) if run.family == "dcgan" else _connected(run, shape)


def _connected(run: ForeignRun, shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]:
    pixels = int(np.prod(shape))
    hidden: list[nn.Module] = [nn.Linear(LATENT, 128), nn.LeakyReLU(0.2)]
    for narrow, wide in ((128, 256), (256, 512), (512, 1024)):
        norm = [nn.BatchNorm1d(wide, 0.8)] if run.batch_norm else []
        hidden += [nn.Linear(narrow, wide), *norm, nn.LeakyReLU(0.2)]
    g = nn.Sequential(*hidden, nn.Linear(1024, pixels), nn.Tanh(), nn.Unflatten(1, shape))
    layers = (nn.Linear(pixels, 512), nn.LeakyReLU(0.2), nn.Linear(512, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1))
    return g, nn.Sequential(nn.Flatten(), *layers)


def _convolutional(run: ForeignRun, shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]:
    channels, side = shape[0], shape[-1] // 4

    def norm(width: int) -> list[nn.Module]:
        return [nn.BatchNorm2d(width, 0.8)] if run.batch_norm else []

    g = nn.Sequential(
        nn.Linear(LATENT, 128 * side**2),
        nn.Unflatten(1, (128, side, side)),
        *norm(128),
        nn.Upsample(scale_factor=2),
        *(nn.Conv2d(128, 128, 3, padding=1), *norm(128), nn.LeakyReLU(0.2)),
        nn.Upsample(scale_factor=2),
        *(nn.Conv2d(128, 64, 3, padding=1), *norm(64), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(64, channels, 3, padding=1), nn.Tanh()),
    )
    layers: list[nn.Module] = []
    for narrow, wide in ((channels, 16), (16, 32), (32, 64), (64, 128)):
        own = norm(wide) if narrow != channels else []
        layers += [nn.Conv2d(narrow, wide, 3, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.25), *own]
    wide = 128 * (-(-shape[-1] // 16)) ** 2  # what four strides leave
    return g, nn.Sequential(*layers, nn.Flatten(), nn.Linear(wide, 1))


def _optimiser(run: ForeignRun, net: nn.Module, factor: float) -> torch.optim.Optimizer:
    rate = RATES[run.family] * factor
    if run.family == "wgan":
        return torch.optim.RMSprop(net.parameters(), rate)
    return torch.optim.Adam(net.parameters(), rate, betas=(0.5, 0.999))


def _update(
    run: ForeignRun, g: nn.Module, d: nn.Module, g_opt: torch.optim.Optimizer, d_opt: torch.optim.Optimizer, x: Tensor
) -> tuple[float, float, float]:
    """D's steps, then G's: both losses and how often D was right."""
    for _ in range(run.d_steps or (5 if run.family == "wgan" else 1)):
        real, fake = d(x[torch.randint(len(x), (BATCH,))]), d(g(torch.randn(BATCH, LATENT)).detach())
        loss_d = _loss(run, real, real=True) + _loss(run, fake, real=False)
        _step(d_opt, loss_d)
        if run.family == "wgan":
            _clip(d)
    for _ in range(run.g_steps):
        loss_g = _loss(run, d(g(torch.randn(BATCH, LATENT))), real=True)
        _step(g_opt, loss_g)
    middle = 0.0 if run.family != "wgan" else float((real.mean() + fake.mean()).detach()) / 2
    right = ((real > middle).float().mean() + (fake < middle).float().mean()) / 2
    return float(loss_g.detach()), float(loss_d.detach()), float(right)


def _loss(run: ForeignRun, scores: Tensor, *, real: bool) -> Tensor:
    if run.family == "wgan":
        return -scores.mean() if real else scores.mean()
    return nn.functional.binary_cross_entropy_with_logits(scores, torch.full_like(scores, float(real)))


def _step(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]  # torch's
    optimiser.step()


def _clip(net: nn.Module) -> None:
    with torch.no_grad():
        for weights in net.parameters():
            weights.clamp_(-CLIP, CLIP)


def _sampled(g: nn.Module) -> Any:
    """Samples from the same latents each time."""
    g.eval()
    with torch.no_grad():
        found = g(torch.randn(SAMPLES, LATENT, generator=torch.Generator().manual_seed(1)))
    g.train()
    return found.numpy()
