"""Optimizers that go on from a saved state with the hyperparameters of the config that is trained now."""

from __future__ import annotations

from typing import Any

import torch

from trainables.training.rng import snapshot


def restore_optimizer(optimizer: torch.optim.Optimizer, state: Any) -> None:
    """Take up the moments of a saved state, not its learning rates and the like: those are the config's.

    `Optimizer.load_state_dict` brings both back, and a learning rate that was changed on the way (population based
    training) would have no effect.
    """
    own = [{name: value for name, value in group.items() if name != "params"} for group in optimizer.param_groups]
    optimizer.load_state_dict(snapshot(state))
    for group, hyperparameters in zip(optimizer.param_groups, own, strict=True):
        group.update(hyperparameters)
