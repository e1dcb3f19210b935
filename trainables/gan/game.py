"""The game of G and D as pure functions: what each minimises, of both nets, drawn numbers and weights."""

from __future__ import annotations

import torch
from torch import Tensor

from trainables.gan.losses import AdversarialLoss
from trainables.gan.penalties import Penalty
from trainables.training.member import IMAGES, LABELS, Drawn, Losses, Nets, Values

LATENTS, NOISE, NOISE_REAL, SHARES = "latents", "noise", "noise_real", "shares"


def discriminator_losses(
    nets: Nets,
    drawn: Drawn,
    values: Values,
    penalised: bool = True,
    *,
    loss: AdversarialLoss,
    penalty: Penalty,
    conditional: bool,
) -> Losses:
    """D's loss with its penalty, the penalty, and what D believes of real and generated images."""
    g, d, labels = nets["g"], nets["d"], drawn[LABELS] if conditional else None
    with torch.no_grad():
        fake = noisy(g(drawn[LATENTS], labels), drawn.get(NOISE), values)
    real = noisy(drawn[IMAGES], drawn.get(NOISE_REAL), values)
    on_real, on_fake = d(real, labels), d(fake, labels)
    term = real.new_zeros(())
    if penalised:
        slope = penalty.term(lambda x: d(x, labels), real, fake, drawn.get(SHARES))
        term = values["penalty_every"] * (values["penalty_weight"] * slope)
    smoothing = {"smoothing": values["smoothing"]} if "smoothing" in values else {}
    minimised = loss.discriminator(on_real, on_fake, **smoothing) + term
    return {"train/loss_d": minimised, "train/penalty": term, **beliefs(loss, on_real, on_fake)}


def generator_losses(
    nets: Nets, drawn: Drawn, values: Values, penalised: bool = True, *, loss: AdversarialLoss, conditional: bool
) -> Losses:
    """G's loss."""
    labels = drawn[LABELS] if conditional else None
    fake = noisy(nets["g"](drawn[LATENTS], labels), drawn.get(NOISE), values)
    return {"train/loss_g": loss.generator(nets["d"](fake, labels))}


def noisy(images: Tensor, noise: Tensor | None, values: Values) -> Tensor:
    """Images with instance noise (Sønderby et al. 2017) of the deviation in `values`."""
    return images if noise is None else images + values["deviation"] * noise


def beliefs(loss: AdversarialLoss, real: Tensor, fake: Tensor) -> Losses:
    """Mean D(x), mean D(G(z)), and the share of both that D puts on the right side, if its loss has sides."""
    means = {"train/d_real": loss.score(real).mean(), "train/d_fake": loss.score(fake).mean()}
    if (boundary := loss.boundary) is None:
        return means
    return means | {"train/d_accuracy": torch.cat([real > boundary, fake <= boundary]).float().mean()}
