"""What is trained. `MODELS` is the only registry: model name -> class and config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trainables.autoregressive import Autoregressive, AutoregressiveConfig
from trainables.classic import LogisticRegression, LogisticRegressionConfig
from trainables.config import nearest
from trainables.diffusion import Diffusion, DiffusionConfig
from trainables.entry import Entry, ModelError
from trainables.flow import Flow, FlowConfig
from trainables.gan import GANS, Gan
from trainables.hmm import Hmm, HmmConfig
from trainables.mixture import Gmm, GmmConfig
from trainables.naive_bayes import GaussianNb, GaussianNbConfig
from trainables.own import load_own
from trainables.vae import Vae, VaeConfig

__all__ = ["MODELS", "Entry", "ModelError", "find_model"]

MODELS: dict[str, Entry] = {
    "logistic_regression": Entry(LogisticRegression, LogisticRegressionConfig),
    "gaussian_nb": Entry(GaussianNb, GaussianNbConfig),
    "autoregressive": Entry(Autoregressive, AutoregressiveConfig),
    "cvae": Entry(Vae, VaeConfig, options={"conditional": True}),
    "diffusion": Entry(Diffusion, DiffusionConfig),
    "flow": Entry(Flow, FlowConfig),
    "gmm": Entry(Gmm, GmmConfig),
    "hmm": Entry(Hmm, HmmConfig),
    "vae": Entry(Vae, VaeConfig),
    **{name: Entry(Gan, recipe.config, options={"recipe": recipe}) for name, recipe in GANS.items()},
}


def find_model(name: str, search_path: Sequence[Path] = ()) -> Entry:
    """The model of that name, or a user's own by `package.module:Name`; ModelError says what is wrong or valid.

    `search_path`: folders where a user's module may lie, looked at before Python's own path.
    """
    if name in MODELS:
        return MODELS[name]
    if ":" in name:
        return load_own(name, search_path)
    raise ModelError(
        f"{name}: unknown model; valid: {', '.join(MODELS)}, or your own as package.module:Name{nearest(name, MODELS)}"
    )
