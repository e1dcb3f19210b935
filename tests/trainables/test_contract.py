"""Every registered model keeps the contract."""

import pytest
from helpers.contract import TINY, ModelContract, ModelUnderTest, slow

from trainables import MODELS

# GANs of the nets of another and a loss that tests of losses know, and a second config of a model.
SLOW = ("lsgan", "wgan", "cdcgan", "cross_validation_neural", "gmm_of_all")


class TestModels(ModelContract):
    @pytest.fixture(params=[slow(name) if name in SLOW else name for name in TINY])
    def case(self, request: pytest.FixtureRequest) -> ModelUnderTest:
        return TINY[request.param]


def test_every_model_is_in_the_table() -> None:
    assert set(MODELS) == {case.model for case in TINY.values()}


@pytest.mark.parametrize("model", MODELS)
def test_defaults_are_a_config(model: str) -> None:
    entry = MODELS[model]
    assert entry.configure(entry.defaults()) == entry.configure({})
