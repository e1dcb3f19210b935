"""What a sweep costs beside its trials: 100 trials of 0.2 s on two slots, ours and plain Ray Tune in one run.

    python benchmarks/overhead.py [--trials 100] [--repeats 3]

Both sides are whole processes, timed from start to end and inside (from the first config asked for, or the
call of `Tuner.fit`, to the end). The plain side is a function trainable with OptunaSearch and reuse_actors=True;
its default, a new actor a trial, is many times slower and would flatter us.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLAIN = """
import sys, time
import ray
from ray import tune
from ray.tune.search.optuna import OptunaSearch
import optuna
optuna.logging.set_verbosity(optuna.logging.WARNING)
trials, seconds, folder = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
def train(config):
    time.sleep(seconds)
    tune.report({"score": -((config["x"] - 0.3) ** 2)})
start = time.perf_counter()
tune.Tuner(
    train,
    param_space={"x": tune.uniform(0, 1)},
    tune_config=tune.TuneConfig(
        search_alg=OptunaSearch(), metric="score", mode="max", num_samples=trials, reuse_actors=True
    ),
    run_config=tune.RunConfig(storage_path=folder, name="plain", verbose=0),
).fit()
print("inside", time.perf_counter() - start)
"""


def measure(ours: bool, trials: int, seconds: float) -> tuple[float, float]:
    """Wall seconds of the whole process and inside of it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        start = time.perf_counter()
        done = subprocess.run(
            _command(ours, folder, str(trials), str(seconds)), capture_output=True, text=True, check=False
        )
        whole = time.perf_counter() - start
    inside = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("inside")]
    if not inside:
        sys.exit(f"the run failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return whole, float(inside[0])


def _command(ours: bool, folder: str, trials: str, seconds: str) -> list[str]:
    if ours:
        return [sys.executable, str(HERE / "sleeper.py"), folder, trials, seconds, "1", "off"]
    return [sys.executable, "-c", PLAIN, trials, seconds, folder]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    pairs = []
    for repeat in range(arguments.repeats):
        ours, plain = (measure(ours, arguments.trials, 0.2) for ours in (True, False))
        pairs.append({"ours": ours, "plain": plain, "ratio": (ours[0] / plain[0], ours[1] / plain[1])})
        each = (f"{name} {t[0]:.1f} s ({t[1]:.1f} inside)" for name, t in (("ours", ours), ("plain", plain)))
        print(f"run {repeat + 1}: {', '.join(each)}")
    ratios = {side: statistics.median(pair["ratio"][i] for pair in pairs) for i, side in enumerate(("whole", "inside"))}
    ideal = arguments.trials * 0.2 / 2
    print(json.dumps({"ideal": ideal, "median ratio": ratios}))


if __name__ == "__main__":
    main()
