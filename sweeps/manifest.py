"""What a sweep was run with: versions, code, data, machine, command. Written once, read by people and `resume`."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from sweeps.spec.resolved import Spec
from trainables.data import Dataset

LIBRARIES = (
    "gdsweeps",
    "ray",
    "optuna",
    "wandb",
    "torch",
    "torchvision",
    "scikit-learn",
    "scikit-learn-intelex",
    "numpy",
    "scipy",
    "pandas",
)


def manifest(spec: Spec, data: Dataset, sweep_id: str) -> dict[str, Any]:
    """The manifest of a sweep that starts now."""
    return {
        "sweep": sweep_id,
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "command": sys.argv,
        "versions": versions(),
        "git": git_state(Path.cwd()),
        "seed": spec.seed,
        "data": {
            "name": data.name,
            "hash": data.content_hash,
            "split_seed": data.split_seed,
            "train": len(data.train.y),
            "val": len(data.val.y),
            "image_shape": list(data.image_shape),
            "classes": list(data.classes),
        },
        "machine": machine(),
    }


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    return {
        "host": socket.gethostname(),
        "system": platform.platform(),
        "cpus": os.cpu_count(),
        "arch": platform.machine(),
    }


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit and dirtiness of the checkout around `folder`, None outside of one."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return {"commit": commit, "dirty": bool(_git(folder, "status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout.strip()
