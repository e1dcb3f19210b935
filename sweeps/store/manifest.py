"""What a sweep was run with: versions, code, data, machine, command. Written once, read by people and `resume`."""

from __future__ import annotations

import json
import platform
import re
import socket
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from analysis.results import ENDED, MANIFEST_FILE, WHY
from basics.cpus import usable_cpus
from basics.files import replace_file
from sweeps.spec.resolved import Spec
from trainables.data import Dataset

DISTRIBUTION = "gdsweeps"
TIME = "%Y-%m-%dT%H:%M:%S%z"


def manifest(spec: Spec, data: Dataset | None, sweep_id: str) -> dict[str, Any]:
    """The manifest of a sweep that starts now; `data` is None where a program has its own."""
    return {
        "sweep": sweep_id,
        "started": time.strftime(TIME),
        "command": sys.argv,
        "versions": versions(),
        "git": git_state(Path.cwd()),
        "seed": spec.seed,
        **({"data": _described(data)} if data is not None else {}),
        "machine": machine(),
    }


def _described(data: Dataset) -> dict[str, Any]:
    return {
        "name": data.name,
        "hash": data.content_hash,
        "split_seed": data.split_seed,
        "train": len(data.train.y),
        "val": len(data.val.y),
        "image_shape": list(data.image_shape),
        "classes": list(data.classes),
        "class_shares": (np.bincount(data.train.y, minlength=data.n_classes) / len(data.train.y)).tolist(),
    }


def note_end(folder: Path, why: str | None) -> None:
    """Note in a sweep's manifest that it has ended, and what ended it before its time; None: that it has not."""
    path = folder / MANIFEST_FILE
    document = json.loads(path.read_text(encoding="utf-8-sig"))
    ended = {} if why is None else {ENDED: {"at": time.strftime(TIME), WHY: why}}
    others = {name: value for name, value in document.items() if name != ENDED}
    replace_file(path, json.dumps({**others, **ended}, indent=2).encode())


def versions() -> dict[str, str]:
    """Python, this distribution and every library it asks for that is there."""
    found = {"python": platform.python_version()}
    for name in (DISTRIBUTION, *_libraries()):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _libraries() -> list[str]:
    try:
        wanted = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    return [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in wanted if "extra ==" not in line]


def machine() -> dict[str, Any]:
    return {
        "host": socket.gethostname(),
        "system": platform.platform(),
        "cpu": _cpu(),
        "cpus": usable_cpus(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "gpus": _gpus(),
        "arch": platform.machine(),
    }


def _cpu() -> str:
    """The processor's name where Linux says it."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")), "")


def _gpus() -> list[str]:
    """Names of NVIDIA's GPUs: asked of the driver's own command, because torch takes seconds to import."""
    try:
        done = _said("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return []
    return done.splitlines()


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit and dirtiness of the checkout around `folder`, None outside of one."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return {"commit": commit, "dirty": bool(_git(folder, "status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None


def _git(folder: Path, *arguments: str) -> str:
    return _said("git", "-C", str(folder), *arguments)


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
