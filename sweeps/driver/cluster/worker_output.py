"""What a worker on another node printed before it died, brought to the sweep's folder."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from sweeps.driver.cluster.temporary_folder import private_file
from sweeps.worker.messages import Place

logger = logging.getLogger(__name__)

MOST = 2**16  # bytes of each file, from its end
SECONDS = 30.0  # that a node may take to answer, where it starts a process for that: one that is lost never does


@ray.remote(num_cpus=0, max_retries=0)
def _ends(paths: tuple[str, ...]) -> list[tuple[str, bytes]]:
    found = []
    for path in paths:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - MOST))
            found.append((os.path.basename(path), file.read()))
    return found


def bring_output(place: Place, log: Path) -> None:
    """Append what the worker at `place` printed last to the file `log`, if its node still answers."""
    there = NodeAffinitySchedulingStrategy(place.node, soft=False)
    try:
        ends = ray.get(_ends.options(scheduling_strategy=there).remote(place.output), timeout=SECONDS)
    except (RayError, OSError, ValueError):
        logger.warning("the output of a worker on node %s is out of reach", place.node)
        return
    with private_file(log) as kept:
        for name, content in ends:
            kept.write(f"--- {name}\n".encode() + content if content else b"")
