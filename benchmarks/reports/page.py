"""docs/reports.md out of the sweeps: claims, what was measured, pictures, and when each model is preferred."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from analysis.folder import load
from analysis.results import TRIAL
from benchmarks.reports.runner import ReportsBenchmark
from benchmarks.reports.study import Finding, Study, Sweeps

IMAGES = Path("images") / "reports"

INTRO = """# The reports, run again

Four course reports and a lecture (see the sources below) compared classifiers with generative models by hand, one plot
at a time. Here each of their studies is a sweep, and each of their claims stands beside what the sweep says.

    make reports        # or: python -m benchmarks.reports STUDY ... for some of them

runs the specs in `specs/reports/`, those that are not complete, and writes this page: every number and every answer
below is computed from the sweeps' folders, by a rule ("counts as") that was written before its sweep was looked at,
unless it says otherwise. Accuracies are on validation images, which no model was trained on; the test set is for final
models alone. Budgets are scaled down to two cores, and each section says how far. **agree**, **disagree** or
**depends** is about the claim at this scale, with these models and this data.
"""

SOURCES = """## Sources

- **R0** A course report on Fashion-MNIST: logistic regression, SVM and decision tree against an MLP GAN.
- **R1** A second one on Fashion-MNIST: the same, with collapse test, interpolation and training on synthetic images.
- **R2** On digits and CIFAR-10: penalties of logistic regression, six parameters of a GAN, its losses.
- **R4** On MNIST and Fashion-MNIST: VAE, GAN and conditional GAN.
- **Lecture** Discriminative against generative models, and what the latter are good for.
"""


class Answered(NamedTuple):
    """A study whose sweeps say all that its rules and its picture ask for."""

    study: Study
    findings: list[Finding]
    picture: bytes


def write_page(
    page: Path, benchmark: ReportsBenchmark, studies: Sequence[Study], preferred: Callable[[Sweeps], str] | None = None
) -> dict[str, str]:
    """Write the page and its pictures from the studies that can be answered; why the others cannot, by name."""
    swept = [study for study in studies if all(benchmark.took(name) for name in study.sweeps)]
    sweeps = {name: load(benchmark.folder(name)) for name in names_of(swept)}
    missing = {study.name: "not measured" for study in studies if study not in swept}
    answered = []
    for study in swept:
        try:
            findings = [claim.judge(sweeps) for claim in study.claims]
            answered.append(Answered(study, findings, study.picture(sweeps)))
        except LookupError as error:  # a metric that was not reported, a trial that failed, a picture that is not there
            missing[study.name] = f"its sweeps lack {error}"
    known = {name: sweeps[name] for name in names_of([one.study for one in answered])}
    parts = [INTRO, _machine(benchmark, known), *_missing(missing), _overview(answered), *map(_section, answered)]
    parts += [preferred(known)] if preferred else []
    _write_pictures(page.parent / IMAGES, answered)
    page.write_text("\n".join([*parts, SOURCES, _times(benchmark, known)]))
    return missing


def names_of(studies: Sequence[Study]) -> list[str]:
    """The sweeps the studies need, each once."""
    return list(dict.fromkeys(name for study in studies for name in study.sweeps))


def _machine(benchmark: ReportsBenchmark, sweeps: Sweeps) -> str:
    cores = sorted({sweep.manifest["machine"]["cpus"] for sweep in sweeps.values()})
    seconds, busy = (total(benchmark, sweeps, key) for key in ("seconds", "cpu_seconds"))
    return (
        f"Measured on a virtual machine with {' or '.join(map(str, cores))} cores: {seconds / 60:.0f} minutes by the "
        f"clock, {busy / 60:.0f} minutes of one core's work. Where the first is more than half of the second, other "
        "work ran beside (or the sweep could not use both cores): those seconds are not a quiet machine's.\n"
    )


def _missing(reasons: Mapping[str, str]) -> list[str]:
    words = "; ".join(f"{name} ({reason})" for name, reason in reasons.items())
    return [f"**Not answered here yet, though specs and rules are there:** {words}.\n"] if reasons else []


def _overview(answered: Sequence[Answered]) -> str:
    answers = Counter(finding.answer for one in answered for finding in one.findings)
    counts = ", ".join(f"{answers[answer]} {answer}" for answer in ("agree", "depends", "disagree"))
    lines = [f"## All claims\n\nOf {answers.total()} claims: {counts}.\n", "| | claim | answer |", "|---|---|---|"]
    for study, findings, _ in answered:
        for claim, finding in zip(study.claims, findings, strict=True):
            lines.append(f"| [{study.title}](#{_anchor(study.title)}) | {claim.text} | **{finding.answer}** |")
    return "\n".join(lines) + "\n"


def _section(answered: Answered) -> str:
    study, findings, _ = answered
    specs = ", ".join(f"[`{name}`](../specs/reports/{name}.yaml)" for name in study.sweeps)
    lines = [f"## {study.title}\n", f"{study.source}. {study.setting}\n", f"Specs: {specs}.\n"]
    lines += ["| the report | what we measured | |", "|---|---|---|"]
    for claim, found in zip(study.claims, findings, strict=True):
        lines.append(f"| {claim.text} | {found.measured} | **{found.answer}**: {found.reason} |")
    lines.append("\nCounts as: " + " ".join(f"({n}) {claim.rule}" for n, claim in enumerate(study.claims, 1)) + "\n")
    lines += [f"![{study.caption}]({IMAGES / study.name}.png)\n", f"{study.caption}\n"]
    return "\n".join(lines)


def _times(benchmark: ReportsBenchmark, sweeps: Sweeps) -> str:
    lines = ["## What it took\n", "| sweep | trials | seconds | CPU seconds |", "|---|---|---|---|"]
    for name, sweep in sweeps.items():
        took = benchmark.took(name) or {}
        trials = sweep.trials[TRIAL].nunique()
        lines.append(f"| `{name}` | {trials} | {took['seconds']:.0f} | {took['cpu_seconds']:.0f} |")
    seconds, busy = (total(benchmark, sweeps, key) / 60 for key in ("seconds", "cpu_seconds"))
    lines.append(f"\nIn all {seconds:.0f} minutes by the clock and {busy:.0f} minutes of one core's work.")
    return "\n".join(lines) + "\n"


def total(benchmark: ReportsBenchmark, sweeps: Sweeps, key: str) -> float:
    """Of all sweeps together."""
    return float(sum((benchmark.took(name) or {})[key] for name in sweeps))


def _write_pictures(folder: Path, answered: Sequence[Answered]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for study, _, picture in answered:
        (folder / f"{study.name}.png").write_bytes(picture)


def _anchor(title: str) -> str:
    """What GitHub makes of a heading."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")
