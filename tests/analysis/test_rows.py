"""A row of results and the line of results.jsonl that it is written as."""

import json
import math

import pytest

from analysis.ranking import BestStep, Constraint
from analysis.rows import Row

LINE = {
    "trial": "0003",
    "step": 2,
    "seconds": 0.5,
    "gen/frechet": 4.0,
    "gen/severity": 0.9,
    "sys/memory_mib": 300.0,
    "verdict": "mode_collapse",
    "evidence": ["2 of 10 classes", "KL 2.1"],
    "extractor": "digits",
    "class_histogram": [0.75, 0.25],
    "confusion": [[3, 1], [0, 4]],
}


def test_a_line_is_read_and_written_as_it_was() -> None:
    assert list(json.loads(json.dumps(Row.of(LINE).document())).items()) == list(LINE.items())


def test_a_row_of_numbers_alone_has_no_words_in_its_line() -> None:
    row = Row("0000", 1, 0.1, {"val/accuracy": 0.5})
    assert row.document() == {"trial": "0000", "step": 1, "seconds": 0.1, "val/accuracy": 0.5}
    assert Row.of(row.document()) == row


def test_a_verdict_goes_with_its_sentences_also_where_there_are_none() -> None:
    assert Row("0000", 1, verdict="healthy").document() == {
        "trial": "0000",
        "step": 1,
        "verdict": "healthy",
        "evidence": [],
    }


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_is_not_finite_is_null_in_the_line_and_none_when_it_is_read(value: float) -> None:
    line = Row("0000", 1, 0.1, {"val/accuracy": value}).document()
    assert line["val/accuracy"] is None
    assert Row.of(line).numbers == {}


@pytest.mark.parametrize("line", [{"trial": "0000"}, {"step": 1}, {"trial": "0000", "step": None}])
def test_what_names_no_trial_and_step_is_no_row(line: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        Row.of(line)


def test_a_constraint_may_be_on_seconds() -> None:
    row = Row.of(LINE)
    bounds = [Constraint("seconds", max=0.25), Constraint("gen/copies", max=0.1)]
    assert row.as_best(["gen/frechet"], bounds) == BestStep(4.0, 2, "mode_collapse", (0.25, None))
    assert row.as_best(["gen/frechet", "seconds"]) == BestStep(4.0, 2, "mode_collapse", others=(0.5,))
    assert row.as_best(["val/accuracy"]) is None
    assert row.as_best(["gen/frechet", "val/accuracy"]) is None
