"""docs/reports.md out of the sweeps: claims, what was measured, pictures, and when each model is preferred."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from analysis.results import TRIAL, load
from benchmarks.reports.runner import Bench
from benchmarks.reports.study import Finding, Study, Sweeps

IMAGES = Path("images") / "reports"

INTRO = """# The reports, run again

Four course reports and a lecture (see the sources below) compared classifiers with generative models by hand, one plot
at a time. Here each of their studies is a sweep, and each of their claims stands beside what the sweep says.

    make reports        # or: python -m benchmarks.reports STUDY ... for some of them

runs the specs in `specs/reports/` and writes this page: every number and every answer below is computed from the
sweeps' folders, by a rule that was written down before the sweeps were run ("counts as"). What is complete is not run
again. Accuracies are on validation images, which no model was trained on; the test set is for final models alone.
Budgets are scaled down to two cores, and each section says how far. **agree**, **disagree** or **depends** is about the
claim at this scale, with these models and this data.
"""

SOURCES = """## Sources

- **R0** A course report on Fashion-MNIST: logistic regression, SVM and decision tree against an MLP GAN.
- **R1** A second one on Fashion-MNIST: the same, with collapse test, interpolation and training on synthetic images.
- **R2** On digits and CIFAR-10: penalties of logistic regression, six parameters of a GAN, its losses.
- **R4** On MNIST and Fashion-MNIST: VAE, GAN and conditional GAN.
- **Lecture** Discriminative against generative models, and what the latter are good for.
"""


def write_page(
    page: Path, bench: Bench, studies: Sequence[Study], preferred: Callable[[Sweeps], str] | None = None
) -> list[str]:
    """Write the page and its pictures from the studies whose sweeps are all complete; the names of the others."""
    complete = [study for study in studies if all(bench.took(name) for name in study.sweeps)]
    sweeps = {name: load(bench.folder(name)) for name in names_of(complete)}
    findings = {study.name: [claim.judge(sweeps) for claim in study.claims] for study in complete}
    missing = [study.name for study in studies if study not in complete]
    parts = [INTRO, _machine(bench, sweeps), *_missing(missing), _overview(complete, findings)]
    parts += [_section(study, findings[study.name]) for study in complete]
    parts += [preferred(sweeps)] if preferred and not missing else []
    _write_pictures(page.parent / IMAGES, complete, sweeps)
    page.write_text("\n".join([*parts, SOURCES, _times(bench, sweeps)]))
    return missing


def names_of(studies: Sequence[Study]) -> list[str]:
    """The sweeps the studies need, each once."""
    return list(dict.fromkeys(name for study in studies for name in study.sweeps))


def _machine(bench: Bench, sweeps: Sweeps) -> str:
    cores = sorted({sweep.manifest["machine"]["cpus"] for sweep in sweeps.values()})
    seconds, busy = (total(bench, sweeps, key) for key in ("seconds", "cpu_seconds"))
    return (
        f"Measured on a virtual machine with {' or '.join(map(str, cores))} cores: {seconds / 60:.0f} minutes by the "
        f"clock, {busy / 60:.0f} minutes of one core's work. Where the first is more than half of the second, other "
        "work ran beside (or the sweep could not use both cores): those seconds are not a quiet machine's.\n"
    )


def _missing(names: Sequence[str]) -> list[str]:
    return [f"Not measured here yet: {', '.join(names)}.\n"] if names else []


def _overview(studies: Sequence[Study], findings: Mapping[str, Sequence[Finding]]) -> str:
    answers = Counter(finding.answer for found in findings.values() for finding in found)
    counts = ", ".join(f"{answers[answer]} {answer}" for answer in ("agree", "depends", "disagree"))
    lines = [f"## All claims\n\nOf {answers.total()} claims: {counts}.\n", "| | claim | answer |", "|---|---|---|"]
    for study in studies:
        for claim, finding in zip(study.claims, findings[study.name], strict=True):
            lines.append(f"| [{study.title}](#{_anchor(study.title)}) | {claim.text} | **{finding.answer}** |")
    return "\n".join(lines) + "\n"


def _section(study: Study, findings: Sequence[Finding]) -> str:
    specs = ", ".join(f"[`{name}`](../specs/reports/{name}.yaml)" for name in study.sweeps)
    lines = [f"## {study.title}\n", f"{study.source}. {study.setting}\n", f"Specs: {specs}.\n"]
    lines += ["| the report | what we measured | |", "|---|---|---|"]
    for claim, found in zip(study.claims, findings, strict=True):
        lines.append(f"| {claim.text} | {found.measured} | **{found.answer}**: {found.reason} |")
    lines.append("\nCounts as: " + " ".join(f"({n}) {claim.rule}" for n, claim in enumerate(study.claims, 1)) + "\n")
    lines += [f"![{study.caption}]({IMAGES / study.name}.png)\n", f"{study.caption}\n"]
    return "\n".join(lines)


def _times(bench: Bench, sweeps: Sweeps) -> str:
    lines = ["## What it took\n", "| sweep | trials | seconds | CPU seconds |", "|---|---|---|---|"]
    for name, sweep in sweeps.items():
        took = bench.took(name) or {}
        trials = sweep.trials[TRIAL].nunique()
        lines.append(f"| `{name}` | {trials} | {took['seconds']:.0f} | {took['cpu_seconds']:.0f} |")
    seconds, busy = (total(bench, sweeps, key) / 60 for key in ("seconds", "cpu_seconds"))
    lines.append(f"\nIn all {seconds:.0f} minutes by the clock and {busy:.0f} minutes of one core's work.")
    return "\n".join(lines) + "\n"


def total(bench: Bench, sweeps: Sweeps, key: str) -> float:
    """Of all sweeps together."""
    return float(sum((bench.took(name) or {})[key] for name in sweeps))


def _write_pictures(folder: Path, studies: Sequence[Study], sweeps: Sweeps) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for study in studies:
        (folder / f"{study.name}.png").write_bytes(study.picture(sweeps))


def _anchor(title: str) -> str:
    """What GitHub makes of a heading."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")
