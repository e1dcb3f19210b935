"""Parameters of the GANs: what all have, what each axis adds, and the defaults of each row of the table in gan.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from trainables.base import ConfigError
from trainables.config import Names, above, at_least, between

MAX_DEPTH = 4


@dataclass(frozen=True)
class AdversarialConfig:
    """Parameters of every GAN."""

    MUTABLE: ClassVar[Names] = ("lr_g", "lr_d", "beta1", "beta2", "g_steps", "d_steps", "instance_noise")
    FREE: ClassVar[Names] = ("ema", "latent_prior", "updates")

    latent_dim: int = 32
    latent_prior: Literal["normal", "uniform"] = "normal"  # N(0, 1) or U(-1, 1) in each dimension
    lr_g: float = 1e-3  # Adam's learning rates
    lr_d: float = 1e-3
    beta1: float = 0.0  # no momentum: on digits a lower Fréchet distance, and sooner, than with 0.5
    beta2: float = 0.999
    batch_size: int = 64
    g_steps: int = 1  # an update is d_steps steps of D, then g_steps steps of G
    d_steps: int = 1  # papers on WGAN call this n_critic
    ema: float = 0.0  # samples come from G's weights averaged with this decay an update; 0: from G itself
    instance_noise: float = 0.0  # deviation of noise on all images D sees, falling to 0 at the last update
    updates: int = 2000  # in all
    updates_per_step: int = 100  # a reporting interval

    def __post_init__(self) -> None:
        at_least(self, 1, "latent_dim", "batch_size", "g_steps", "d_steps", "updates", "updates_per_step")
        at_least(self, 0, "instance_noise")
        above(self, 0, "lr_g", "lr_d")
        _at_least_0_under_1(self, "beta1", "beta2", "ema")


@dataclass(frozen=True)
class LabelSmoothedConfig(AdversarialConfig):
    """Parameters of losses with a target for real images, which can be smoothed."""

    MUTABLE: ClassVar[Names] = ("label_smoothing",)

    label_smoothing: float = 0.0  # how far D's target on real images lies under 1; fakes keep 0

    def __post_init__(self) -> None:
        super().__post_init__()
        _at_least_0_under_1(self, "label_smoothing")


@dataclass(frozen=True)
class CrossEntropy(LabelSmoothedConfig):
    """Parameters of the cross-entropy losses: which of the two of Goodfellow et al. 2014 G minimises."""

    MUTABLE: ClassVar[Names] = ("loss",)
    FAMILY: ClassVar[Names] = ("loss",)

    loss: Literal["non_saturating", "minimax"] = "non_saturating"


@dataclass(frozen=True)
class Clipped(AdversarialConfig):
    """Parameters of weight clipping."""

    MUTABLE: ClassVar[Names] = ("clip",)

    clip: float = 0.01  # bound on every weight of D

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "clip")


@dataclass(frozen=True)
class GradientPenalised(AdversarialConfig):
    """Parameters of the gradient penalty."""

    MUTABLE: ClassVar[Names] = ("gp_weight",)

    gp_weight: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "gp_weight")


@dataclass(frozen=True)
class R1Penalised(AdversarialConfig):
    """Parameters of the R1 penalty."""

    MUTABLE: ClassVar[Names] = ("r1_weight", "r1_every")

    r1_weight: float = 1.0
    r1_every: int = 16  # updates from one penalty to the next

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "r1_weight")
        at_least(self, 1, "r1_every")


@dataclass(frozen=True)
class MlpNets(AdversarialConfig):
    """Fully connected layers. A width counts where the depth reaches it: g_depth 2 uses g_width_1 and g_width_2."""

    g_depth: int = 2  # hidden layers, 1 to 4; widths from the latent towards the image
    g_width_1: int = 128
    g_width_2: int = 128
    g_width_3: int = 128
    g_width_4: int = 128
    d_depth: int = 2  # hidden layers, 1 to 4; widths from the image towards the logit
    d_width_1: int = 128
    d_width_2: int = 128
    d_width_3: int = 128
    d_width_4: int = 128

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fully_connected:
            between(self, 1, MAX_DEPTH, "g_depth", "d_depth")
        at_least(self, 1, *(f"{net}_width_{layer + 1}" for net in "gd" for layer in range(MAX_DEPTH)))

    @property
    def fully_connected(self) -> bool:
        return True

    @property
    def without_effect(self) -> list[str]:
        """The widths that no depth reaches."""
        reached = {net: getattr(self, f"{net}_depth") if self.fully_connected else 0 for net in "gd"}
        return [f"{net}_width_{layer + 1}" for net in "gd" for layer in range(reached[net], MAX_DEPTH)]

    def widths(self, net: Literal["g", "d"]) -> list[int]:
        """The widths of the hidden layers of G or D, as many as its depth."""
        return [getattr(self, f"{net}_width_{layer + 1}") for layer in range(getattr(self, f"{net}_depth"))]


@dataclass(frozen=True)
class ConvNets(AdversarialConfig):
    """Layers that double (G) or halve (D) the picture; each halving doubles the channels."""

    g_depth: int = 2  # doublings; an image of 28 x 28 starts at 7 x 7
    g_channels: int = 32  # of the layer nearest the image
    d_depth: int = 2  # halvings
    d_channels: int = 32
    d_norm: Literal["batch", "layer", "none"] = "batch"  # normalisation in D, from its second layer on
    updates: int = 1500

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "g_depth", "g_channels", "d_depth", "d_channels")
        at_least(self, 2, "batch_size")  # one image has no batch statistics


@dataclass(frozen=True)
class EitherNets(ConvNets, MlpNets):
    """Layers of one kind or the other; channels and d_norm count with net conv, widths with net mlp."""

    net: Literal["conv", "mlp"] = "conv"

    @property
    def fully_connected(self) -> bool:
        return self.net == "mlp"

    @property
    def without_effect(self) -> list[str]:
        channels = ["g_channels", "d_channels", "d_norm"] if self.fully_connected else []
        return [*super().without_effect, *channels]


@dataclass(frozen=True)
class StyleNets(ConvNets):
    """A mapping network before modulated convolutions; D is that of ConvNets."""

    g_channels: int = 16  # the convolutions are dense: double costs fourfold
    mapping_depth: int = 2  # layers from the latent to the style
    mapping_width: int = 64  # their width, the style's too

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "mapping_depth", "mapping_width")


@dataclass(frozen=True)
class GanConfig(MlpNets, CrossEntropy):
    """Parameters and defaults of gan and cgan."""

    ema: float = 0.995  # the weights of one moment leave specks in the images of a net without convolutions
    updates: int = 5000
    updates_per_step: int = 500


@dataclass(frozen=True)
class DcganConfig(ConvNets, CrossEntropy):
    """Parameters and defaults of dcgan and cdcgan."""


@dataclass(frozen=True)
class LsganConfig(EitherNets, LabelSmoothedConfig):
    """Parameters and defaults of lsgan."""

    updates: int = 3000


@dataclass(frozen=True)
class WganConfig(EitherNets, Clipped):
    """Parameters and defaults of wgan."""


# Batch norm makes D's answer to an image depend on the others: the gradient penalties are about one image's own.
OwnNorm = Literal["layer", "none"]


@dataclass(frozen=True)
class WganGpConfig(EitherNets, GradientPenalised):
    """Parameters and defaults of wgan_gp."""

    lr_g: float = 2e-3  # the penalty keeps D slow: on Fashion-MNIST a lower Fréchet distance than with 1e-3 or 5e-4
    lr_d: float = 2e-3
    updates: int = 3000
    d_norm: OwnNorm = "none"


@dataclass(frozen=True)
class SnganConfig(EitherNets):
    """sngan; a normalisation in D would undo the bound that the spectral norm of its layers gives."""

    d_norm: Literal["none"] = field(default="none", init=False)


@dataclass(frozen=True)
class StyleganConfig(StyleNets, R1Penalised):
    """Parameters and defaults of stylegan."""

    d_norm: OwnNorm = "none"


def _at_least_0_under_1(config: AdversarialConfig, *names: str) -> None:
    for name in names:
        if not 0 <= getattr(config, name) < 1:
            raise ConfigError(f"{name}: {getattr(config, name)!r} must be at least 0 and under 1")
