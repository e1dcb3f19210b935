"""How many CPUs this process may use: what the machine has, less what affinity and the cgroup's quota take away."""

from __future__ import annotations

import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
PROCESS = Path("/proc/self/cgroup")


def usable_cpus(groups: Path = CGROUPS, process: Path = PROCESS) -> int:
    """At least 1. A quota of one and a half CPUs is one: the second trial would only take from the first."""
    affine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min(affine, quota(groups, process))))


def quota(groups: Path, process: Path) -> float:
    """The CPUs that the cgroups of this process (version 1 or 2) let it have; infinite where none says."""
    return min((_quota(folder) for folder in _folders(groups, process)), default=float("inf"))


def _folders(groups: Path, process: Path) -> list[Path]:
    """The process's cgroups and those above them; in a container its own is often the root."""
    found = [groups, groups / "cpu"]
    for line in _text(process).splitlines():
        number, controllers, name = line.split(":", 2)
        if number == "0" or "cpu" in controllers.split(","):
            root = groups if number == "0" else groups / controllers
            root = root if root.is_dir() else groups / "cpu"
            below = root / name.strip("/")
            found += [path for path in (below, *below.parents) if path.is_relative_to(root)]
    return found


def _quota(folder: Path) -> float:
    """cpu.max has "QUOTA PERIOD" or "max PERIOD"; version 1 a file for each, and -1 for no limit."""
    words = _text(folder / "cpu.max").split() or [
        _text(folder / "cpu.cfs_quota_us").strip(),
        _text(folder / "cpu.cfs_period_us").strip(),
    ]
    try:
        limit, period = (float(word) for word in words)
    except ValueError:  # "max", or nothing is said here
        return float("inf")
    return limit / period if limit > 0 and period > 0 else float("inf")


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
