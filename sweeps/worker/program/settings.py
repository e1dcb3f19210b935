"""What every worker of a sweep of a program is given once, as it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sweeps.spec.program.program import Program


@dataclass(frozen=True)
class ProgramSettings:
    """The same for all trials of a sweep.

    `cpus`: what a trial has of them. `metrics`: those that every trial must come to, the objective first; `unnamed`:
    the spec names none, and a trial that is done has the first of these as 1. `sweep_id` is in the manifest of the
    sweep's `folder`. `start_in`: the folder to start in, of the driver's machine; `environment`: the driver's variables
    where this is its machine, None where the worker's own are meant. `wandb`: variables for the program's W&B run,
    `keep_runs`: whether that is wanted, or only its numbers. `code`: the files of `start_in`, packed, None where they
    are there.
    """

    program: Program
    cpus: float
    metrics: tuple[str, ...]
    sweep_id: str
    folder: str
    start_in: str
    unnamed: bool = False
    environment: Mapping[str, str] | None = None
    wandb: Mapping[str, str] = field(default_factory=dict)
    keep_runs: bool = False
    code: bytes | None = None
