"""What a data set of points asks of a spec: a model that takes them, and a config that suits them."""

from __future__ import annotations

from basics.text import shown
from search_spaces.domains import Choice, Domain
from sweeps.errors import SpecError
from sweeps.spec.parameters import Constant
from trainables import MODELS, Entry
from trainables.data import DATASETS


def holds_points(dataset: str) -> bool:
    """Whether the data set, a name or a path, holds points; a user's own holds images."""
    return dataset in DATASETS and DATASETS[dataset].holds_points


def fitted_to(
    dataset: str, model: str, entry: Entry, chosen: dict[str, Domain], named: frozenset[str]
) -> dict[str, Domain]:
    """The parameters `chosen`, with those that points fix at their values; SpecError if one of the `named` differs."""
    if not holds_points(dataset):
        return chosen
    if entry.points is None:
        takers = [name for name, other in MODELS.items() if other.points is not None]
        raise SpecError(f"{dataset} holds points, and {model} is for images", key="dataset", valid=_valid(takers))
    for name, value in entry.points.items():
        domain = chosen.get(name)
        if name in named and not (isinstance(domain, Choice) and domain.choices == (value,)):
            raise SpecError(
                f"{dataset} holds points", key=f"parameters.{name}", valid=f"{shown(value)}, or leave it out"
            )
    return {**chosen, **{name: Constant(value) for name, value in entry.points.items()}}


def _valid(takers: list[str]) -> str:
    return f"a data set of images, or one of the models {', '.join(takers)}"
