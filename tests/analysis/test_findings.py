"""Findings: all failures that hold of samples, none hidden by another; as data, in a cell, in short, in a ranking."""

from pathlib import Path

import numpy as np
import pytest
from helpers.made_images import extracted, reference_of
from helpers.sweep_folder import FakeTrial, build_sweep

from analysis.folder import load
from analysis.judge.extracted_features import ExtractedFeatures, Reference
from analysis.judge.findings import Finding, findings_cell, findings_in, findings_of, in_short, names
from analysis.judge.judgement import HOLDS, VERDICTS, Judgement, judge
from analysis.plots.verdicts import found_beside
from analysis.ranking import BestStep
from analysis.rows import Row

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def reference() -> Reference:
    return reference_of()


def joined(*parts: ExtractedFeatures) -> ExtractedFeatures:
    columns = ((part.images, part.vectors, part.probabilities) for part in parts)
    return ExtractedFeatures(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def noise(n: int) -> ExtractedFeatures:
    """White noise, which the extractor takes for the first class."""
    images = RNG.uniform(-1, 1, (n, 1, 8, 8)).astype(np.float32)
    axes = np.random.default_rng(98).normal(size=(64, 12)).astype(np.float32)
    return ExtractedFeatures(images, images.reshape(n, -1) @ axes, extracted(n, 5, classes=1).probabilities)


def consistent(found: Judgement) -> Judgement:
    strengths = [finding.strength for finding in found.findings]
    assert strengths == sorted(strengths, reverse=True)
    assert all(strength >= HOLDS for strength in strengths)
    assert (found.verdict == "healthy") == (not found.findings)
    assert found.verdict == "healthy" or found.verdict in names(found.findings)
    assert not strengths or found.severity == strengths[0]
    assert set(names(found.findings)) <= set(VERDICTS)
    return found


def test_a_healthy_model_has_none(reference: Reference) -> None:
    assert consistent(judge(reference, extracted(300, 5))).findings == ()


def test_a_collapse_behind_noise_is_found_among_the_samples_that_are_none(reference: Reference) -> None:
    found = consistent(judge(reference, joined(noise(150), extracted(150, 5, classes=1))))
    assert found.verdict == "noise"
    assert {"noise", "mode_collapse"} <= set(names(found.findings))
    by_name = {finding.verdict: finding for finding in found.findings}
    assert by_name["noise"].numbers["white_noise"] == pytest.approx(0.5, abs=0.05)
    assert by_name["noise"].sentence in found.evidence
    assert any(by_name["mode_collapse"].sentence in sentence for sentence in found.evidence[1:])


def test_noise_is_of_no_class_and_has_no_diversity_to_lose(reference: Reference) -> None:
    assert names(consistent(judge(reference, noise(300))).findings) == ("noise",)
    beside_all_classes = joined(noise(150), extracted(152, 5))
    assert names(consistent(judge(reference, beside_all_classes)).findings) == ("noise",)


def test_one_image_of_noise_is_both(reference: Reference) -> None:
    one = noise(1).at(np.zeros(300, np.int64))
    found = consistent(judge(reference, one))
    assert found.verdict == "mode_collapse"
    assert {"mode_collapse", "noise"} <= set(names(found.findings))


def test_a_game_that_is_lost_says_what_its_samples_are(reference: Reference) -> None:
    history = [{"train/d_accuracy": 1.0, "train/loss_g": 9.0, "train/loss_d": 0.0}] * 8
    found = consistent(judge(reference, noise(300), history))
    assert (found.verdict, set(names(found.findings))) == ("discriminator_wins", {"discriminator_wins", "noise"})


def test_copies_of_a_few_training_images(reference: Reference) -> None:
    rows = RNG.choice(4, 300)
    few = extracted(800, 0).at(rows)
    found = consistent(judge(reference, few))
    assert found.verdict in ("low_diversity", "mode_collapse")
    assert "memorised" in names(found.findings)


FOUND = (
    Finding("noise", 0.93, "93% white", {"white_noise": 0.93}),
    Finding("mode_collapse", 0.61, "2 of 10 classes", {"one_image": 0.1}, seeds=2),
)


def test_as_data_in_a_row_and_back() -> None:
    row = Row("0000", 1, verdict="noise", evidence=("93% white",), findings=FOUND)
    assert Row.of(row.document()) == row
    assert row.document()["findings"][0]["numbers"] == {"white_noise": 0.93}


@pytest.mark.parametrize("broken", [None, 3, "noise", [None, 3, {}, {"verdict": "noise"}], [{"strength": 1.0}]])
def test_a_row_of_before_or_a_damaged_one_has_none(broken: object) -> None:
    assert findings_of(broken) == ()


def test_in_a_cell_and_back() -> None:
    cell = findings_cell(FOUND)
    assert cell == "noise 0.93; mode_collapse 0.61 (2 seeds)"
    assert [(f.verdict, f.strength, f.seeds) for f in findings_in(cell)] == [
        ("noise", 0.93, None),
        ("mode_collapse", 0.61, 2),
    ]
    assert findings_in("") == findings_in("torn; by a 0.x") == ()


@pytest.mark.parametrize(
    ("verdict", "found", "short"),
    [
        ("healthy", (), "healthy"),
        ("noise", ("noise",), "noise"),
        ("noise", ("mode_collapse", "noise"), "noise +mode_collapse"),
        ("frozen", ("mode_collapse", "noise", "frozen", "blurred"), "frozen +mode_collapse +2"),
    ],
)
def test_in_short(verdict: str, found: tuple[str, ...], short: str) -> None:
    assert in_short(verdict, found) == short


def test_a_trial_is_hopeless_by_what_hides_behind_its_verdict() -> None:
    assert not BestStep(1.0, 1, "noise").hopeless
    assert BestStep(1.0, 1, "noise", findings=("noise", "mode_collapse")).hopeless


def test_in_a_sweep_the_trial_with_a_hidden_collapse_goes_behind(tmp_path: Path) -> None:
    said = {"verdict": "noise", "evidence": ["no class"]}
    hidden = {"findings": [finding.document() for finding in FOUND]}
    trials = [FakeTrial(metrics=[{"gen/frechet": value, **row}]) for value, row in ((1.0, said | hidden), (2.0, said))]
    build_sweep(tmp_path, trials, {"model": "gan", "metric": {"name": "gen/frechet"}})
    sweep = load(tmp_path)
    assert sweep.ranked == ["0001", "0000"]
    assert list(sweep.findings) == ["noise 0.93; mode_collapse 0.61 (2 seeds)", ""]
    assert sweep.standings["0000"].at_best is not None
    assert sweep.standings["0000"].at_best.in_short == "noise +mode_collapse"


def test_a_trial_that_was_healthy_at_its_best_has_none_of_what_came_later(tmp_path: Path) -> None:
    found = [finding.document() for finding in FOUND]
    later = {"gen/frechet": 9.0, "verdict": "noise", "findings": found}
    steps = [{"gen/frechet": 1.0, "verdict": "healthy"}, later]
    build_sweep(tmp_path, [FakeTrial(metrics=steps)], {"model": "gan", "metric": {"name": "gen/frechet"}})
    sweep = load(tmp_path)
    assert (sweep.verdicts["0000"], sweep.findings["0000"]) == ("healthy", "")
    assert found_beside(sweep)["0000"] == ()
