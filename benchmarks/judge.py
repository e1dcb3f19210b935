"""What judging costs: 2,000 samples on one core, and all evaluation's share of a sweep.

    SWEEPS_DATA=... python benchmarks/judge.py                     # judges fashion_mnist, then sweeps both specs
    SWEEPS_DATA=... python benchmarks/judge.py --judge fashion_mnist
    SWEEPS_DATA=... python benchmarks/judge.py --sweep specs/digits_gan.yaml --slots 2

A judge is timed in a process of its own with one thread and the real images' features read from disk: the first call,
which imports scikit-learn and looks at the real images, and the next. A sweep is run as from the command line; its rows
say how long training and evaluation took. The tables of docs/judging.md are filled in.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from table import put_row

PAGE = Path(__file__).parents[1] / "docs" / "judging.md"
SPECS = ("specs/digits_gan.yaml", "specs/fashion_gan.yaml")
SAMPLES = 2000


def judge(name: str) -> None:
    """CPU seconds of seeing and judging samples, on one thread: what it takes on a core that is free."""
    import threadpoolctl
    import torch

    from analysis.judge.judgement import judge as judged
    from sweeps.evaluation.extractors import real_features_of
    from trainables.data import load_dataset

    data = load_dataset(name)
    real_features = real_features_of(data)
    torch.set_num_threads(1)
    threadpoolctl.threadpool_limits(1)
    reference, rng, seconds = real_features.reference(data), np.random.default_rng(0), []
    for _ in range(2):
        images = data.val.x[rng.choice(len(data.val), SAMPLES)]
        noise = rng.standard_normal(images.shape, dtype=np.float32)
        began = time.process_time()
        judged(reference, real_features.extractor.extract(np.clip(images + 0.05 * noise, -1, 1)))
        seconds.append(time.process_time() - began)
    print(json.dumps({"first": round(seconds[0], 2), "next": round(seconds[1], 2)}))
    put_row(PAGE, "Judging 2,000 samples", [name, f"{seconds[0]:.1f}", f"{seconds[1]:.1f}"])


def sweep(spec: Path, slots: int) -> None:
    """Seconds of a sweep's wall clock, of training and of evaluation, and the share of the last."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "it"
        began = time.perf_counter()
        command = [sys.executable, "-m", "sweeps.cli", "run", str(spec), "--out", str(out), "--wandb", "off"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - began
        rows = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    evaluation = sum(row["sys/evaluation_seconds"] for row in rows)
    training = sum(max(row["seconds"] for row in rows if row["trial"] == trial) for trial in {r["trial"] for r in rows})
    share, of_work = evaluation / (slots * wall), evaluation / (evaluation + training)
    print(
        json.dumps({"wall": wall, "training": training, "evaluation": evaluation, "share": share, "of work": of_work})
    )
    cells = [f"{wall:.0f}", f"{training:.0f}", f"{evaluation:.1f}", f"{share:.1%}", f"{of_work:.1%}"]
    put_row(PAGE, "Evaluation in a sweep", [spec.name, str(len(rows)), *cells])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judge", metavar="DATASET", help="time the judge of this data set alone")
    parser.add_argument("--sweep", type=Path, metavar="SPEC", help="run this spec alone")
    parser.add_argument("--slots", type=int, default=2, help="trials that run at once")
    options = parser.parse_args()
    alone = options.judge is not None or options.sweep is not None
    if options.judge is not None or not alone:
        judge(options.judge or "fashion_mnist")
    for spec in [options.sweep] if options.sweep else [] if alone else map(Path, SPECS):
        sweep(spec, options.slots)


if __name__ == "__main__":
    main()
