"""Slots: how many trials fit on the cluster at once, counted again as nodes come and go."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import ray

from sweeps.errors import ClusterError
from sweeps.spec.resolved import Resources

ROUNDING = 1e-9
SECONDS = 5.0  # between two looks at the cluster


def slots(resources: Resources) -> int:
    """How many trials fit on the nodes there are now, none across two of them."""
    return sum(slots_on_node(node["Resources"], resources) for node in ray.nodes() if node["Alive"])


def need_slots(resources: Resources, *, may_grow: bool) -> int:
    """The number of slots, at least 1; ClusterError if not even one trial fits, unless nodes may join."""
    if (count := slots(resources)) or may_grow:
        return max(count, 1)
    raise ClusterError(
        f"resources: a trial wants {requested(resources)}, but {described(ray.cluster_resources())} are all there is"
    )


def requested(resources: Resources) -> str:
    return f"cpu {resources.cpu:g} and gpu {resources.gpu:g}"


def described(of: Mapping[str, Any]) -> str:
    return f"{of.get('CPU', 0):g} CPUs and {of.get('GPU', 0):g} GPUs"


def slots_on_node(node: Mapping[str, float], resources: Resources) -> int:
    fits = [
        _fitting(node.get(name, 0), wanted, whole=name == "GPU")
        for name, wanted in (("CPU", resources.cpu), ("GPU", resources.gpu))
        if wanted
    ]
    return min(fits, default=1)


def _fitting(have: float, wanted: float, *, whole: bool) -> int:
    """How often `wanted` fits into `have`; a fraction of a GPU must lie on one GPU."""
    if whole and wanted < 1:
        return int(have) * int(1 / wanted + ROUNDING)
    return int(have / wanted + ROUNDING)


class Slots:
    """The number of slots, counted anew every few seconds; at least 1, so that a pending trial can make a cluster
    grow. `may_grow`: nodes may join, and others may use them, which a private Ray knows nothing of."""

    def __init__(self, resources: Resources, *, may_grow: bool) -> None:
        self.resources, self.may_grow = resources, may_grow
        self._count, self._read = need_slots(resources, may_grow=may_grow), time.monotonic()

    def __call__(self) -> int:
        if time.monotonic() - self._read > SECONDS:
            self._count, self._read = max(slots(self.resources), 1), time.monotonic()
        return self._count
