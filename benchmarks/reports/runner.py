"""Runs the specs of the studies by the command `sweeps`, one after the other; what is complete is not repeated."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from basics.files import replace_file
from sweeps.spec import load_spec
from sweeps.spec.resolved import Spec
from trainables.data.catalogue import is_there

SPECS = Path(__file__).resolve().parents[2] / "specs" / "reports"
SUBSET = "cifar10_subset.npz"  # a part of CIFAR-10 in the data folder, taken where the whole is not there
DONE, TRIALS_FAILED, INTERRUPTED = 0, 1, 130
UNKNOWN_SECONDS = 60.0
POLL_SECONDS = 1.0


@dataclass(frozen=True)
class ReportsBenchmark:
    """Where the sweeps go and the data lies."""

    out: Path
    data_dir: Path | None = None
    specs: Path = SPECS

    def folder(self, name: str) -> Path:
        return self.out / name

    def spec(self, name: str) -> Spec:
        return load_spec(self.specs / f"{name}.yaml", self._overrides(name))

    def took(self, name: str) -> dict[str, Any] | None:
        """What a sweep that is complete took; None of one that is not, or of another spec."""
        record = self._record(name)
        return record if record.get("complete") and not self.is_of_another_spec(name) else None

    def is_of_another_spec(self, name: str) -> bool:
        """Whether the folder holds a sweep that the spec, as it is now, does not say."""
        written = self.folder(name) / "spec.yaml"
        return written.is_file() and load_spec(written) != self.spec(name)

    def run(self, name: str) -> int:
        """Run or resume a sweep; the exit code of the command."""
        before, began = self._record(name), time.monotonic()
        self.out.mkdir(parents=True, exist_ok=True)
        with (self.out / f"{name}.log").open("a") as log:
            process = subprocess.Popen(self._command(name), stdout=log, stderr=log)
            busy = cpu_seconds(process)
        took = {"seconds": time.monotonic() - began, "cpu_seconds": busy}
        record: dict[str, Any] = {key: round(value + before.get(key, 0.0), 1) for key, value in took.items()}
        record["complete"] = process.returncode in (DONE, TRIALS_FAILED)
        replace_file(self.out / f"{name}.json", json.dumps(record).encode())
        return process.returncode

    def _record(self, name: str) -> dict[str, Any]:
        """Of the runs that made the folder: seconds and CPU seconds in all, and whether it is complete."""
        record = self.out / f"{name}.json"
        there = record.is_file() and (self.folder(name) / "spec.yaml").is_file()
        return dict(json.loads(record.read_text())) if there else {}

    def _command(self, name: str) -> list[str]:
        command, folder = [sys.executable, "-m", "sweeps.cli"], self.folder(name)
        data = [] if self.data_dir is None else ["--data-dir", str(self.data_dir)]
        if (folder / "spec.yaml").exists():
            return [*command, "resume", str(folder), *data]
        given = [part for key, value in self._overrides(name).items() for part in ("--set", f"{key}={value}")]
        return [
            *command,
            "run",
            str(self.specs / f"{name}.yaml"),
            "--out",
            str(folder),
            "--wandb",
            "off",
            *data,
            *given,
        ]

    def _overrides(self, name: str) -> Mapping[str, Any]:
        colour = load_spec(self.specs / f"{name}.yaml").dataset == "cifar10"
        folder = self.data_dir or Path(os.environ.get("SWEEPS_DATA", ""))
        if colour and not is_there("cifar10", self.data_dir) and (folder / SUBSET).is_file():
            return {"dataset": str((folder / SUBSET).resolve())}
        return {}


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """Wait for the process; the CPU seconds of it and all its descendants, to about a second for each of them."""
    busy: dict[int, float] = {}
    while True:
        with suppress(psutil.NoSuchProcess):
            family = psutil.Process(process.pid)
            for one in (family, *family.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    times = one.cpu_times()
                    busy[one.pid] = times.user + times.system
        try:
            process.wait(POLL_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return sum(busy.values())


def run_all(benchmark: ReportsBenchmark, names: Sequence[str], expected: Mapping[str, float]) -> list[str]:
    """Run what is not complete and say how it goes; the names of those that could not be run."""
    todo, failed = [name for name in names if benchmark.took(name) is None], []
    left = sum(expected.get(name, UNKNOWN_SECONDS) for name in todo)
    print(f"{len(names)} sweeps, {len(names) - len(todo)} of them complete; {minutes(left)} to go", flush=True)
    for number, name in enumerate(todo, 1):
        trials, seconds = benchmark.spec(name).trials, expected.get(name, UNKNOWN_SECONDS)
        known = f"about {seconds:.0f} s" if name in expected else f"never timed, say {seconds:.0f} s"
        print(f"[{number}/{len(todo)}] {name}: {trials} trials, {known}", end=" ... ", flush=True)
        left -= seconds
        trouble = _trouble(benchmark, name)
        failed += [name] if trouble else []
        took = benchmark.took(name) or {}
        print(trouble or f"{took['seconds']:.0f} s", f"; {minutes(left)} to go", sep="", flush=True)
    return failed


def _trouble(benchmark: ReportsBenchmark, name: str) -> str:
    """Run the sweep; what went wrong, if anything did."""
    if benchmark.is_of_another_spec(name):
        return f"{benchmark.folder(name)} is of another spec; delete it or give another --out"
    code = benchmark.run(name)
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    return "" if benchmark.took(name) else f"exit code {code}, see {benchmark.out / name}.log"


def expected_seconds(page: Path) -> dict[str, float]:
    """What each sweep took when the page was made: the rows "| `NAME` | trials | seconds |" of its last table."""
    text = page.read_text() if page.is_file() else ""
    return {name: float(seconds) for name, seconds in re.findall(r"^\| `(\w+)` \| \d+ \| (\d+) \|", text, re.MULTILINE)}


def minutes(seconds: float) -> str:
    return f"about {seconds / 60:.0f} min"
