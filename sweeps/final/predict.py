"""Uses a saved model: draws samples from it, or predicts the classes of images. No Ray, no search, no W&B."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import trainables
from analysis.media import encode_grid
from basics.files import replace_file
from basics.shell import command_line
from basics.text import did_you_mean
from sweeps.errors import ModelUseError
from sweeps.evaluation.sample_files import read_samples
from trainables.arrays import Images, Labels
from trainables.data.folders import pictures_in
from trainables.saving.saved_model import SavedModel, read_facts

Row = dict[str, Any]
MOST = 100_000  # samples at once


def sample(folder: Path, n: int, labels: str | None, out: Path, seed: int) -> str:
    """Write `n` samples to `out`, a grid (.png) or an array (.npy, float32 in [-1, 1]); what it is, in words."""
    saved = read_facts(folder)
    valid = (".png", ".npy") if len(saved.image_shape) == 3 else (".npy",)
    if out.suffix not in valid:
        raise ModelUseError(
            f"--out {out}: cannot be written as {out.suffix or 'a file without a suffix'}; valid: {', '.join(valid)}"
        )
    model = trainables.load(folder, search_path=[Path.cwd()])
    if not hasattr(model, "sample"):
        raise ModelUseError(
            f"{folder}: {saved.model} does not sample; it tells classes: {command_line('predict', folder, 'IMAGES')}"
        )
    wanted = _wanted(saved, model, n, labels)
    images = model.sample(n, seed=seed) if wanted is None else model.sample(n, seed=seed, labels=wanted)
    _write(out, _array(images) if out.suffix == ".npy" else _grid(images, saved, wanted))
    return f"{n} samples of {saved.model} as {out.suffix[1:]}: {out}"


def predict(folder: Path, images: Path) -> list[Row]:
    """A row per image: its name or number, predicted class, and class probabilities where they cost nothing extra."""
    saved = read_facts(folder)
    model = trainables.load(folder, search_path=[Path.cwd()])
    if not (hasattr(model, "predict_proba") or hasattr(model, "predict")):
        raise ModelUseError(
            f"{folder}: {saved.model} tells no classes; it samples: "
            f"{command_line('sample', folder, '--out', 'grid.png')}"
        )
    x = read_samples(images, saved.image_shape, saved.dataset, fewest=1).images
    names: list[Any] = [path.name for path in pictures_in(images)] or list(range(len(x)))
    return [{"image": name, **answer} for name, answer in zip(names, _answers(saved, model, x), strict=True)]


def as_csv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _answers(saved: SavedModel, model: Any, x: Images) -> list[Row]:
    costly = getattr(model, "costly_probabilities", False) and not getattr(model, "calibrated", False)
    if costly or not hasattr(model, "predict_proba"):
        return [{"class": saved.classes[label], "label": int(label)} for label in model.predict(x)]
    proba = model.predict_proba(x)
    return [
        {
            "class": saved.classes[row.argmax()],
            "label": int(row.argmax()),
            **{f"p({name})": float(p) for name, p in zip(saved.classes, row, strict=True)},
        }
        for row in proba
    ]


def _wanted(saved: SavedModel, model: Any, n: int, labels: str | None) -> Labels | None:
    """The class of each sample: those in `labels` in turn; None if there are no labels."""
    if labels is None:
        return None
    if not getattr(model, "conditional", False):
        raise ModelUseError(f"--labels {labels}: this {saved.model} is not conditional, its samples are of any class")
    chosen = [_label(saved, word.strip()) for word in labels.split(",")]
    return np.resize(np.array(chosen, np.int64), n)


def _label(saved: SavedModel, word: str) -> int:
    if word in saved.classes:
        return saved.classes.index(word)
    if word.isdecimal() and int(word) < len(saved.classes):
        return int(word)
    hint = did_you_mean(word, saved.classes)
    raise ModelUseError(
        f"--labels {word}: no such class; valid: 0 to {len(saved.classes) - 1}, or {', '.join(saved.classes)}{hint}"
    )


def _grid(images: Images, saved: SavedModel, wanted: Labels | None) -> bytes:
    if wanted is None:
        return encode_grid(images)
    order = list(dict.fromkeys(wanted.tolist()))
    return encode_grid(images, len(order), [saved.classes[label] for label in order])


def _array(images: Images) -> bytes:
    content = io.BytesIO()
    np.save(content, images, allow_pickle=False)
    return content.getvalue()


def _write(path: Path, content: bytes) -> None:
    try:
        replace_file(path, content)
    except OSError as error:
        raise ModelUseError(f"--out {path} cannot be written: {error.strerror}") from None
