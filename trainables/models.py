"""The registry of models, the only one: model name -> class and config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import cast

from basics.text import did_you_mean
from trainables.entry import Entry, ModelError
from trainables.own import load_own

# Model name -> the module below this package whose ENTRIES has its class and config.
MODULES = {
    "cnn": "classifiers.image_nets",
    "decision_tree": "classifiers.decision_tree",
    "gaussian_nb": "density.naive_bayes",
    "logistic_regression": "classifiers.logistic_regression",
    "mlp": "classifiers.image_nets",
    "rnn": "classifiers.image_nets",
    "svm": "classifiers.svm",
    "transformer": "classifiers.image_nets",
    "gan": "gan.gan",
    "cgan": "gan.gan",
    "dcgan": "gan.gan",
    "cdcgan": "gan.gan",
    "lsgan": "gan.gan",
    "wgan": "gan.gan",
    "wgan_gp": "gan.gan",
    "sngan": "gan.gan",
    "stylegan": "gan.gan",
    "autoregressive": "density.autoregressive",
    "cvae": "latent.vae",
    "diffusion": "latent.diffusion",
    "flow": "density.flow",
    "gmm": "density.mixture",
    "hmm": "density.hmm",
    "vae": "latent.vae",
}


class _Models(Mapping[str, Entry]):
    """The registry. A model's module is imported when the model is asked for: torch alone takes seconds."""

    def __getitem__(self, name: str) -> Entry:
        return cast(Entry, import_module(f"trainables.{MODULES[name]}").ENTRIES[name])

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


MODELS: Mapping[str, Entry] = _Models()


def find_model(name: str, search_path: Sequence[Path] = ()) -> Entry:
    """The model of that name, or a user's own by `package.module:Name`; ModelError says what is wrong or valid.

    `search_path`: folders where a user's module may lie, looked at before Python's own path.
    """
    if name in MODELS:
        return MODELS[name]
    if ":" in name:
        return load_own(name, search_path)
    valid = f"{', '.join(MODELS)}, or your own as package.module:Name"
    raise ModelError(f"{name}: unknown model; valid: {valid}{did_you_mean(name, MODELS)}")
