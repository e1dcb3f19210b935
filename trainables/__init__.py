"""What is trained. `MODELS` is the only registry: model name -> class and config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trainables.classic import LogisticRegression, LogisticRegressionConfig
from trainables.config import nearest
from trainables.entry import Entry, ModelError
from trainables.gan import GANS, Gan
from trainables.image_nets import (
    Cnn,
    CnnConfig,
    Mlp,
    MlpConfig,
    Rnn,
    RnnConfig,
    Transformer,
    TransformerConfig,
)
from trainables.naive_bayes import GaussianNaiveBayes, GaussianNaiveBayesConfig
from trainables.own import load_own
from trainables.svm import Svm, SvmConfig
from trainables.tree import DecisionTree, DecisionTreeConfig

__all__ = ["MODELS", "Entry", "ModelError", "find_model"]

MODELS: dict[str, Entry] = {
    "cnn": Entry(Cnn, CnnConfig),
    "decision_tree": Entry(DecisionTree, DecisionTreeConfig),
    "gaussian_nb": Entry(GaussianNaiveBayes, GaussianNaiveBayesConfig),
    "logistic_regression": Entry(LogisticRegression, LogisticRegressionConfig),
    "mlp": Entry(Mlp, MlpConfig),
    "rnn": Entry(Rnn, RnnConfig),
    "svm": Entry(Svm, SvmConfig),
    "transformer": Entry(Transformer, TransformerConfig),
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
