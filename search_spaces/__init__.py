"""What may be tried, by model: `SPACES` maps a model's name to its space."""

from search_spaces.classifiers import LOGISTIC_REGRESSION
from search_spaces.generative import GAN
from search_spaces.space import Space

__all__ = ["SPACES"]

SPACES: dict[str, Space] = {
    "logistic_regression": LOGISTIC_REGRESSION,
    "gan": GAN,
}
