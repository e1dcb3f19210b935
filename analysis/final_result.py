"""The result of a final training as its JSON document has it, which is written, read and printed as it is.

Documents of earlier versions lack what they did not know: that is `NotRequired` here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

SeedRow = Mapping[str, Any]  # `trial`, test metrics by name, and values that are no numbers (`results.NO_NUMBERS`)


class Measured(TypedDict):
    """A metric: its value, or of several seeds the mean of their `n` values, with the ends of its 95 % interval.

    The ends are None where the values say nothing of chance; `images`: the interval is of a share of so many.
    """

    mean: float
    low: NotRequired[float | None]
    high: NotRequired[float | None]
    n: NotRequired[int]
    values: NotRequired[list[float]]
    images: NotRequired[int]


class Places(TypedDict, total=False):
    """The objective of one config by the place it was measured in: the sweep, with fresh seeds, on the test set."""

    sweep: Measured
    replicates: Measured
    test: Measured


class OptimismGap(Places):
    """How much better the objective looked in the sweep than it is on the test set: `gaps` by the part they are of."""

    metric: str
    goal: str
    gaps: dict[str, float]


class ImageCounts(TypedDict):
    """How many images one config was trained on in the sweep, and the final model on."""

    sweep: int
    final: int


class Tested(TypedDict):
    """What the test set said: of each seed, of each metric over the seeds, and how far from the sweep that is."""

    gap: OptimismGap
    test: dict[str, Measured]
    each: list[SeedRow]


class FinalResult(Tested):
    """The result of a final training.

    `seeds`: how many were trained; `seedless`: training is deterministic, so it was one; `kept`: the trial whose model
    it is; `steps`: how long each was trained, in words; `training`: trial, steps and seconds of each; `failed`: a line
    for each seed that did not come to its end; `changed`: what differs from the sweep; `lock`: where the config is
    from.
    """

    model: str
    dataset: str
    config: dict[str, Any]
    seeds: int | None
    seedless: NotRequired[bool]
    kept: str
    images: ImageCounts
    steps: str
    training: list[dict[str, Any]]
    failed: list[str]
    changed: list[str]
    lock: dict[str, Any]
    versions: dict[str, str]
    git: dict[str, Any] | None
    machine: dict[str, Any]
