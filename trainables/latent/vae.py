"""Variational autoencoders (Kingma and Welling 2014): `vae` of P(x), `cvae` of P(x | y)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainables.arrays import Images, Labels
from trainables.base import ConfigError, Explicit
from trainables.config import Names, at_least, between
from trainables.entry import Entry
from trainables.labels import log_priors, path_labels, wanted_labels
from trainables.latent.interpolation import ways
from trainables.latent.vae_nets import Autoencoder, convolutional, dense, halvings
from trainables.latent.variational import Likelihood, Posterior, Prior, image, log_likelihood, log_prior
from trainables.training.fitting import FitConfig, NetModel
from trainables.training.member import IMAGES, LABELS, Drawn, Losses, Member, Nets, Values
from trainables.training.rng import torch_generator

if TYPE_CHECKING:
    from trainables.data import Dataset

MAX_DEPTH = 4
DECODED_AT_ONCE = 4096  # images, where many latents an image are decoded
IMPUTE_GUESSES = 2  # of the class, where there are classes
IMPUTE_ROUNDS = 15  # after each


@dataclass(frozen=True)
class VaeConfig(FitConfig):
    """Parameters of a variational autoencoder; `width` is used with net mlp, `channels` with net conv."""

    MUTABLE: ClassVar[Names] = ("beta",)
    FREE: ClassVar[Names] = ("importance_samples",)

    lr: float = 3e-3
    updates: int = 12_000
    updates_per_step: int = 600
    net: Literal["mlp", "conv"] = "mlp"
    depth: int = 2  # mlp: hidden layers, 0 to 4, 0 for a linear model; conv: halvings of the image, 1 to 4
    width: int = 256
    channels: int = 16  # after the first convolution, then doubled with every halving
    latent_dim: int = 20
    latent_prior: Prior = "normal"  # N(0, 1) or U(-1, 1) in each dimension
    likelihood: Likelihood = "bernoulli"  # of the pixels; the Gaussian's standard deviation is learned
    beta: float = 1.0  # weight of the divergence in what training minimises (Higgins et al. 2017)
    importance_samples: int = 50  # latents an image behind log_density (Burda et al. 2016)

    def __post_init__(self) -> None:
        super().__post_init__()
        between(self, 0 if self.net == "mlp" else 1, MAX_DEPTH, "depth")
        at_least(self, 1, "width", "channels", "latent_dim", "importance_samples")
        at_least(self, 0, "beta")

    @property
    def without_effect(self) -> list[str]:
        return ["channels"] if self.net == "mlp" else ["width"]

    def autoencoder(self, shape: tuple[int, ...], classes: int) -> Autoencoder:
        """The nets; ConfigError if the image cannot be halved as often as the depth says."""
        if self.net == "mlp":
            return dense(shape, classes, self.latent_dim, self.depth, self.width)
        if min(halvings(shape[1:], self.depth)[-1]) < 1:
            most = int(math.log2(min(shape[1:])))
            raise ConfigError(
                f"depth: an image of {shape[1]} x {shape[2]} cannot be halved {self.depth} times; valid: 1 to {most}"
            )
        return convolutional(shape, classes, self.latent_dim, self.depth, self.channels)


class Vae(NetModel[Autoencoder], Explicit):
    """Encoder and decoder trained by the ELBO.

    `log_density` is the importance-weighted lower bound of Burda et al. 2016, equation 8, tight as
    `importance_samples` grows. With the Gaussian likelihood it is of the continuous image; with the Bernoulli one of
    the binary images that a grey image stands for (see `variational.log_likelihood`): a mass, comparable with other
    models of binary images alone. Samples and reconstructions are means given the latent, without the pixels' noise.
    """

    def __init__(
        self, config: VaeConfig, data: Dataset, *, seed: int, device: str = "cpu", conditional: bool = False
    ) -> None:
        self.config, self.conditional, self._seed, self._shape = config, conditional, seed, data.image_shape
        classes = data.n_classes if conditional else 0
        super().__init__(config, data, lambda: config.autoencoder(data.image_shape, classes), seed=seed, device=device)
        self.log_priors = log_priors(data.train.y, data.n_classes)

    def sample(self, n: int, *, seed: int = 0, labels: Labels | None = None) -> Images:
        z = self._latents(n, torch_generator(seed, "sample", device=self._device))
        wanted = self._tensor(wanted_labels(n, labels, self.log_priors, seed)) if self.conditional else None
        return self._decoded(z, wanted)

    def interpolate(self, steps: int, pairs: int, seed: int = 0) -> Images:
        z = self._latents(2 * pairs, torch_generator(seed, "interpolate", device=self._device))
        between = ways(z[:pairs], z[pairs:], steps, normal=self.config.latent_prior == "normal")
        labels = path_labels(steps, pairs, self.log_priors, seed) if self.conditional else None
        return self._decoded(between, None if labels is None else self._tensor(labels))

    def elbo(self, x: Images) -> NDArray[np.float64]:
        """The evidence lower bound, nats an image, (n,): the mean of the log weights of which `log_density` takes the
        log of the mean, so never above it. A conditional model's is of the sum over the classes."""
        if not self.conditional:
            return self._bounds(x, None)[0]
        classes = range(len(self.log_priors))
        bounds = np.stack([self._bounds(x, c)[0] + self.log_priors[c] for c in classes])
        total: NDArray[np.float64] = np.logaddexp.reduce(bounds, axis=0)
        return total

    def reconstruct(self, x: Images) -> Images:
        """The mean image of the posterior's centre; a conditional model takes the class it thinks most probable."""
        return self._reconstructed(x, self._predicted(x))

    @property
    def features(self) -> Callable[[Images], Images]:
        """A method of unconditional models alone: the centres of the posteriors, shape (n, latent_dim)."""
        if self.conditional:
            raise AttributeError("features: those of a conditional model need labels")
        return lambda x: self._centres(x, None).cpu().numpy()

    def denoise(self, x: Images, noise: float = 0.5) -> Images:
        """The reconstruction: what the decoder cannot express is taken for noise, whatever its strength."""
        return self.reconstruct(x)

    def impute(self, x: Images, mask: NDArray[np.bool_]) -> Images:
        """From grey, the unknown pixels are reconstructed again and again (Rezende et al. 2014, appendix F, with
        centres in place of draws)."""
        filled = np.where(mask, x, np.float32(0))
        for _ in range(IMPUTE_GUESSES):
            labels = self._predicted(filled)
            for _ in range(IMPUTE_ROUNDS):
                filled = np.where(mask, x, self._reconstructed(filled, labels))
        return filled

    def member(self) -> Member:
        """This model taken apart, to be trained with others as one array."""
        return self._member(self._shape, self._negative_elbo, self._drawn, {"beta": self.config.beta})

    def _losses(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        drawn = {IMAGES: images, LABELS: labels, **self._drawn(self._updates)}
        return self._negative_elbo({"net": self._net}, drawn, {"beta": self.config.beta})

    def _drawn(self, update: int) -> Drawn:
        shape = (self._batches.size, self.config.latent_dim)
        return {"noise": torch.randn(shape, generator=self._generator, device=self._device)}

    @property
    def _negative_elbo(self) -> Callable[..., Losses]:
        prior, likelihood = self.config.latent_prior, self.config.likelihood
        return partial(negative_elbo, conditional=self.conditional, prior=prior, likelihood=likelihood)

    def _log_density(self, x: Images, label: int | None) -> NDArray[np.float64]:
        return self._bounds(x, label)[1]

    @torch.no_grad()
    def _bounds(self, x: Images, label: int | None, samples: int = 0) -> tuple[NDArray[np.float64], ...]:
        """ELBO and importance-weighted bound of log p(x | label) from the same latents, (n,) each."""
        samples = samples or self.config.importance_samples
        generator = torch_generator(self._seed, "importance", device=self._device)
        # One noise for all images: a score depends neither on the company nor on the batches it is computed in.
        noise = torch.randn((samples, 1, self.config.latent_dim), generator=generator, device=self._device)
        parts = self._parts(x, max(1, DECODED_AT_ONCE // samples))
        weights = torch.cat([self._log_weights(part, label, noise) for part in parts], dim=1)
        bounds = weights.mean(0), weights.logsumexp(0) - math.log(samples)
        return tuple(bound.cpu().numpy() for bound in bounds)

    def _log_weights(self, x: Tensor, label: int | None, noise: Tensor) -> Tensor:
        """log p(x, z | y) - log q(z | x, y), shape (latents, n), float64."""
        labels = None if label is None else torch.full((len(x),), label, device=self._device)
        net = self._averaged
        posterior = self._posterior(net, x, labels)
        z, log_q = posterior.draw(noise)
        log_p = log_likelihood(x, net.decode(z, labels), net.log_scale, self.config.likelihood)
        return (log_p.double() + log_prior(z, self.config.latent_prior) - log_q).double()

    def _posterior(self, net: Autoencoder, x: Tensor, labels: Tensor | None) -> Posterior:
        return Posterior(*net.encode(x, labels), self.config.latent_prior)

    def _reconstructed(self, x: Images, labels: Tensor | None) -> Images:
        return self._decoded(self._centres(x, labels), labels)

    @torch.no_grad()
    def _centres(self, x: Images, labels: Tensor | None) -> Tensor:
        parts = zip(self._parts(x, DECODED_AT_ONCE), _split(labels), strict=False)
        return torch.cat([self._posterior(self._averaged, *part).centre for part in parts])

    def _predicted(self, x: Images) -> Tensor | None:
        """The most probable classes by one latent an image, (n,); None of an unconditional model."""
        if not self.conditional:
            return None
        scores = [self._bounds(x, label, samples=1)[0] for label in range(len(self.log_priors))]
        return self._tensor((np.stack(scores, axis=1) + self.log_priors).argmax(axis=1))

    @torch.no_grad()
    def _decoded(self, z: Tensor, labels: Tensor | None) -> Images:
        parts = zip(torch.split(z, DECODED_AT_ONCE), _split(labels), strict=False)
        decoded = [self._averaged.decode(*part) for part in parts]
        images: Images = image(torch.cat(decoded), self.config.likelihood).cpu().numpy()
        return images

    def _latents(self, n: int, generator: torch.Generator) -> Tensor:
        shape = (n, self.config.latent_dim)
        if self.config.latent_prior == "normal":
            return torch.randn(shape, generator=generator, device=self._device)
        return torch.rand(shape, generator=generator, device=self._device) * 2 - 1

    def _tensor(self, labels: Labels) -> Tensor:
        return torch.from_numpy(labels).to(self._device)


def negative_elbo(
    nets: Nets,
    drawn: Drawn,
    values: Values,
    costly: bool = True,
    *,
    conditional: bool,
    prior: Prior,
    likelihood: Likelihood,
) -> Losses:
    """The loss of a minibatch, nats an image, and its two parts; `values` has beta, the weight of the second."""
    net, images = nets["net"], drawn[IMAGES]
    given = drawn[LABELS] if conditional else None
    mean, log_scale = net.encode(images, given)
    posterior = Posterior(mean, log_scale, prior)
    decoded = net.decode(posterior.draw(drawn["noise"])[0], given)
    log_p = log_likelihood(images, decoded, net.log_scale, likelihood).mean()
    divergence = posterior.divergence(drawn["noise"]).mean()
    return {
        "train/loss": values["beta"] * divergence - log_p,
        "train/reconstruction": -log_p,
        "train/divergence": divergence,
    }


def _split(labels: Tensor | None) -> Iterable[Tensor | None]:
    return itertools.repeat(None) if labels is None else torch.split(labels, DECODED_AT_ONCE)


POINTS = {"net": "mlp", "likelihood": "gaussian"}
ENTRIES = {
    "cvae": Entry(
        Vae,
        VaeConfig,
        options={"conditional": True},
        what="Encoder and decoder that are told the class.",
        points=POINTS,
    ),
    "vae": Entry(Vae, VaeConfig, points=POINTS),
}
