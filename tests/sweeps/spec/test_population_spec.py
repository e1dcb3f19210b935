"""What a spec of population based training is refused for, and what is filled in."""

from __future__ import annotations

from typing import Any

import pytest

from sweeps.errors import SpecError
from sweeps.spec import load_spec

SPEC: dict[str, Any] = {
    "model": "mlp",
    "method": "pbt",
    "sampler": {"population": 4},
    "budget": {"steps": 20},
    "parameters": {
        "lr": {"min": 1e-4, "max": 1e-1},
        "dropout": {"min": 0.0, "max": 0.5},
        "width_1": {"values": [8, 16]},
    },
}


def test_what_is_not_said_is_filled_in() -> None:
    spec = load_spec(SPEC)
    assert spec.sampler["interval"] == 2
    assert spec.sampler["parameters"] == ["lr", "dropout"]
    assert spec.trials == 4 * 10
    assert load_spec(spec.document()) == spec


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"budget": {}}, "budget.steps"),
        ({"sampler": {"interval": 20}}, "sampler.interval: 20"),
        ({"sampler": {"population": 1}}, "sampler.population"),
        ({"sampler": {"parameters": ["momentum"]}}, "momentum is not searched"),
        ({"sampler": {"parameters": ["width_1"]}}, "width_1 cannot change"),
        ({"parameters": {"width_1": {"values": [8, 16]}}}, "none of the parameters that are searched"),
        ({"early_terminate": {"type": "median"}}, "pbt itself decides"),
        ({"enqueue": [{"lr": lr / 100} for lr in (1, 2, 3, 4)]}, "5 configs to try first"),
    ],
)
def test_what_is_wrong_is_refused_before_the_start(change: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as raised:
        load_spec({**SPEC, **change})
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_cap_within_the_training_is_said() -> None:
    assert any("ends after 10" in warning for warning in load_spec({**SPEC, "run_cap": 10}).warnings)
