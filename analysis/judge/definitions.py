"""The definitions of verdicts, and of borderline cases, as the Markdown tables of docs/collapse.md."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from analysis.judge.verdicts import VERDICTS

# Fixed before thresholds were calibrated; `benchmarks/collapse.py` has cases of each.
BORDERLINE: Mapping[str, str] = MappingProxyType(
    {
        "held-out images, 100 or more, also shifted by up to a fourteenth of the frame": "healthy",
        "the same with white noise of up to a tenth of the range, or 1 % of the pixels black or white": "healthy",
        "the same with contrast or brightness changed by a tenth": "healthy",
        "one class twice as frequent as the others; shares from 5 % to 15 %": "healthy",
        "9 of 10 classes": "mode_collapse",
        "one class with 90 % of the samples; half of the classes with 90 %; one with half": "mode_collapse",
        "one image repeated, also the mean of all, one of noise, or one under slight noise": "mode_collapse",
        "black, white or grey images; half of the samples black": "mode_collapse",
        "few classes and few images of each": "mode_collapse",
        "a few images of each class repeated, with jitter or without": "low_diversity",
        "the same of training images, with jitter": "low_diversity",
        "training images repeated exactly, two or more of a class": "memorised",
        "training images with slight noise; half training images and half held-out ones": "memorised",
        "half noise and half real": "noise",
        "images under white noise of a quarter of the range, training images too": "noise",
        "a tenth noise, the rest real": "healthy",
        "the mean image of each class, repeated": "blurred",
        "few classes, blurred; training images, blurred": "blurred",
        "a discriminator that wins while samples of few classes look real": "mode_collapse",
        "a model that stands still because it has learnt": "healthy",
        "soft samples, as of a VAE, that real images still lie among": "healthy",
        "points strewn over the plane, or half of them farther out than real ones": "noise",
    }
)


def definition_table() -> str:
    """The table of VERDICTS in Markdown, as docs/collapse.md shows it."""
    head = ["| precedence | verdict | looks at | needs history | holds when | why there |", "|---|---|---|---|---|---|"]
    rows = [
        f"| {place} | `{name}` | {v.inputs} | {'yes' if v.needs_history else 'no'} | {v.threshold} | {v.reason} |"
        for place, (name, v) in enumerate(VERDICTS.items(), 1)
    ]
    return "\n".join([*head, *rows])


def borderline_table() -> str:
    """The table of BORDERLINE in Markdown, as docs/collapse.md shows it."""
    rows = [f"| {case} | `{verdict}` |" for case, verdict in BORDERLINE.items()]
    return "\n".join(["| samples | verdict |", "|---|---|", *rows])
