"""Spaces of the generative models: one constant a model."""

from search_spaces.space import Choice, Domain, Float, Int, Space, at_least

DEPTH = 4  # hidden layers at most


def _layers(net: str) -> dict[str, Domain]:
    """A depth, and one width a layer that is active when the depth reaches it."""
    depth = f"{net}_depth"
    widths = {f"{net}_width_{layer}": _width().when(**{depth: at_least(layer)}) for layer in range(1, DEPTH + 1)}
    return {depth: Int(1, DEPTH), **widths}


def _width() -> Int:
    return Int(32, 512, log=True)


GAN = Space(
    {
        "lr_g": Float(1e-5, 1e-2, log=True),
        "lr_d": Float(1e-5, 1e-2, log=True),
        "latent_dim": Int(8, 128, log=True),
        "latent_prior": Choice("normal", "uniform"),
        **_layers("g"),
        **_layers("d"),
        "batch_size": Choice(16, 32, 64, 128),
        "beta1": Float(0.0, 0.9),
        "beta2": Choice(0.9, 0.99, 0.999),
        "g_steps": Int(1, 3),
        "d_steps": Int(1, 3),
        "loss": Choice("non_saturating", "minimax"),
    }
)
