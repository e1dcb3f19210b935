"""The studies of the reports: specs that run, rules that answer as they say, a runner that repeats nothing."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml
from helpers.command import toy_spec
from helpers.sweep_folder import FakeTrial, build_sweep
from PIL import Image

from analysis.folder import load
from analysis.results import SweepResults
from benchmarks.reports import classifiers, page, penalties, preferred, weights
from benchmarks.reports.runner import SPECS, ReportsBenchmark, expected_seconds, run_all
from benchmarks.reports.studies import STUDIES
from benchmarks.reports.study import Claim, Finding, Study, Sweeps, by_margin

NAMES = sorted(path.stem for path in SPECS.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_every_spec_is_one_and_ends(name: str, tmp_path: Path) -> None:
    spec = ReportsBenchmark(tmp_path).spec(name)
    assert spec.name == name
    assert spec.warnings == ()
    assert spec.trials is not None
    assert (SPECS / f"{name}.yaml").read_text().startswith("# ")


def test_every_spec_belongs_to_a_study_and_every_study_has_its_specs() -> None:
    assert sorted({name for study in STUDIES for name in study.sweeps}) == NAMES
    assert len({study.name for study in STUDIES}) == len(STUDIES)


def folds_of(accuracies: Sequence[float], loss: float = 0.1) -> list[dict[str, float]]:
    return [{"cv/fold_accuracy": a, "cv/accuracy": a, "train/loss": loss} for a in accuracies]


def penalty_sweep(folder: Path, l2: dict[float, float], l1: dict[float, float]) -> SweepResults:
    """Accuracy by C; the folds differ by the same steps everywhere, so that differences between settings are exact."""
    steps = (-0.02, -0.01, 0.0, 0.01, 0.02)
    trials = [
        FakeTrial({"C": c, "penalty": penalty}, folds_of([mean + step for step in steps], loss=0.1 / (1 + c)))
        for penalty, curve in (("l2", l2), ("l1", l1))
        for c, mean in curve.items()
    ]
    return load(build_sweep(folder, trials, {"model": "logistic_regression", "metric": {"name": "cv/accuracy"}}))


def test_a_curve_that_rises_stays_and_drops(tmp_path: Path) -> None:
    curve = {0.01: 0.80, 0.1: 0.96, 1.0: 0.97, 10.0: 0.97, 100.0: 0.90}
    sweeps = {"c_and_penalty": penalty_sweep(tmp_path / "a", curve, {1.0: 0.95})}
    found = penalties.shape(sweeps)
    assert found.answer == "agree"
    assert "80.0 % at C = 0.01, 97.0 % at 1, 90.0 % at 100; from 1 to 10 (1.0 decades)" in found.measured
    assert penalties.generalises(sweeps).answer == "agree"
    assert "+2.0 points" in penalties.generalises(sweeps).measured


@pytest.mark.parametrize(
    ("curve", "answer"),
    [
        ({0.1: 0.90, 1.0: 0.97, 10.0: 0.97}, "depends"),  # it never drops
        ({0.1: 0.97, 1.0: 0.96, 10.0: 0.90}, "disagree"),  # it never rises
    ],
)
def test_a_curve_of_another_shape(tmp_path: Path, curve: dict[float, float], answer: str) -> None:
    assert penalties.shape({"c_and_penalty": penalty_sweep(tmp_path / "a", curve, curve)}).answer == answer


def test_a_difference_within_noise_depends(tmp_path: Path) -> None:
    same = {0.5: 0.96, 5.0: 0.97}
    sweeps = {"c_and_penalty": penalty_sweep(tmp_path / "a", same, same)}
    assert penalties.fits(sweeps).answer == "agree"  # equal to the last digit is a margin of 0 in a noise of 0
    assert by_margin(0.01, 0.02) == "depends"
    assert by_margin(-0.03, 0.02) == "disagree"


def test_negative_weights_are_where_the_other_class_has_ink() -> None:
    means = np.array([[[1.0, -1.0]], [[-1.0, 1.0]]])
    found = weights.negative_weights(np.array([[[0.5, -2.0]], [[-3.0, 0.1]]]), means)
    assert found[0, 1] == -2.0
    assert found[1, 0] == -3.0
    assert np.isnan(found[0, 0])


def cross_validated(folder: Path, accuracies: Sequence[float]) -> SweepResults:
    return load(build_sweep(folder, [FakeTrial({}, folds_of(accuracies))], {"model": "svm"}))


def grown(folder: Path, gap: float) -> SweepResults:
    config = {"min_samples_leaf": 1, "C": 1.0}
    return load(build_sweep(folder, [FakeTrial(config, [{"val/accuracy_gap": gap}])], {"model": "svm"}))


@pytest.mark.parametrize(
    ("tree", "answer"), [((0.7, 0.8, 0.75, 0.72, 0.78), "agree"), ((0.75, 0.751, 0.75, 0.749, 0.75), "disagree")]
)
def test_the_spread_of_folds(tmp_path: Path, tree: tuple[float, ...], answer: str) -> None:
    sweeps = {
        "cross_validation_svm": cross_validated(tmp_path / "svm", (0.87, 0.88, 0.87, 0.86, 0.88)),
        "cross_validation_logistic_regression": cross_validated(tmp_path / "lr", (0.82, 0.83, 0.82, 0.81, 0.83)),
        "cross_validation_decision_tree": cross_validated(tmp_path / "tree", tree),
        "decision_tree_20000": grown(tmp_path / "grown", 0.24),
        "svm_20000": grown(tmp_path / "kept", 0.03),
    }
    assert classifiers.svm_is_best(sweeps).answer == "agree"
    found = classifiers.tree_varies_most(sweeps)
    assert found.answer == answer
    assert "+24.0 points" in found.reason


def test_an_accuracy_is_held_against_the_noise_of_both_samples(tmp_path: Path) -> None:
    sweep = load(build_sweep(tmp_path / "a", [FakeTrial({"C": 1.0}, [{"val/accuracy": 0.8532}])], {"model": "svm"}))
    sweep.manifest["data"] = {"val": 6000}
    assert classifiers.same_accuracy(0.8432, sweep, C=1.0).answer == "agree"
    assert classifiers.same_accuracy(0.8332, sweep, C=1.0).answer == "disagree"


def picture_of_one_pixel(sweeps: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (1, 1)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.slow
def test_what_is_complete_is_not_repeated_and_the_page_says_what_came_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy_spec(tmp_path, name="toy", run_cap=2)
    benchmark = ReportsBenchmark(tmp_path / "out", specs=tmp_path)
    assert run_all(benchmark, ["toy"], {"toy": 30.0}) == []
    assert "[1/1] toy: 2 trials, about 30 s" in capsys.readouterr().out
    written = (tmp_path / "out" / "toy" / "results.jsonl").read_bytes()

    assert run_all(benchmark, ["toy"], {}) == []
    assert "1 sweeps, 1 of them complete; about 0 min to go" in capsys.readouterr().out
    assert (tmp_path / "out" / "toy" / "results.jsonl").read_bytes() == written

    def judge(sweeps: Sweeps) -> Finding:
        return Finding(f"{len(sweeps['toy'].trials)} trials", "depends", "it is a toy")

    def silent(sweeps: Sweeps) -> Finding:
        return Finding(str(sweeps["toy"].rows["val/nothing"].max()), "agree", "never reached")

    toys, mute = Claim("Toys play.", "Never.", judge), Claim("Toys speak.", "Never.", silent)
    study = Study("toys", "Toys", "R0", "A toy.", ("toy",), (toys,), picture_of_one_pixel, "Nothing.")
    lacking = Study("mute", "Mute", "R0", "A toy.", ("toy",), (mute,), picture_of_one_pixel, "Nothing.")
    absent = Study("others", "Others", "R0", "More.", ("nothing",), (toys,), picture_of_one_pixel, "Nothing.")
    (tmp_path / "nothing.yaml").write_text(yaml.safe_dump({"model": "gmm", "run_cap": 1}))
    missing = page.write_page(tmp_path / "reports.md", benchmark, [study, lacking, absent])
    assert missing == {"mute": "its sweeps lack 'val/nothing'", "others": "not measured"}
    text = (tmp_path / "reports.md").read_text()
    assert "| Toys play. | 2 trials | **depends**: it is a toy |" in text
    assert "others (not measured); mute (its sweeps lack 'val/nothing')." in text
    assert "Toys speak" not in text
    assert (tmp_path / "images" / "reports" / "toys.png").is_file()
    assert expected_seconds(tmp_path / "reports.md")["toy"] > 0

    toy_spec(tmp_path, name="toy", run_cap=3)
    assert run_all(benchmark, ["toy"], {}) == ["toy"]
    assert "is of another spec" in capsys.readouterr().out


def test_the_answer_says_what_it_could_not_answer(tmp_path: Path) -> None:
    metrics = [{"val/accuracy": 0.85}]
    trials = [FakeTrial({"C": c, "min_samples_leaf": leaf}, metrics) for c, leaf in ((1.0, 1), (10.0, 10))]
    sweeps = {name: load(build_sweep(tmp_path / name, trials)) for name in preferred.CLASSIFIERS}
    text = preferred.preferred(sweeps)
    assert "the SVM on 20,000 85.0 %" in text
    assert "- **A decision that can be looked at:** logistic regression" in text
    assert "Not answered, since not measured here yet: few labels; missing values and noise" in text
