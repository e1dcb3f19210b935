"""What may be tried, by model: `SPACES` maps a model's name to its space."""

from search_spaces.classifiers import GAUSSIAN_NB, LOGISTIC_REGRESSION
from search_spaces.explicit import AUTOREGRESSIVE, DIFFUSION, FLOW, GMM, HMM, VAE
from search_spaces.generative import GAN
from search_spaces.space import Space

__all__ = ["SPACES"]

SPACES: dict[str, Space] = {
    "gaussian_nb": GAUSSIAN_NB,
    "logistic_regression": LOGISTIC_REGRESSION,
    "autoregressive": AUTOREGRESSIVE,
    "cvae": VAE,
    "diffusion": DIFFUSION,
    "flow": FLOW,
    "gan": GAN,
    "gmm": GMM,
    "hmm": HMM,
    "vae": VAE,
}
