"""Options of a search method's sampler, the lines below `sampler` of a spec: what each may be, as data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["whole", "number", "flag", "choice", "names"]
Value = str | int | float | bool | tuple[str, ...] | None


@dataclass(frozen=True)
class Option:
    """One option: its value when nothing is said, and the least and most it may be, or its choices.

    One that is None when nothing is said may be null.
    """

    default: Value
    kind: Kind = "whole"
    least: float = 0
    most: float = math.inf
    choices: tuple[str, ...] = ()
    without: str = ""  # another flag, which does not go with this one

    def takes(self, value: Value) -> bool:
        if value is None:
            return self.default is None
        if self.kind in ("flag", "choice"):
            return isinstance(value, bool) if self.kind == "flag" else value in self.choices
        if self.kind == "names":
            return isinstance(value, list | tuple) and bool(value) and all(isinstance(name, str) for name in value)
        numbers = int if self.kind == "whole" else int | float
        return isinstance(value, numbers) and not isinstance(value, bool) and self.least <= value <= self.most

    @property
    def valid(self) -> str:
        """What it may be, in words."""
        if self.kind == "choice":
            return " or ".join(self.choices)
        if self.kind == "flag":
            return "true or false"
        if self.kind == "names":
            return "a list of names of parameters"
        numbers = "a whole number" if self.kind == "whole" else "a number"
        span = f"from {self.least:g} to {self.most:g}" if self.most < math.inf else f"{self.least:g} or more"
        return f"{numbers}, {span}" + (", or null" if self.default is None else "")


Options = Mapping[str, Option]
FLAG_ON, FLAG_OFF = Option(True, "flag"), Option(False, "flag")
TPE: Options = {
    "n_startup_trials": Option(10),
    "n_ei_candidates": Option(24, least=1),
    "multivariate": FLAG_ON,
    "group": FLAG_ON,
    "constant_liar": FLAG_ON,
}
QMC: Options = {"qmc_type": Option("sobol", "choice", choices=("sobol", "halton")), "scramble": FLAG_ON}
GP: Options = {"n_startup_trials": Option(10, least=1), "deterministic_objective": FLAG_OFF}
CMA_ES: Options = {
    "popsize": Option(None, least=3),
    "sigma0": Option(0.1667, "number", least=0.001, most=1),
    "with_margin": FLAG_OFF,
    "lr_adapt": Option(False, "flag", without="with_margin"),
}
NSGA_II: Options = {
    "population_size": Option(50, least=2),
    "mutation_prob": Option(None, "number", most=1),
    "crossover_prob": Option(0.9, "number", most=1),
    "swapping_prob": Option(0.5, "number", most=1),
}
# Of `interval` and `parameters` the spec knows what they are when nothing is said.
PBT: Options = {
    "population": Option(8, least=2),
    "interval": Option(None, least=1),
    "quantile": Option(0.25, "number", least=0.01, most=0.5),
    "resample_probability": Option(0.25, "number", most=1),
    "parameters": Option(None, "names"),
}
