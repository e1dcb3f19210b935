"""Training of nets: the learning rate's fall, the average of weights, divergence, weights from a seed."""

import math
from typing import Any

import pytest
import torch
from helpers.contract import digits
from torch import nn

from trainables import MODELS
from trainables.base import DivergedError
from trainables.training.fitting import seeded

SMALL = {"width": 8, "latent_dim": 2, "batch_size": 20, "updates": 6, "updates_per_step": 3}


def build(**config: Any) -> Any:
    return MODELS["vae"].build({**SMALL, **config}, digits(200), seed=0)


def test_learning_rate_falls_along_a_cosine() -> None:
    model = build(lr=0.1)
    rates = []
    while not model.finished:
        model.step()
        rates.append(model._optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx([0.05 * (1 + math.cos(math.pi * done / 6)) for done in (2, 5)])


def test_learning_rate_may_stay() -> None:
    model = build(lr=0.1, lr_decay="none")
    model.step()
    assert model._optimizer.param_groups[0]["lr"] == 0.1


def test_the_average_follows_the_weights_by_its_decay() -> None:
    model = build(ema=0.05, updates=1)
    start = [p.clone() for p in model._averaged.parameters()]
    model.step()
    for average, before, now in zip(model._averaged.parameters(), start, model._net.parameters(), strict=True):
        assert torch.allclose(average, 0.05 * before + 0.95 * now)


def test_divergence_names_quantity_and_update() -> None:
    model = build()
    model.step()
    with torch.no_grad():
        for parameter in model._net.parameters():
            parameter.fill_(math.nan)
    with pytest.raises(DivergedError, match=r"^train/loss is nan at update 4$"):
        model.step()


def test_an_interval_that_does_not_divide_the_updates_ends_with_them() -> None:
    model = build(updates_per_step=4)
    model.step()
    model.step()
    assert model.finished
    assert model.state()["updates"] == 6


def test_weights_come_from_the_seed_and_the_global_generator_is_put_back() -> None:
    before = torch.get_rng_state()
    nets = [seeded(lambda: nn.Linear(3, 3), seed) for seed in (1, 1, 2)]
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(nets[0].weight, nets[1].weight)
    assert not torch.equal(nets[0].weight, nets[2].weight)
