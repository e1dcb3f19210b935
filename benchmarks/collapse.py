"""How often is the judge right? Labelled samples on digits, MNIST and Fashion-MNIST, and GANs trained into failure.

    SWEEPS_DATA=... python benchmarks/collapse.py [--part test] [--datasets digits mnist]

Kinds of samples are in the calibration part, on which thresholds were set, or in the test part. `--tables` copies the
definitions of `analysis.verdicts` and `analysis.definitions` into docs/collapse.md and judges nothing.
"""

from __future__ import annotations

import argparse
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from collapse_cases import KINDS, Pool, pool
from table import put_part

from analysis.collapse import VERDICTS, Judgement, judge
from analysis.definitions import borderline_table, definition_table
from analysis.seen import Reference
from sweeps.features import Extractor, sight_on
from sweeps.threads import limit_threads
from trainables.data import load_dataset

PAGE = Path(__file__).resolve().parents[1] / "docs" / "collapse.md"
DATASETS = ("digits", "mnist", "fashion_mnist")


@dataclass(frozen=True)
class Result:
    """What the judge said of a case."""

    dataset: str
    kind: str
    setting: Any
    part: str
    label: str
    found: Judgement

    @property
    def right(self) -> bool:
        return self.found.verdict == self.label


@dataclass(frozen=True)
class Bench:
    """A data set with its judge."""

    name: str
    pool: Pool
    reference: Reference
    extractor: Extractor

    def results(self, part: str | None) -> Iterator[Result]:
        for name, kind in KINDS.items():
            for setting in kind.settings if part in (None, kind.part) else ():
                seed = zlib.crc32(f"{self.name} {name} {setting}".encode())
                images = kind.make(self.pool, np.random.default_rng(seed), setting).astype(np.float32)
                found = judge(self.reference, self.extractor.see(np.clip(images, -1, 1)))
                yield Result(self.name, name, setting, kind.part, kind.label, found)


def bench(name: str) -> Bench:
    data = load_dataset(name)
    sight = sight_on(data)
    return Bench(name, pool(name), sight.reference(data), sight.extractor)


def confusion(results: Sequence[Result]) -> str:
    """Rows are labels, columns verdicts, in Markdown."""
    counts = Counter((result.label, result.found.verdict) for result in results)
    names = list(VERDICTS)
    head = [f"| label | {' | '.join(names)} | right |", f"|---|{'---|' * (len(names) + 1)}"]
    rows = []
    for label in names:
        row = [counts[label, name] for name in names]
        if sum(row):
            cells = " | ".join(str(count or "") for count in row)
            rows.append(f"| {label} | {cells} | {counts[label, label]} of {sum(row)} |")
    return "\n".join([*head, *rows])


def summary(results: Sequence[Result]) -> str:
    right = sum(result.right for result in results)
    return f"{right} of {len(results)} right, {right / len(results):.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", action="store_true")
    parser.add_argument("--part", choices=("calibration", "test"))
    parser.add_argument("--datasets", nargs="+", default=DATASETS, choices=DATASETS)
    given = parser.parse_args()
    if given.tables:
        put_part(PAGE, "definition", definition_table())
        put_part(PAGE, "borderline", borderline_table())
        return
    limit_threads(1)
    results = []
    for name in given.datasets:
        for result in bench(name).results(given.part):
            results.append(result)
            if not result.right:
                found = result.found
                print(
                    f"{result.dataset}, {result.kind} {result.setting} ({result.part}): {result.label} was taken for "
                    f"{found.verdict} {found.severity:.2f}: {'; '.join(found.evidence)}",
                    flush=True,
                )
    for part in ("calibration", "test"):
        if of_part := [result for result in results if result.part == part]:
            print(f"\n{part}: {summary(of_part)}\n\n{confusion(of_part)}")


if __name__ == "__main__":
    main()
