"""Whether a sweep that is killed at random moments, again and again, ends with the table of one that was not.

    python benchmarks/kills.py [--kills 100] [--of driver worker raylet] [--trials 12] [--seed 0]

One slot, so that the search is told of the trials in one order. Each kill is a SIGKILL: of the driver, of a worker or
of Ray's raylet; a driver that is gone is resumed. A worker that was killed four times in one trial makes it fail, as it
should: with many kills of workers take many trials. Compared is all but times and where a trial ran.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pandas as pd
import psutil
import yaml

from basics.cpus import usable_cpus

PARTS = {"driver": "", "worker": "ray::", "raylet": "raylet"}  # with what the name of the process begins
TIMES = ("device", "worker", "started", "ended", "seconds")
LONGEST = 25.0  # seconds until a kill, of which Ray's start is some five
SPEC = {"model": "mlp", "dataset": "digits", "method": "tpe", "budget": {"steps": 6}}


def spec_in(folder: Path, trials: int) -> Path:
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump({**SPEC, "run_cap": trials, "resources": {"cpu": usable_cpus()}}))
    return path


def start(*words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sweeps.cli", *words, "--wandb", "off", "--no-report"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill(driver: subprocess.Popen[bytes], part: str) -> bool:
    """Whether there was such a process to kill."""
    with suppress(psutil.Error):
        family = psutil.Process(driver.pid).children(recursive=True)
        found = [process for process in family if process.name().startswith(PARTS[part])]
        target = psutil.Process(driver.pid) if part == "driver" else next(iter(found), None)
        if target is not None:
            target.kill()
            return True
    return False


def killed_sweep(spec: Path, folder: Path, kills: int, parts: list[str], chance: random.Random) -> int:
    """Run a sweep to its end with so many kills on the way, as far as it lasts; how many there were."""
    first = ("run", str(spec), "--out", str(folder))
    driver, done = start(*first), 0
    while driver.poll() is None or driver.returncode not in (0, 1) or "running" in ends(folder):
        if driver.poll() is not None:
            begun = (folder / "spec.yaml").exists()
            if not begun:
                shutil.rmtree(folder, ignore_errors=True)
            driver = start("resume", str(folder)) if begun else start(*first)
        with suppress(subprocess.TimeoutExpired):
            driver.wait(chance.uniform(0.5, LONGEST) if done < kills else None)
        if driver.poll() is None and done < kills:
            done += kill(driver, chance.choice(parts))
            time.sleep(0.5)
    return done


def ends(folder: Path) -> list[str]:
    return [str(status) for status in table(folder)["status"]] if (folder / "trials.csv").exists() else ["running"]


def table(folder: Path) -> pd.DataFrame:
    found = pd.read_csv(folder / "trials.csv", dtype={"trial": str})
    return found.drop(columns=[name for name in found if name in TIMES or "sys/" in str(name)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--of", nargs="+", choices=PARTS, default=["driver"])
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        spec = spec_in(root, arguments.trials)
        start("run", str(spec), "--out", str(root / "straight")).wait()
        done = killed_sweep(spec, root / "killed", arguments.kills, arguments.of, random.Random(arguments.seed))
        same = table(root / "killed").equals(table(root / "straight"))
        print(f"{done} kills of {' or '.join(arguments.of)}, {len(ends(root / 'killed'))} trials: ", end="")
        print("the same table as without" if same else "ANOTHER TABLE")
        if not same:
            print(table(root / "straight").to_string(), table(root / "killed").to_string(), sep="\n")
    sys.exit(not same)


if __name__ == "__main__":
    main()
