"""Sweeps beside each other: the same numbers as a table, CSV, Markdown, JSON and a page in a real browser."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.browser import DESKTOP, PHONE, chromium, complaints, show, wait_for
from helpers.command import sweeps
from helpers.sweep_folder import HOSTILE, FakeTrial, build_sweep
from selenium.webdriver.common.by import By

from analysis.extractors import told_apart
from analysis.folder import load
from analysis.media import encode_grid
from analysis.plots import plot_overlay
from analysis.plots.curves.overlay import overlay, pictures, shared_metrics
from analysis.report.compare import as_csv, as_markdown, as_rows, write_comparison
from analysis.results import ResultsError, SweepResults

SPEC = {"model": "m", "dataset": "d", "metric": {"name": "val/accuracy", "goal": "maximize"}}
PNG = encode_grid(np.zeros((4, 1, 8, 8)))


def sweep(folder: Path, *scores: float, name: str, metric: str = "val/accuracy", **more: Any) -> SweepResults:
    """One trial that reports these scores of `metric` and a loss, beside a worse one."""
    goal = "maximize" if metric == "val/accuracy" else "minimize"
    rows = [{metric: score, "train/loss": 1 / (i + 1)} for i, score in enumerate(scores)]
    trials = [FakeTrial({"C": 1.0}, rows, media={"samples": PNG}, **more), FakeTrial({"C": 2.0}, rows[:1])]
    return load(build_sweep(folder, trials, {**SPEC, "name": name, "metric": {"name": metric, "goal": goal}}))


@pytest.fixture
def two(tmp_path: Path) -> list[SweepResults]:
    return [
        sweep(tmp_path / "one", 0.5, 0.75, name="one | two"),
        sweep(tmp_path / "other", 4.0, 2.0, 3.0, name=HOSTILE, metric="gen/frechet_pixels"),
    ]


def judged(folder: Path, extractor: str, constraint: dict[str, Any] | None = None) -> SweepResults:
    """One trial with a score, its spread and a loss, as that extractor saw it."""
    row = {"gen/frechet": 2.0, "gen/frechet_std": 0.1, "gen/copies": 0.0, "train/loss_d": 1.0, "extractor": extractor}
    spec = {**SPEC, "metric": {"name": "gen/frechet"}, **({"constraint": constraint} if constraint else {})}
    return load(build_sweep(folder, [FakeTrial({"lr": 1.0}, [row, row])], spec))


class TestExtractors:
    def test_scores_of_different_ones_never_meet(self, tmp_path: Path) -> None:
        bound = {"name": "gen/severity", "max": 0.5}
        made = [judged(tmp_path / "a", "one"), judged(tmp_path / "b", "two", bound)]
        apart = told_apart(made)
        assert shared_metrics(apart) == ["gen/frechet@one", "gen/frechet@two", "gen/copies", "train/loss_d"]
        rows = as_rows(made)
        assert as_rows(apart) == rows
        page = write_comparison(made, tmp_path / "it.html").read_text()
        assert "gen/frechet@one over training" in page
        assert "gen/frechet over training" not in page
        assert [(row["metric"], row["goal"], row["score"], row["spread"]) for row in rows] == [
            ("gen/frechet@one", "minimize", 2.0, 0.1),
            ("gen/frechet@two", "minimize", 2.0, 0.1),
        ]
        assert [len(overlay(apart, f"gen/frechet@{name}").courses) for name in ("one", "two")] == [1, 1]
        assert overlay(apart, "gen/frechet@two").goal == "minimize"
        assert apart[1].spec["constraint"] == {"name": "gen/severity@two", "max": 0.5}

    def test_those_of_the_same_do(self, tmp_path: Path) -> None:
        same = [judged(tmp_path / "a", "one"), judged(tmp_path / "b", "one"), sweep(tmp_path / "c", 0.5, name="c")]
        assert shared_metrics(told_apart(same))[0] == "gen/frechet"


class TestOverlay:
    def test_the_course_of_each_best_trial(self, two: list[SweepResults]) -> None:
        info = overlay(two, "train/loss")
        assert [course.name for course in info.courses] == ["one | two", HOSTILE]
        assert [course.trial for course in info.courses] == ["0000", "0000"]
        assert info.courses[1].steps.tolist() == [1, 2, 3]
        assert info.courses[1].seconds.tolist() == [0.5, 1.0, 1.5]
        assert info.courses[1].values.tolist() == pytest.approx([1, 1 / 2, 1 / 3])

    def test_the_objectives_and_what_is_shared_with_a_goal(self, two: list[SweepResults]) -> None:
        assert shared_metrics(two) == ["val/accuracy", "gen/frechet_pixels", "train/loss"]
        assert shared_metrics(two[:1]) == ["val/accuracy"]

    def test_the_spread_is_of_the_replicates(self, tmp_path: Path) -> None:
        rows = [{"val/accuracy": 0.5, "val/accuracy_std": 0.1}, {"val/accuracy": 0.6, "val/accuracy_std": 0.2}]
        made = load(build_sweep(tmp_path, [FakeTrial({}, rows)], SPEC))
        assert overlay([made], "val/accuracy").courses[0].spread.tolist() == [0.1, 0.2]

    def test_a_sweep_without_the_metric_or_without_a_best_trial_has_no_line(
        self, tmp_path: Path, two: list[SweepResults]
    ) -> None:
        empty = load(build_sweep(tmp_path / "empty", [], SPEC))
        assert overlay([*two, empty], "gen/frechet_pixels").courses[0].name == HOSTILE
        assert list(pictures([empty])) == []

    def test_it_is_drawn_in_one_call(self, two: list[SweepResults]) -> None:
        left, right = plot_overlay(two, "train/loss").axes
        assert [len(axes.lines) for axes in (left, right)] == [2, 2]


class TestTables:
    def test_csv_has_the_numbers_in_full(self, two: list[SweepResults]) -> None:
        rows = list(csv.DictReader(as_csv(two).splitlines()))
        assert rows[0]["name"] == "one | two"
        assert (float(rows[0]["score"]), float(rows[1]["score"])) == (0.75, 2.0)
        assert (float(rows[0]["seconds"]), rows[0]["spread"], rows[0]["collapse_rate"]) == (1.0, "", "")

    def test_markdown_is_a_table_whatever_a_name_holds(self, two: list[SweepResults]) -> None:
        lines = as_markdown(two).splitlines()
        assert len(lines) == 4
        assert lines[0].startswith("| sweep | trials | metric | best |")
        assert lines[2].startswith("| one \\| two | 2 | val/accuracy | 0.75 |")
        assert all(line.replace("\\|", "").count("|") == lines[0].count("|") for line in lines)
        assert "<script>" not in as_markdown(two)

    def test_rows_are_json(self, two: list[SweepResults]) -> None:
        assert json.loads(json.dumps(as_rows(two), allow_nan=False))[1]["spread"] is None

    @pytest.mark.parametrize("name", ["it.txt", "it", "nowhere/it.csv"])
    def test_a_path_it_cannot_be_written_to(self, tmp_path: Path, two: list[SweepResults], name: str) -> None:
        with pytest.raises(ResultsError, match=r"comparison can be written as|there is no folder"):
            write_comparison(two, tmp_path / name)


class TestCommand:
    def test_table_json_and_files(self, tmp_path: Path, two: list[SweepResults]) -> None:
        done = sweeps("compare", "one", "other", "--out", "it.md", "--out", "it.csv", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "collapse rate" in done.stdout
        assert (tmp_path / "it.md").read_text() == as_markdown(two)
        assert (tmp_path / "it.csv").read_text() == as_csv(two)
        rows = json.loads(sweeps("compare", "one", "other", "--json", folder=tmp_path).stdout)
        assert [row["score"] for row in rows] == [0.75, 2.0]

    def test_a_folder_that_is_no_sweep(self, tmp_path: Path) -> None:
        done = sweeps("compare", "one", "--out", "it.html", folder=tmp_path)
        assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (2, "", [])
        assert "one: there is no such folder" in done.stderr


@pytest.mark.slow
def test_the_page_in_a_browser(tmp_path: Path, two: list[SweepResults]) -> None:
    page = write_comparison(two, tmp_path / "it.html")
    with chromium(tmp_path / "profile") as browser:
        for size, dark in ((DESKTOP, True), (PHONE, False)):
            show(browser, page, size, dark=dark)
            wait_for(browser, "#chart")
            browser.execute_script("byId('chart').scrollIntoView()")
            wait_for(browser, "#chart[data-ready] .scatterlayer .point")
            fits = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            assert browser.execute_script(fits)
        for metric in ("gen/frechet_pixels", "train/loss"):
            browser.find_element(By.CSS_SELECTOR, f"#axes option[value='{metric}']").click()
            wait_for(browser, "#chart .ytitle")
            assert browser.find_element(By.CSS_SELECTOR, "#chart .ytitle").text == metric
        browser.find_element(By.CSS_SELECTOR, "#axes option[value=seconds]").click()
        assert browser.find_element(By.CSS_SELECTOR, "#chart .xtitle").text == "training time, s"
        assert len(browser.find_elements(By.CSS_SELECTOR, "#chart .scatterlayer .trace")) == 2
        cells = [cell.text for cell in browser.find_elements(By.CSS_SELECTOR, "tbody tr:first-child td")]
        assert cells[:4] == ["one | two", "2", "val/accuracy", "0.75"]
        assert len(browser.find_elements(By.CSS_SELECTOR, "img.pixels")) == 2
        assert complaints(browser) == []
