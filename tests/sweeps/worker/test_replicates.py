"""Several seeds of one config become one row."""

import pytest

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


def test_the_worst_replicate_speaks_and_names_the_others() -> None:
    row = merged([judged(0.0, "healthy"), judged(0.8, "mode_collapse"), judged(0.0, "healthy")])
    assert row["verdict"] == "mode_collapse"
    assert row["extractor"] == "pixels"
    assert row["evidence"] == [
        "it is mode_collapse",
        "of 3 replicates this is the worst: 2 healthy, 1 mode_collapse",
    ]
    assert row["gen/severity"] == pytest.approx(0.8 / 3)


def test_histograms_are_averaged_and_confusions_summed() -> None:
    row = merged(
        [
            {"class_histogram": [1.0, 0.0], "confusion": [[3, 1], [0, 4]]},
            {"class_histogram": [0.5, 0.5], "confusion": [[4, 0], [2, 2]]},
        ]
    )
    assert row == {"class_histogram": [0.75, 0.25], "confusion": [[7, 1], [2, 6]]}
