"""What W&B is given of a row of results."""

from analysis.rows import Row
from sweeps.tracking.feed.charts import logged


def test_a_row_without_its_words_and_lists_is_its_numbers() -> None:
    row = Row("0000", 1, 0.5, {"val/accuracy": 0.75}, verdict="healthy", extractor="digits")
    assert logged(row, ("a", "b")) == {"seconds": 0.5, "val/accuracy": 0.75}


def test_a_row_that_was_brought_back_without_its_seconds_is_logged() -> None:
    assert logged(Row.of({"trial": "0000", "step": 1, "val/accuracy": 0.75}), ()) == {"val/accuracy": 0.75}
