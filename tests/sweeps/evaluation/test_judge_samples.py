"""`sweeps judge` as somebody with samples runs it: a verdict, or one line that says what is wrong."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.command import sweeps
from PIL import Image

from analysis.judge.judgement import Judgement
from sweeps.evaluation import judge_samples as judge
from trainables.data import load_dataset, load_test

TEST = load_test("digits")
DIGITS = load_dataset("digits")


def written(folder: Path, images: np.ndarray) -> Path:
    np.save(folder / "samples.npy", images)
    return folder / "samples.npy"


def test_a_verdict_with_reasons_and_a_table(tmp_path: Path) -> None:
    written(tmp_path, np.repeat(TEST.x[TEST.y == 3], 4, axis=0))
    done = sweeps("judge", "samples.npy", "--dataset", "digits", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("mode_collapse +low_diversity (severity ")
    assert "1 of 10 classes cover 97 %" in done.stdout
    assert "gen/frechet" in done.stdout
    assert "samples, float32 (1, 8, 8), pixels in -1..1" in done.stderr


def test_json_is_the_judgement_and_nothing_else(tmp_path: Path) -> None:
    written(tmp_path, np.round((TEST.x[:, 0] + 1) * 127.5).astype(np.uint8))
    np.save(tmp_path / "labels.npy", TEST.y)
    done = sweeps("judge", "samples.npy", "--dataset", "digits", "--labels", "labels.npy", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == ["verdict", "severity", "findings", "evidence", "confidence", "metrics", "extractor", "n"]
    assert found["verdict"] == "healthy"
    assert found["n"] == len(TEST)
    assert found["metrics"]["gen/conditional_accuracy"] > 0.95
    assert all(type(sentence) is str for sentence in found["evidence"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("samples.npy", "--dataset", "digit"), "did you mean digits?"),
        (("nowhere.npy", "--dataset", "digits"), "no such file"),
        (("few.npy", "--dataset", "digits"), "7 samples; at least 100"),
        (("samples.npy", "--dataset", "digits", "--labels", "few.npy"), "valid: one a sample"),
        (("samples.npy",), "--dataset"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    written(tmp_path, TEST.x)
    np.save(tmp_path / "few.npy", TEST.x[:7])
    done = sweeps("judge", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_folder_of_images_without_classes_is_judged_and_says_so(tmp_path: Path) -> None:
    """By features and pixels: noise is noise without a class."""
    real = tmp_path / "real"
    real.mkdir()
    for number, image in enumerate(DIGITS.train.x[:300, 0]):
        Image.fromarray(np.round((image + 1) * 127.5).astype(np.uint8)).save(real / f"{number:03d}.png")
    said: list[str] = []

    def judged(images: np.ndarray) -> Judgement:
        return judge.judge(written(tmp_path, images), str(real), None, None, said.append)

    noise = np.random.default_rng(0).uniform(-1, 1, (200, 1, 8, 8)).astype(np.float32)
    assert judged(noise).verdict == "noise"
    assert judged(np.repeat(TEST.x[:1], 200, axis=0)).verdict == "mode_collapse"
    healthy = judged(TEST.x[:200])
    assert (healthy.verdict, healthy.confidence) == ("healthy", None)
    assert any(sentence.startswith("classes are not looked at") for sentence in healthy.evidence)


class TestAnybodysSamples:
    def judged(self, folder: Path, images: np.ndarray) -> str:
        return judge.judge(written(folder, images), "digits", None, None, lambda line: None).verdict

    def test_training_images_are_learnt_by_heart(self, tmp_path: Path) -> None:
        assert self.judged(tmp_path, DIGITS.train.x[:300]) == "memorised"

    @pytest.mark.parametrize("scale", [1.0, 255.0])
    def test_noise_is_noise_in_any_range(self, scale: float, tmp_path: Path) -> None:
        noise = np.random.default_rng(0).uniform(0, scale, (200, 8, 8))
        assert self.judged(tmp_path, noise) == "noise"

    def test_real_images_are_healthy(self, tmp_path: Path) -> None:
        assert self.judged(tmp_path, TEST.x) == "healthy"
