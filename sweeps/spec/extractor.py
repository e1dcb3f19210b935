"""What samples are judged with, if not with the judge's own net alone: the line `inception`."""

from __future__ import annotations

from pathlib import Path

from sweeps.errors import SpecError
from sweeps.spec.document.paths import place
from sweeps.spec.document.schema import SpecSection
from sweeps.spec.points import holds_points
from trainables import Entry


def inception(section: SpecSection, entry: Entry, dataset: str, folder: Path) -> str | None:
    """The absolute path of Inception's weights, of a relative one from `folder`; SpecError where nothing is judged with
    them, or where no file is."""
    if section.inception is None:
        return None
    if entry.kind != "generative":
        what = f"a {entry.kind} is not judged: only models that sample are"
        raise SpecError(what, key="inception", valid="a generative model, or leave it out")
    if holds_points(dataset):
        raise SpecError(f"{dataset} holds points, and Inception looks at images", key="inception")
    path = place(section.inception, folder, "inception")
    if not path.is_file():
        valid = "torchvision's weights of Inception v3, which are never downloaded"
        raise SpecError(f"there is no file {path}", key="inception", valid=valid)
    return str(path)
