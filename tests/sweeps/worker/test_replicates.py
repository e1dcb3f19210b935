"""Several seeds of one config become one row."""

import pytest

from analysis.rows import Row
from sweeps.spec import load_spec
from sweeps.stopping.rules import rules_of
from sweeps.worker.replicates import merged


def judged(severity: float, verdict: str) -> dict[str, object]:
    evidence = [f"it is {verdict}"]
    return {"gen/severity": severity, "verdict": verdict, "evidence": evidence, "extractor": "pixels"}


def test_one_replicate_is_the_row() -> None:
    row = {"train/loss": 1.0, **judged(0.0, "healthy"), "class_histogram": [1.0]}
    assert merged([row]) == row


def test_numbers_are_averaged_over_those_that_have_them() -> None:
    row = merged([{"train/loss": 1.0, "val/accuracy": 0.5}, {"train/loss": 3.0}])
    assert row == {"train/loss": 2.0, "train/loss_std": pytest.approx(2**0.5), "val/accuracy": 0.5}


@pytest.mark.parametrize(
    ("seeds", "found"),
    [
        ([(0.1, "healthy"), (0.8, "mode_collapse"), (0.2, "healthy")], (0.2, "healthy")),
        ([(0.9, "mode_collapse"), (0.1, "healthy"), (0.8, "low_diversity")], (0.8, "low_diversity")),
        ([(0.1, "healthy"), (0.8, "mode_collapse")], (0.8, "mode_collapse")),  # of two the worse
        (
            [(0.6, "mode_collapse"), (0.9, "noise"), (0.7, "frozen")],
            (0.6, "mode_collapse"),
        ),  # two are hopeless
        ([(0.6, "mode_collapse"), (0.9, "noise"), (0.1, "healthy")], (0.9, "noise")),  # one is, and another at fault
    ],
)
def test_the_median_replicate_speaks(seeds: list[tuple[float, str]], found: tuple[float, str]) -> None:
    row = merged([judged(*seed) for seed in seeds])
    assert (row["gen/severity"], row["verdict"]) == found
    assert row["evidence"][0] == f"it is {found[1]}"
    assert row["extractor"] == "pixels"


def test_its_evidence_names_the_others() -> None:
    row = merged([judged(0.0, "healthy"), judged(0.8, "mode_collapse"), judged(0.0, "healthy")])
    assert row["evidence"][1:] == ["of 3 replicates this is the median: 2 healthy, 1 mode_collapse"]
    assert row["gen/severity_std"] == pytest.approx(0.8 / 3**0.5)


def found(*names: str) -> dict[str, object]:
    """A replicate of which these were found, the verdict last: a row may name the milder one."""
    return {**judged(0.9, names[-1]), "findings": [{"verdict": name, "strength": 0.9} for name in names]}


def test_how_many_replicates_have_each_finding() -> None:
    row = merged([found("noise"), found("mode_collapse", "noise"), found("mode_collapse", "noise")])
    assert {each["verdict"]: each["seeds"] for each in row["findings"]} == {"mode_collapse": 2, "noise": 3}
    assert row["evidence"][-1] == "found of them: noise in 3, mode_collapse in 2"


def test_a_replicate_with_a_hidden_collapse_is_the_worst() -> None:
    row = merged([found("noise"), judged(0.1, "healthy"), found("mode_collapse", "noise")])
    assert (row["verdict"], [each["verdict"] for each in row["findings"]]) == ("noise", ["noise"])


@pytest.mark.parametrize("collapsed", [1, 2])
def test_ranking_early_termination_and_constraint_agree_on_replicates(collapsed: int) -> None:
    """One seed of three that collapses is bad luck, two are the config."""
    early, constraint = {"type": "collapse", "patience": 1}, {"name": "gen/severity", "max": 0.5}
    spec = load_spec({"model": "gan", "dataset": "digits", "early_terminate": early, "constraint": constraint})
    seeds = [judged(0.9, "mode_collapse")] * collapsed + [judged(0.1, "healthy")] * (3 - collapsed)
    row = Row.of({"trial": "0000", "step": 1, spec.metric.name: 1.0, **merged(seeds)})
    best = spec.metric.best_step(None, row)
    assert best is not None
    stopped = [rule.report(row) for rule in rules_of(spec)]
    assert [best.hopeless, best.past_constraint, any(stopped)] == [collapsed == 2] * 3


def test_histograms_are_averaged_and_confusions_summed() -> None:
    row = merged(
        [
            {"class_histogram": [1.0, 0.0], "confusion": [[3, 1], [0, 4]]},
            {"class_histogram": [0.5, 0.5], "confusion": [[4, 0], [2, 2]]},
        ]
    )
    assert row == {"class_histogram": [0.75, 0.25], "confusion": [[7, 1], [2, 6]]}
