"""The picture of a population, by its numbers."""

import pandas as pd
from helpers.sweep_folder import sweep_of

from analysis.plots import plot_lineage
from analysis.plots.curves.lineage import lineage, pictures
from analysis.results import SweepResults


def population() -> SweepResults:
    """Two members in two generations: the second one, 0001, was replaced by a copy of 0000."""
    rows = pd.DataFrame(
        [("0000", 1, 0.5, None), ("0001", 1, 0.2, None), ("0002", 2, 0.6, "0000"), ("0003", 2, 0.9, "0000")],
        columns=["trial", "step", "val/accuracy", "parent"],
    )
    table = pd.DataFrame({"trial": ["0000", "0001", "0002", "0003"], "status": "done"})
    table["best/val/accuracy"] = [0.5, 0.2, 0.6, 0.9]
    spec = {"metric": {"name": "val/accuracy", "goal": "maximize"}, "sampler": {"population": 2}}
    return sweep_of(table, rows=rows, spec=spec)


def test_a_line_begins_where_its_parent_ended() -> None:
    segments = {segment.trial: segment for segment in lineage(population()).segments}
    assert [list(zip(s.steps, s.values, strict=True)) for s in segments.values()] == [
        [(1, 0.5)],
        [(1, 0.5), (2, 0.6)],
        [(1, 0.5), (2, 0.9)],
    ]
    assert {trial for trial, segment in segments.items() if segment.copied} == {"0003"}
    assert {trial for trial, segment in segments.items() if segment.ancestral} == {"0000", "0003"}


def test_it_is_there_for_a_population_alone() -> None:
    sweep = population()
    assert [picture.name for picture in pictures(sweep)] == ["lineage"]
    assert len(plot_lineage(sweep).axes[0].lines) == 4
    alone = population()
    alone.rows["parent"] = None
    assert not list(pictures(alone))
    assert not plot_lineage(alone).axes[0].lines  # and is asked for without harm
