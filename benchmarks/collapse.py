"""How often is the judge right? Labelled samples on digits, MNIST and Fashion-MNIST, and GANs trained into failure.

    SWEEPS_DATA=... python benchmarks/collapse.py [--part test] [--datasets digits mnist] [--cases images gans]
    SWEEPS_DATA=... python benchmarks/collapse.py --part test --datasets imbalanced cifar10_subset.npz

Kinds of samples and settings of GANs are in the calibration part, on which thresholds were set, or in the test part.
`--pictures FOLDER` draws samples of the GANs, by which they were labelled, and judges nothing. `--tables` copies the
definitions of `analysis.judge.verdicts` and `analysis.judge.definitions` into docs/collapse.md and judges nothing.
"""

from __future__ import annotations

import argparse
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from collapse_cases import KINDS
from collapse_foreign import FOREIGN, played_foreign
from collapse_gans import RUNS, Game, LabelledGanRun, played
from collapse_recipes import IMBALANCED, Pool, real
from table import put_part

from analysis.judge.definitions import borderline_table, definition_table
from analysis.judge.extracted_features import Reference
from analysis.judge.findings import in_short, names
from analysis.judge.judgement import VERDICTS, Judgement, judge
from analysis.media import encode_grid
from sweeps.evaluation.extractors import Extractor, real_features_of
from sweeps.worker.threads import limit_threads
from trainables.data import Dataset, load_dataset

PAGE = Path(__file__).resolve().parents[1] / "docs" / "collapse.md"
DATASETS = ("digits", "mnist", "fashion_mnist")
BEYOND = (IMBALANCED, "cifar10_subset.npz")  # no threshold was set on them, and they are in none of the others' figures


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

    @property
    def found_it(self) -> bool:
        """Whether the label is among the findings; of a healthy one, whether there are none."""
        return self.label in names(self.found.findings) if self.found.findings else self.right


@dataclass(frozen=True)
class CollapseBenchmark:
    """A data set with its judge."""

    name: str
    data: Dataset
    pool: Pool
    reference: Reference
    extractor: Extractor
    kept: Path | None = None  # a folder of games that were trained before

    def of_images(self, part: str | None) -> Iterator[Result]:
        for name, kind in KINDS.items():
            for setting in kind.settings if part in (None, kind.part) else ():
                seed = zlib.crc32(f"{self.name} {name} {setting}".encode())
                images = kind.make(self.pool, np.random.default_rng(seed), setting).astype(np.float32)
                found = judge(self.reference, self.extractor.extract(np.clip(images, -1, 1)))
                yield Result(self.name, name, setting, kind.part, kind.label, found)

    def of_gans(self, part: str | None) -> Iterator[Result]:
        for name, run, seed in runs(self.name, part):
            found = self.judged(played(run, seed, self.data, self.kept))
            yield Result(self.name, name, f"seed {seed}", run.part, run.label, found)

    def of_foreign(self, part: str | None) -> Iterator[Result]:
        """Those that nobody has labelled yet are judged aloud and counted nowhere."""
        for name, run in FOREIGN.items() if part != "calibration" else ():
            found = self.judged(played_foreign(run, 2, self.data, self.kept))
            if run.labels.get(self.name) is None:
                print(
                    f"{self.name}, {name}: {in_short(found.verdict, names(found.findings))}, without a label",
                    flush=True,
                )
            else:
                yield Result(self.name, name, "seed 2", "test", run.labels[self.name], found)

    def judged(self, game: Game) -> Judgement:
        """With its history: as in a sweep the rows before have their metrics, here only those that count."""
        extracted = [self.extractor.extract(samples) for samples in game.samples]
        rows = [dict(row) for row in game.rows]
        for row, before in zip(rows[-len(extracted) : -1], extracted[:-1], strict=True):
            row.update(judge(self.reference, before).metrics)
        return judge(self.reference, extracted[-1], rows)


def runs(dataset: str, part: str | None) -> Iterator[tuple[str, LabelledGanRun, int]]:
    """The GANs to train on the data set, by name, and the seed."""
    for name, run in RUNS.items():
        if run.dataset == dataset and part in (None, run.part):
            yield from ((name, run, seed) for seed in run.seeds)


def benchmark_on(name: str, kept: Path | None) -> CollapseBenchmark:
    data, pool = real(name)
    real_features = real_features_of(data)
    return CollapseBenchmark(name, data, pool, real_features.reference(data), real_features.extractor, kept)


def draw(folder: Path, dataset: str, part: str | None, kept: Path | None) -> None:
    """A picture of samples of each GAN."""
    data = load_dataset(dataset)
    folder.mkdir(parents=True, exist_ok=True)
    for name, run, seed in runs(dataset, part):
        samples = played(run, seed, data, kept).samples[-1]
        (folder / f"{dataset} {name} {seed}.png").write_bytes(encode_grid(samples[:100], 20))
    for name, foreign in FOREIGN.items() if part != "calibration" else ():
        samples = played_foreign(foreign, 2, data, kept).samples[-1]
        (folder / f"{dataset} {name}.png").write_bytes(encode_grid(samples[:100], 20))


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
    right, found = (sum(values) for values in zip(*((one.right, one.found_it) for one in results), strict=True))
    shares = f"{right / len(results):.1%} and {found / len(results):.1%}"
    return f"{right} of {len(results)} right, the label among the findings of {found}, {shares}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", action="store_true")
    parser.add_argument("--part", choices=("calibration", "test"))
    parser.add_argument("--datasets", nargs="+", default=DATASETS, choices=(*DATASETS, *BEYOND))
    parser.add_argument("--cases", nargs="+", default=("images", "gans"), choices=("images", "gans", "foreign"))
    parser.add_argument("--pictures", type=Path, metavar="FOLDER")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="read trained GANs from there, train what it lacks")
    given = parser.parse_args()
    if given.tables:
        put_part(PAGE, "definition", definition_table())
        put_part(PAGE, "borderline", borderline_table())
        return
    limit_threads(1)
    results = []
    for name in given.datasets:
        if given.pictures:
            draw(given.pictures, name, given.part, given.kept)
            continue
        on = benchmark_on(name, given.kept)
        kinds = {"images": on.of_images, "gans": on.of_gans, "foreign": on.of_foreign}
        for result in chain.from_iterable(kinds[kind](given.part) for kind in given.cases):
            results.append(result)
            if not result.right:
                found = result.found
                short = in_short(found.verdict, names(found.findings))
                print(
                    f"{result.dataset}, {result.kind} {result.setting} ({result.part}): {result.label} was taken for "
                    f"{short} {found.severity:.2f}: {'; '.join(found.evidence)}",
                    flush=True,
                )
    for part in ("calibration", "test"):
        if of_part := [result for result in results if result.part == part]:
            print(f"\n{part}: {summary(of_part)}\n\n{confusion(of_part)}")


if __name__ == "__main__":
    main()
