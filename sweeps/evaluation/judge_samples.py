"""The command `sweeps judge`: the verdict on a file or folder of samples of a data set, whatever program made them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.judge.judgement import Judgement
from analysis.judge.judgement import judge as judged
from analysis.metrics import METRICS
from sweeps.evaluation.pixel_range import Range
from sweeps.evaluation.sample_files import read_labels, read_samples
from trainables.data import Dataset, is_unlabelled, load_dataset, load_unlabelled


def judge(
    samples: Path,
    dataset: str,
    labels: Path | None,
    data_dir: Path | None,
    say: Callable[[str], None],
    inception: Path | None = None,
    pixels: Range | None = None,
) -> Judgement:
    """The verdict on the samples in a file or folder; in Inception's features if its weights are given. `pixels`: their
    range, where it is known.

    SamplesError, DataError or ConfigError if they cannot be judged.
    """
    data = _real(dataset, data_dir)
    sample_file = read_samples(samples, data.image_shape, data.name, known=pixels)
    say(sample_file.description)
    wanted = read_labels(labels, len(sample_file.images), data.classes) if labels is not None else None
    from sweeps.evaluation.inception import (
        real_features_with_inception,  # torch takes seconds: what is wrong with the samples is said before
    )

    real_features = real_features_with_inception(inception, data, say=say)
    return judged(real_features.reference(data), real_features.extractor.extract(sample_file.images, wanted))


def _real(dataset: str, data_dir: Path | None) -> Dataset:
    """The real images; a folder of images without classes will do, for the judge looks at more than classes."""
    folder = Path(dataset).expanduser()
    return load_unlabelled(folder) if is_unlabelled(folder) else load_dataset(dataset, data_dir=data_dir)


def document(found: Judgement) -> dict[str, Any]:
    """A judgement as the JSON document that `--json` prints."""
    findings = [finding.document() for finding in found.findings]
    return {**asdict(found), "findings": findings, "evidence": list(found.evidence)}


def table(found: Judgement) -> list[dict[str, Any]]:
    """A judgement as a table: one row a metric."""
    return [
        {"metric": name, "value": value, "what": METRICS[name].description} for name, value in found.metrics.items()
    ]
