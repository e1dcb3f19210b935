"""The page a sweep ends with: complete, self-contained, and deaf to what names try to say."""

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.sweep_folder import CLASSIFIER_SPEC, HOSTILE, FakeTrial, build_sweep
from PIL import Image

from analysis.folder import load
from analysis.formatting import duration, word
from analysis.media import encode_grid
from analysis.plots import PICTURES, Picture, style
from analysis.report import write_report
from analysis.report.summary import summarise
from analysis.results import ResultsError

PNG = encode_grid(np.zeros((4, 1, 8, 8)))


def good(accuracy: float, **trial: Any) -> FakeTrial:
    metrics = [{"val/accuracy": accuracy / 2, "train/loss": 2.0}, {"val/accuracy": accuracy, "train/loss": 1.0}]
    return FakeTrial({"C": 1.0 + accuracy, "penalty": "l2"}, metrics, media={"weight_maps": PNG}, **trial)


FAILED = FakeTrial({"C": 900.0, "penalty": "l1"}, [], "failed", "diverged at step 1: train/loss")


def pictures_of(folder: Path) -> list[Picture]:
    """All that apply to the sweep in `folder`, in the order of the page."""
    return [picture for draw in PICTURES.values() for picture in draw(load(folder))]


class Page(HTMLParser):
    """What a browser would make of a page before its scripts run: tags with attributes, text, and the scripts' data."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self.in_script = False
        self.feed(path.read_text())
        self.data = json.loads(self.scripts[-2])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.in_script = True
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.in_script = False

    def handle_data(self, data: str) -> None:
        if self.in_script:
            self.scripts[-1] += data
        else:
            self.text += data

    def attributes(self, tag: str, name: str) -> list[str]:
        return [values[name] or "" for found, values in self.tags if found == tag and name in values]


class TestPage:
    @pytest.fixture(scope="class")
    @classmethod
    def folder(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        trials = [good(0.8), good(0.9), FAILED, good(0.5, status="stopped")]
        folder = build_sweep(tmp_path_factory.mktemp("sweep"), trials)
        for step, level in ((1, -1.0), (2, 0.0), (9, 1.0)):
            picture = encode_grid(np.full((1, 1, 8, 8), level))
            (folder / "media" / "0001" / f"{step:06d}_weight_maps.png").write_bytes(picture)
        assert write_report(folder) == folder / "report.html"
        return folder

    @pytest.fixture(scope="class")
    @classmethod
    def page(cls, folder: Path) -> Page:
        return Page(folder / "report.html")

    def test_what_it_says_and_shows(self, folder: Path, page: Page) -> None:
        for sentence in (
            "Searched 3 parameters (C, penalty, l1_ratio) of logistic_regression on digits by bayes search,",
            "4 trials: 2 done, 1 stopped early, 1 failed.",
            "Best: trial 0001 with val/accuracy 0.9 at step 2 (1 s of training).",
            "diverged at step 1: train/loss",
            f"sweeps best {folder}",
            "sweeps train best.yaml",
            f"sweeps resume {folder}",
        ):
            assert sentence in page.text
        assert page.attributes("img", "alt") == [picture.title for picture in pictures_of(folder)]
        assert "val/accuracy against C" in page.attributes("img", "alt")

    def test_every_picture_is_inside_the_page_once_and_knows_both_moods(self, page: Page) -> None:
        addresses = page.attributes("img", "src")
        assert {address.split(",")[0] for address in addresses} == {"data:image/svg+xml;base64"}
        for address in addresses:
            svg = base64.b64decode(address.split(",")[1], validate=True).decode()
            assert "prefers-color-scheme:dark" in svg
            assert not re.search(rf"(fill|stroke): ({'|'.join(style.DARK)})", svg)

    def test_it_asks_nothing_of_a_network(self, page: Page) -> None:
        assert page.attributes("script", "src") == []
        addresses = page.attributes("a", "href") + page.attributes("link", "href") + page.attributes("img", "src")
        assert {address.split(":")[0] for address in addresses if not address.startswith("#")} == {"data"}
        policy = next(content for content in page.attributes("meta", "content") if "default-src" in content)
        assert policy.startswith("default-src 'none'")
        digest = base64.b64encode(hashlib.sha256(page.scripts[-1].encode()).digest()).decode()
        assert f"script-src 'sha256-{digest}' blob:;" in policy

    def test_figures_are_files_too(self, folder: Path) -> None:
        names = sorted(path.name for path in (folder / "figures").iterdir())
        stems = [picture.name for picture in pictures_of(folder)]
        assert names == sorted(f"{stem}.{kind}" for stem in stems for kind in ("png", "svg"))
        assert "parameter_00_C" in stems

    def test_media_are_as_of_the_best_step(self, page: Page) -> None:
        ((name, step, address),) = page.data["media"]["0001"]["shown"]
        assert (name, step) == ("weight_maps", 2)
        picture = Image.open(io.BytesIO(base64.b64decode(address.split(",")[1])))
        assert abs(np.asarray(picture)[20, 20, 0] - 128) < 4

    def test_the_table_has_every_trial_best_first(self, page: Page) -> None:
        keys = [column["key"] for column in page.data["columns"]]
        rows = [dict(zip(keys, row, strict=True)) for row in page.data["rows"]]
        assert [row["trial"] for row in rows] == ["0001", "0000", "0003", "0002"]
        assert [row["score"] for row in rows] == [0.9, 0.8, 0.5, None]
        assert (rows[0]["config/C"], rows[0]["config/penalty"], rows[0]["best_step"]) == (1.9, "l2", 2)
        assert rows[3]["reason"] == "diverged at step 1: train/loss"

    def test_the_curves_of_a_trial(self, page: Page) -> None:
        assert page.data["curves"]["0001"] == {"step": [1, 2], "val/accuracy": [0.45, 0.9], "train/loss": [2.0, 1.0]}

    def test_a_second_report_is_the_same_page(self, folder: Path) -> None:
        before = (folder / "report.html").read_bytes()
        assert write_report(folder).read_bytes() == before


class TestUnfinished:
    @pytest.mark.parametrize(
        ("trials", "sentence"),
        [
            ([], "No trial has started."),
            ([FAILED, FAILED], "2 trials: 2 failed."),
            ([FakeTrial(status="running")], "1 trial: 1 running or interrupted."),
            ([good(0.8, status="failed")], "No trial has a value of val/accuracy yet"),
            ([good(0.8, status="running")], "Best so far: trial 0000 with val/accuracy 0.8"),
            ([FakeTrial({"C": 1.0}, [{"val/accuracy": float("nan")}])], "No trial has a value of val/accuracy yet"),
        ],
    )
    def test_says_so(self, tmp_path: Path, trials: list[FakeTrial], sentence: str) -> None:
        assert sentence in " ".join(summarise(load(build_sweep(tmp_path, trials))).sentences)

    @pytest.mark.parametrize("trials", [[], [FAILED], [good(0.8, status="running")]], ids=["none", "failed", "one"])
    def test_has_a_page(self, tmp_path: Path, trials: list[FakeTrial]) -> None:
        page = Page(write_report(build_sweep(tmp_path, trials)))
        shown = ["Weights by class", "train/loss over training", "val/accuracy over training"]
        assert page.attributes("img", "alt") == (shown if trials and trials[0].metrics else [])
        assert [row[0] for row in page.data["rows"]] == ["0000"] * len(trials)

    def test_without_spec_table_or_media(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, [good(0.8)], table=False)
        (folder / "spec.yaml").unlink()
        assert "an unnamed model on an unnamed dataset" in Page(write_report(folder)).text

    def test_a_folder_that_is_no_sweep_stays_untouched(self, tmp_path: Path) -> None:
        with pytest.raises(ResultsError):
            write_report(tmp_path)
        assert list(tmp_path.iterdir()) == []


class TestHostileNames:
    @pytest.fixture(scope="class")
    @classmethod
    def folder(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        spec = {
            "name": HOSTILE,
            "model": HOSTILE,
            "dataset": HOSTILE,
            "method": HOSTILE,
            "metric": {"name": HOSTILE, "goal": "maximize"},
            "parameters": {HOSTILE: {"values": [HOSTILE, "other"]}, HOSTILE + "2": {"min": 0.0, "max": 1.0}},
        }
        config = {HOSTILE: HOSTILE, HOSTILE + "2": 0.5}
        trials = [
            FakeTrial(config, [{HOSTILE: 0.5}, {HOSTILE: 0.7}]),
            FakeTrial(config, [{HOSTILE: 0.1}], "failed", HOSTILE),
            FakeTrial(config, [], HOSTILE, HOSTILE),
        ]
        folder = build_sweep(tmp_path_factory.mktemp("parent") / "it's; <b>rm -rf", trials, spec)
        write_report(folder)
        return folder

    @pytest.fixture(scope="class")
    @classmethod
    def page(cls, folder: Path) -> Page:
        return Page(folder / "report.html")

    def test_they_are_text_and_nothing_else(self, page: Page) -> None:
        assert len(page.scripts) == 3
        assert {name for _, values in page.tags for name in values if name.startswith("on")} == set()
        assert page.text.count("<script>alert(") > 5
        assert "alert(" not in page.scripts[-1]

    def test_in_the_data_they_cannot_end_the_script(self, folder: Path, page: Page) -> None:
        assert page.data["objective"] == HOSTILE
        data = (folder / "report.html").read_text().split('id="data">')[1].split("</script>")[0]
        assert not set(data) & set("<>&\u2028\u2029")

    def test_figures_stay_in_their_folder(self, folder: Path) -> None:
        written = [path for path in folder.parent.rglob("*") if path.suffix in (".png", ".svg", ".html")]
        assert {path.parent.name for path in written} == {"figures", "it's; <b>rm -rf"}
        assert len([path for path in written if path.name.startswith("parameter_")]) == 4

    def test_a_folder_in_a_command_is_quoted_for_the_shell(self, folder: Path, page: Page) -> None:
        assert f"sweeps resume '{folder.parent}/it'\"'\"'s; <b>rm -rf'" in page.text


class TestSummary:
    def test_reasons_are_counted(self, tmp_path: Path) -> None:
        trials = [FAILED, FakeTrial(status="failed", reason="killed"), FAILED]
        reasons = summarise(load(build_sweep(tmp_path, trials))).reasons
        assert reasons == (("diverged at step 1: train/loss", 2), ("killed", 1))

    def test_lines_that_could_not_be_read_are_owned_up_to(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, [good(0.8)])
        with (folder / "results.jsonl").open("a") as rows:
            rows.write('{"torn')
        assert summarise(load(folder)).sentences[-1].endswith("results.jsonl: 1 line could not be read.")

    def test_a_name_is_the_title(self, tmp_path: Path) -> None:
        assert summarise(load(build_sweep(tmp_path, [], {**CLASSIFIER_SPEC, "name": "my sweep"}))).title == "my sweep"

    @pytest.mark.parametrize(
        ("value", "text"),
        [(0.123456, "0.1235"), (3.0, "3"), (1e-5, "1e-05"), (True, "True"), ("l2", "l2"), (None, ""), (np.nan, "")],
    )
    def test_words(self, value: object, text: str) -> None:
        assert word(value) == text

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (0.1234, "0.123 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (3599.9, "1 h 0 min"),
            (7320, "2 h 2 min"),
            (np.nan, ""),
        ],
    )
    def test_durations(self, seconds: float, text: str) -> None:
        assert duration(seconds) == text
