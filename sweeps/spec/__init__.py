"""A sweep's spec: YAML in W&B's vocabulary in, a checked and resolved `Spec` out."""

from sweeps.errors import SpecError
from sweeps.spec.reading import load_spec
from sweeps.spec.resolved import Budget, Objective, Resources, Spec, Tracking

__all__ = [
    "Budget",
    "Objective",
    "Resources",
    "Spec",
    "SpecError",
    "Tracking",
    "load_spec",
]
