"""Is the data shared? Memory of two concurrent trials on Fashion-MNIST against one (Linux).

    SWEEPS_DATA=... python benchmarks/memory.py

Starts Ray as a sweep does, puts the data once into the object store and starts one, then two trial processes on
it. Each process's memory is taken as PSS (a page shared by n processes counts 1/n in each) and private (USS): a
process that copied the 170 MiB of images would show them as private.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import psutil
import ray

from sweeps.driver.cluster.session import ray_session
from trainables import MODELS
from trainables.data import load_dataset

MIB = 2**20


@ray.remote(num_cpus=1)
class Trial:
    """A model in training in a process of its own."""

    def __init__(self, data: Any) -> None:
        self.model = MODELS["gan"].build({}, data, seed=0)
        self.model.step()

    def memory(self) -> dict[str, float]:
        memory = psutil.Process().memory_full_info()
        return {"pss": memory.pss / MIB, "private": memory.uss / MIB}


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    data = load_dataset("fashion_mnist")
    size = (data.train.x.nbytes + data.val.x.nbytes) / MIB
    with tempfile.TemporaryDirectory() as folder, ray_session(None, Path(folder) / "ray.log"):
        shared = ray.put(data)
        none = ray.get(Trial.remote(load_dataset("digits")).memory.remote())
        trials = [Trial.remote(shared)]
        one = ray.get([trial.memory.remote() for trial in trials])
        trials.append(Trial.remote(shared))
        two = ray.get([trial.memory.remote() for trial in trials])
    print(json.dumps({"images_mib": size, "on digits": none, "one trial": one, "two trials": two}, indent=2))


if __name__ == "__main__":
    main()
