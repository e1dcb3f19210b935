"""Search spaces of the GANs: one constant per model, composed of parameters of its nets, loss and penalty."""

from search_spaces.conditions import at_least
from search_spaces.domains import Choice, Domain, Float, Int
from search_spaces.space import Space

Domains = dict[str, Domain]
MLP_DEPTH = 4  # hidden layers at most
HALVINGS = 3  # of an image: 8 x 8 still has a pixel left after them

COMMON: Domains = {
    "lr_g": Float(1e-5, 1e-2, log=True),
    "lr_d": Float(1e-5, 1e-2, log=True),
    "latent_dim": Int(8, 128, log=True),
    "latent_prior": Choice("normal", "uniform"),
    "batch_size": Choice(16, 32, 64, 128),
    "beta1": Float(0.0, 0.9),
    "beta2": Choice(0.9, 0.99, 0.999),
    "g_steps": Int(1, 3),
    "d_steps": Int(1, 3),
    "ema": Choice(0.0, 0.99, 0.995, 0.999),
    "instance_noise": Choice(0.0, 0.1, 0.2),
}
SMOOTHED: Domains = {"label_smoothing": Choice(0.0, 0.1, 0.2)}
CROSS_ENTROPY: Domains = {"loss": Choice("non_saturating", "minimax"), **SMOOTHED}
CRITIC: Domains = {"d_steps": Int(1, 5)}  # a Wasserstein D is to be near its best before G moves


def _layers(net: str, deepest: int = MLP_DEPTH) -> Domains:
    """A depth, and one width a layer that is active when the depth reaches it."""
    depth = f"{net}_depth"
    widths = {f"{net}_width_{layer}": _width().when(**{depth: at_least(layer)}) for layer in range(1, deepest + 1)}
    return {depth: Int(1, deepest), **widths}


def _width() -> Int:
    return Int(32, 512, log=True)


def _convolutions(*norms: str) -> Domains:
    sizes: Domains = {
        "g_depth": Int(1, HALVINGS),
        "g_channels": Int(8, 64, log=True),
        "d_depth": Int(1, HALVINGS),
        "d_channels": Int(8, 64, log=True),
    }
    # From its second layer on: a D of one layer has nothing to normalise.
    return sizes | ({"d_norm": Choice(*norms).when(d_depth=at_least(2))} if norms else {})


def _either(*norms: str) -> Domains:
    """Convolutions or fully connected layers, of the same depths; what belongs to one kind is active with it alone."""
    kinds = {"conv": _convolutions(*norms), "mlp": _layers("g", HALVINGS) | _layers("d", HALVINGS)}
    shared = {name: domain for name, domain in kinds["conv"].items() if name in kinds["mlp"]}
    own = {name: domain.when(net=kind) for kind, d in kinds.items() for name, domain in d.items() if name not in shared}
    return {"net": Choice(*kinds), **shared, **own}


MLP = _layers("g") | _layers("d")
STYLE: Domains = {
    **_convolutions("none", "layer"),
    "g_channels": Int(8, 32, log=True),
    "mapping_depth": Int(1, 8),
    "mapping_width": Int(16, 128, log=True),
}
R1: Domains = {"r1_weight": Float(1e-2, 1e2, log=True), "r1_every": Choice(1, 4, 16)}

GAN = Space(COMMON | MLP | CROSS_ENTROPY)
CGAN = GAN
DCGAN = Space(COMMON | _convolutions("batch", "layer", "none") | CROSS_ENTROPY)
CDCGAN = DCGAN
LSGAN = Space(COMMON | _either("batch", "layer", "none") | SMOOTHED)
WGAN = Space(
    COMMON | CRITIC | _either("batch", "layer", "none") | {"clip": Float(1e-3, 1e-1, log=True)},
)
WGAN_GP = Space(COMMON | CRITIC | _either("layer", "none") | {"gp_weight": Float(1e-1, 1e2, log=True)})
SNGAN = Space(COMMON | CRITIC | _either())
STYLEGAN = Space(COMMON | STYLE | R1)
