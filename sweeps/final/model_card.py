"""Writes the model card (README.md) of a saved model: what it is, its test metrics, its data and its limits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis.final_result import FinalResult as Result
from analysis.plots import style
from analysis.plots.curves.gap import SIZE, draw_gap
from analysis.plots.curves.gap import gap as gap_of
from analysis.plots.images.confusion import SIZE as CONFUSION_SIZE
from analysis.plots.images.confusion import Confusion, draw_confusion
from analysis.results import CONFUSION, EVIDENCE, VERDICT
from basics.files import replace_file
from sweeps.final import gap
from trainables import find_model
from trainables.data import DATASETS
from trainables.saving.saved_model import FACTS_FILE, SavedModel, read_facts

CARD_FILE = "README.md"
RECALL = "test/recall/"
WEAKEST = 3  # classes named among the limits


def write_card(folder: Path, result: Result, pictures: Mapping[str, bytes]) -> Path:
    """README.md in a saved model's folder, with `pictures` of the model, PNG by name, beside it."""
    saved = read_facts(folder)
    for name, png in {**pictures, **_figures_of(saved, result)}.items():
        replace_file(folder / f"{name}.png", png)
    sections = (_head, _use, _figures, _gap, _seen, _origin, _limits, _files)
    text = "\n\n".join(part for section in sections if (part := section(folder, saved, result)))
    replace_file(folder / CARD_FILE, f"{text}\n".encode())
    return folder / CARD_FILE


def _figures_of(saved: SavedModel, result: Result) -> dict[str, bytes]:
    """The gap, and of a classifier which classes of test images are taken for which: PNG by name."""
    figures = {"gap": style.figure(draw_gap, gap_of(result["gap"]), SIZE)}
    counts = result["each"][0].get(CONFUSION)
    if counts:
        info = Confusion(result["kept"], saved.classes, np.array(counts))
        figures["confusion"] = style.figure(draw_confusion, info, CONFUSION_SIZE)
    return {name: style.render(figure, "png") for name, figure in figures.items()}


def _head(folder: Path, saved: SavedModel, result: Result) -> str:
    seeds, images, size = len(result["each"]), result["images"]["final"], _size(saved)
    return (
        f"# {saved.model} on {saved.dataset}\n\n"
        f"Trained on {images:,} images of {size}, {len(saved.classes)} classes: train and validation together, "
        f"{result['steps']}. {_trained(seeds, result)} nothing was chosen by the test set, which was read once, when "
        "all were trained."
    )


def _trained(seeds: int, result: Result) -> str:
    if result.get("seedless"):
        return "Several seeds gave the same on validation, so it has no seed dependence and was trained once:"
    return f"{seeds} seeds were trained; this folder holds the model of the first, {result['kept']}, not the best:"


def _use(folder: Path, saved: SavedModel, result: Result) -> str:
    generative = find_model(saved.model).kind == "generative" if ":" not in saved.model else _samples(result)
    command = "sweeps sample MODEL_DIR --n 100 --out grid.png" if generative else "sweeps predict MODEL_DIR images.npy"
    asked = "model.sample(16, seed=1)" if generative else "model.predict_proba(images)"
    return (
        f"## Use\n\n    {command}\n\n```python\nimport trainables\n\n"
        f'model = trainables.load("MODEL_DIR")\n{asked}  # images: float32 in [-1, 1], shape (n, {_size(saved, ", ")})'
        "\n```"
    )


def _figures(folder: Path, saved: SavedModel, result: Result) -> str:
    own = result["each"][0]
    rows = [
        (row["metric"], _figure(own.get(row["metric"])), _figure(row["mean"]), _ends(row))
        for row in gap.table(result["test"])
    ]
    note = (
        "The intervals are Student's, of the mean over seeds; how far chance in the choice of test images goes they "
        "do not say."
        if any("images" not in numbers and numbers.get("low") is not None for numbers in result["test"].values())
        else "The intervals, of shares of test images, are Wilson's: how far chance in the choice of these goes."
    )
    heads = ("metric", "this model", f"mean of {len(result['each'])} seeds", "95 % interval")
    failed = [f"Not among them, {line}." for line in result["failed"]]
    return "\n\n".join(["## On the test set", note, _table(heads, rows), *failed])


