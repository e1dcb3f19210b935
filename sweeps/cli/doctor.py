"""The checks of `sweeps doctor`: one row for each thing a sweep needs on this machine, and how to get it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from basics.cpus import usable_cpus
from sweeps.store.manifest import versions

Row = dict[str, Any]


def checks() -> list[Row]:
    """Every check: `check`, `state` (ok, note or missing), `detail`."""
    return [_python(), *_libraries(), _cpus(), _gpu(), _memory(), _disk(), _data(), _wandb(), _ray_address()]


def _row(check: str, state: str, detail: str) -> Row:
    return {"check": check, "state": state, "detail": detail}


def _python() -> Row:
    enough = sys.version_info >= (3, 11)
    return _row(
        "python", "ok" if enough else "missing", sys.version.split()[0] + ("" if enough else "; needs 3.11 or newer")
    )


def _libraries() -> list[Row]:
    found = versions()
    needed = ("ray", "optuna", "torch", "torchvision", "scikit-learn", "numpy", "pandas")
    rows = [_row(n, "ok" if n in found else "missing", found.get(n, f"pip install {n}")) for n in needed]
    state = "ok" if "wandb" in found else "note"
    return [*rows, _row("wandb", state, found.get("wandb", "not installed: sweeps run without W&B"))]


def _cpus() -> Row:
    return _row("cpus", "ok", f"{usable_cpus()}: that many one-CPU trials run at once")


def _gpu() -> Row:
    import torch

    if not torch.cuda.is_available():
        return _row("gpu", "note", "none that torch can use: trials train on the CPU")
    names = ", ".join(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))
    return _row("gpu", "ok", f"{names}; share one with resources: {{gpu: 0.25}}")


def _memory() -> Row:
    import psutil

    free = psutil.virtual_memory().available / 2**30
    return _row("memory", "ok" if free > 2 else "note", f"{free:.1f} GiB free")


def _disk() -> Row:
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    return _row("disk", "ok" if free > 1 else "note", f"{free:.1f} GiB free here")


def _data() -> Row:
    folder = os.environ.get("SWEEPS_DATA")
    if folder is None:
        return _row("data", "note", "SWEEPS_DATA is not set: datasets are downloaded to a cache folder on first use")
    there = Path(folder).is_dir()
    return _row("data", "ok" if there else "missing", f"SWEEPS_DATA={folder}{'' if there else ' is no folder'}")


def _wandb() -> Row:
    if importlib.util.find_spec("wandb") is None:
        return _row("wandb login", "note", "not installed")
    from sweeps.tracking.mode import resolve_mode

    mode = resolve_mode("auto")
    advice = "" if mode == "online" else "; 'wandb login' makes sweeps go online by themselves"
    return _row("wandb login", "ok" if mode == "online" else "note", f"runs are {mode}{advice}")


def _ray_address() -> Row:
    address = os.environ.get("RAY_ADDRESS")
    detail = f"RAY_ADDRESS={address} is ignored without --address" if address else "a private Ray for each sweep"
    return _row("ray cluster", "note" if address else "ok", detail)
