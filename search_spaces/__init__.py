"""The search space of every model: `SPACES` maps a model's name to its space."""

from search_spaces.classifiers import (
    CNN,
    DECISION_TREE,
    GAUSSIAN_NB,
    LOGISTIC_REGRESSION,
    MLP,
    RNN,
    SVM,
    TRANSFORMER,
)
from search_spaces.explicit import AUTOREGRESSIVE, DIFFUSION, FLOW, GMM, HMM, VAE
from search_spaces.gans import CDCGAN, CGAN, DCGAN, GAN, LSGAN, SNGAN, STYLEGAN, WGAN, WGAN_GP
from search_spaces.space import Space

__all__ = ["SPACES"]

SPACES: dict[str, Space] = {
    "cnn": CNN,
    "decision_tree": DECISION_TREE,
    "gaussian_nb": GAUSSIAN_NB,
    "logistic_regression": LOGISTIC_REGRESSION,
    "mlp": MLP,
    "rnn": RNN,
    "svm": SVM,
    "transformer": TRANSFORMER,
    "gan": GAN,
    "cgan": CGAN,
    "dcgan": DCGAN,
    "cdcgan": CDCGAN,
    "lsgan": LSGAN,
    "wgan": WGAN,
    "wgan_gp": WGAN_GP,
    "sngan": SNGAN,
    "stylegan": STYLEGAN,
    "autoregressive": AUTOREGRESSIVE,
    "cvae": VAE,
    "diffusion": DIFFUSION,
    "flow": FLOW,
    "gmm": GMM,
    "hmm": HMM,
    "vae": VAE,
}