def _gap(folder: Path, saved: SavedModel, result: Result) -> str:
    found = result["gap"]
    rows = [
        (row["measured on"], _figure(row[found["metric"]]), _ends(row), row.get("n", ""))
        for row in gap.rows(found, result["lock"].get("trials"))
    ]
    table = _table(("measured on", found["metric"], "95 % interval", "seeds"), rows)
    return "\n\n".join(["## The optimism gap", f"{gap.sentence(found)}.", table, "![The gap](gap.png)"])


def _seen(folder: Path, saved: SavedModel, result: Result) -> str:
    captions = {
        "samples.png": "Samples, not picked; of a conditional model a class a column",
        "interpolation.png": "Ways from one sample to another",
        "neighbours.png": "Samples, and below each the training image nearest to it",
        "weight_maps.png": "What speaks for each class, in red, and against it, in blue",
        "confusion.png": "Which classes of test images are taken for which",
    }
    shown = [f"![{caption}]({name})\n\n{caption}." for name, caption in captions.items() if (folder / name).exists()]
    return "\n\n".join(["## Pictures", *shown]) if shown else ""


def _origin(folder: Path, saved: SavedModel, result: Result) -> str:
    lock, found = result["lock"], "The config was given, not searched."
    if lock:
        found = (
            f"The config is that of trial {lock.get('trial')} of sweep {lock.get('sweep')}, the best of "
            f"{lock.get('trials')} by {lock.get('metric')}, at step {lock.get('step')} of {lock.get('steps')}, on "
            f"{result['images']['sweep']:,} training images."
        )
    changed = ["Since the sweep, these have changed:", "\n".join(f"- {line}" for line in result["changed"])]
    config = _table(("parameter", "value"), list(saved.config.items()))
    return "\n\n".join(["## Where it is from", found, *(changed if result["changed"] else ()), config])


def _limits(folder: Path, saved: SavedModel, result: Result) -> str:
    return "## Limits\n\n" + "\n".join(f"- {line}" for line in _limit_lines(saved, result))


def _limit_lines(saved: SavedModel, result: Result) -> Iterator[str]:
    test = result["test"]
    yield f"It knows images of {_size(saved)} as those of {saved.dataset} are; of any other it says something as well."
    yield f"Its classes are {', '.join(saved.classes)}; it has no answer for what is none of them."
    recalls = {name.removeprefix(RECALL): n["mean"] for name, n in test.items() if name.startswith(RECALL)}
    if recalls:
        weakest = sorted(recalls, key=lambda name: recalls[name])[:WEAKEST]
        yield "It is weakest at " + ", ".join(f"{name} (recall {recalls[name]:.3f})" for name in weakest) + "."
    if "test/calibration_error" in test:
        yield f"Its confidence is off by {test['test/calibration_error']['mean']:.3f} on average (ECE)."
    own = result["each"][0]
    if own.get(VERDICT):
        yield f"The judge calls its samples {own[VERDICT]}: {'; '.join(own.get(EVIDENCE, ()))}."
    if "test/copies" in test:
        yield f"{100 * test['test/copies']['mean']:.1f} % of its samples count as copies of training images."
    licence = DATASETS[saved.dataset].licence if saved.dataset in DATASETS else ""
    yield f"Licence of the data: {licence or 'not known here, it is data of your own'}."


def _files(folder: Path, saved: SavedModel, result: Result) -> str:
    trusted = f"; types to trust: {', '.join(saved.trusted)}" if saved.trusted else ""
    kind = "safetensors" if saved.file.endswith(".safetensors") else f"skops{trusted}"
    versions = ", ".join(f"{name} {version}" for name, version in saved.versions.items())
    return (
        f"## Files\n\n`{FACTS_FILE}` (config, shapes, classes, versions), `{saved.file}` ({kind}); none is a pickle. "
        f"Written with {versions}."
    )


def _samples(result: Result) -> bool:
    return any(name.startswith("test/frechet") for name in result["test"])


def _size(saved: SavedModel, between: str = "x") -> str:
    return between.join(map(str, saved.image_shape))


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _figure(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) and math.isfinite(value) else ""


def _ends(numbers: Mapping[str, Any]) -> str:
    if numbers.get("low") is None:
        return ""
    return f"{_figure(numbers['low'])} to {_figure(numbers['high'])}"
