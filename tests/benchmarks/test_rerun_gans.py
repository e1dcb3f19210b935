"""The rules of the studies of generative models, on sweeps built by hand."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers.sweep_folder import FakeTrial, build_sweep
from PIL import Image

from analysis.folder import load
from analysis.results import SweepResults
from benchmarks.reports import gan_losses, gan_rates, gan_run, helvetica, labels, samples, uses, vaes

SPEC = {"model": "gan", "metric": {"name": "gen/frechet", "goal": "minimize"}}


def row(verdict: str = "healthy", g: float = 0.7, d: float = 1.4, frechet: float = 10.0, **more: Any) -> dict[str, Any]:
    named = {f"gen/{name}": value for name, value in more.items()}
    return {"train/loss_g": g, "train/loss_d": d, "gen/frechet": frechet, "verdict": verdict, **named}


def sweep_of(
    folder: Path, trials: Sequence[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]], **spec: Any
) -> SweepResults:
    made = load(build_sweep(folder, [FakeTrial(config, rows) for config, rows in trials], {**SPEC, **spec}))
    made.manifest["data"] = {"name": "digits", "classes": [str(n) for n in range(10)], "val": 1000}
    return made


def gans(tmp_path: Path, rows: Sequence[Mapping[str, Any]]) -> dict[str, SweepResults]:
    """All GAN sweeps of the page, each with these trials at the same values."""

    def config(n: int) -> dict[str, float]:
        x = 2.0 ** (n + 3)
        return dict.fromkeys(("batch_size", "lr_g", "lr_d", "g_width_1", "d_width_1", "g_steps"), x)

    return {
        name: sweep_of(tmp_path / name, [(config(n), [r]) for n, r in enumerate(rows)]) for name in gan_losses.ALL_GANS
    }


def test_losses_that_say_all(tmp_path: Path) -> None:
    rows = [row(frechet=10 * 2**n, g=0.7 + n, verdict="mode_collapse" if n > 3 else "healthy") for n in range(6)]
    sweeps = gans(tmp_path, rows)
    assert gan_losses.tell_no_quality(sweeps).answer == "disagree"
    assert gan_losses.tell_collapse(sweeps).answer == "agree"
    assert gan_losses.close_but_bad(sweeps).answer == "disagree"
    found = gan_losses.closest_is_best(sweeps)
    assert found.answer == "disagree"
    assert "batch size 8 (no. 1 of 6, healthy)" in found.measured


def test_losses_that_say_nothing(tmp_path: Path) -> None:
    frechet = (60, 50, 10, 20, 30, 40)
    verdicts = ("noise", "healthy", "mode_collapse", "healthy", "mode_collapse", "healthy")
    gaps = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    rows = [row(v, g=0.7 + gap, frechet=f) for v, gap, f in zip(verdicts, gaps, frechet, strict=True)]
    sweeps = gans(tmp_path, rows)
    assert gan_losses.tell_no_quality(sweeps).answer in ("agree", "depends")
    assert gan_losses.tell_collapse(sweeps).answer == "disagree"
    assert gan_losses.close_but_bad(sweeps).answer == "agree"
    assert gan_losses.closest_is_best(sweeps).answer == "agree"


def test_the_gap_is_nothing_where_d_is_blind(tmp_path: Path) -> None:
    blind = sweep_of(tmp_path / "a", [({}, [row(g=0.693, d=1.386)])])
    assert gan_losses.ends(blind)["gap"].iloc[0] == pytest.approx(0, abs=1e-9)


def test_without_a_collapse_it_cannot_be_told(tmp_path: Path) -> None:
    found = gan_losses.tell_collapse(gans(tmp_path, [row(), row(g=1.0)]))
    assert found.answer == "depends"
    assert "0 collapsed" in found.measured


def rates(tmp_path: Path, **rows: Mapping[str, Any]) -> dict[str, SweepResults]:
    keys = {name.replace(" ", "_"): key for name, key in gan_rates.SETTINGS.items()}
    trials = [({"lr_g": keys[n][0], "lr_d": keys[n][1], "g_steps": keys[n][2]}, [r]) for n, r in rows.items()]
    return {"learning_rate_ratios": sweep_of(tmp_path / "rates", trials)}


def test_the_four_settings(tmp_path: Path) -> None:
    sweeps = rates(
        tmp_path,
        equal=row(frechet=20.0),
        G_ten_times_D=row(g=0.4, d=1.6, frechet=30.0),
        D_ten_times_G=row(g=6.0, d=0.1, frechet=90.0, verdict="discriminator_wins"),
        three_G_steps=row(g=1.2, d=0.2, frechet=40.0),
    )
    assert gan_rates.equal_is_best(sweeps).answer == "agree"
    assert gan_rates.fast_generator(sweeps).answer == "disagree"
    other_way = gan_rates.fast_discriminator(sweeps)
    assert other_way.answer == "disagree"
    assert other_way.reason.startswith("the other way round")
    assert "discriminator wins" in other_way.measured
    assert gan_rates.three_steps(sweeps).answer == "agree"


def long_run(
    tmp_path: Path, slow: Sequence[Mapping[str, Any]], fast: Sequence[Mapping[str, Any]]
) -> dict[str, SweepResults]:
    trials = [({"lr_d": gan_rates.SLOW}, slow), ({"lr_d": gan_rates.FAST}, fast)]
    return {"gan_5000": sweep_of(tmp_path / "run", trials)}


def test_a_run_that_is_noise_and_one_that_is_not(tmp_path: Path) -> None:
    of = {"modes_covered": 9.0, "duplicates": 0.02, "class_diversity": 0.9}
    slow = [row("noise", 1.0, 1.2, **of), row("healthy", 0.8, 1.3, **of), row("healthy", 0.9, 1.2, **of)]
    fast = [row("noise", 1.0 + n, 1.0 - 0.2 * n, **of) for n in range(4)]
    sweeps = long_run(tmp_path, slow, fast)
    found = gan_run.pure_noise(sweeps)
    assert found.answer == "depends"
    assert "D as fast as G it is more than noise from update 1000 on" in found.reason
    assert "D ten times as fast it is noise throughout" in found.reason
    assert gan_run.discriminator_overpowers(sweeps).answer == "depends"
    assert gan_run.many_alike(sweeps).answer == "disagree"
    turning = gan_run.oscillates(sweeps)
    assert turning.answer == "depends"
    assert "D as fast as G: G's loss turns at 100.0 % of the steps, D ten times as fast: G's loss turns at 0.0 %" in (
        turning.measured
    )


def spread_sweep(folder: Path, **metrics: float) -> SweepResults:
    trials = []
    for latent in (32, 100):
        numbers = {f"gen/{name}": value for name, value in metrics.items()}
        noise = {f"gen/{name}_std": 0.01 for name in metrics}
        trials.append(({"latent_dim": latent}, [row() | numbers | noise | {"class_histogram": [0.5, 0.5] + [0.0] * 8}]))
    return sweep_of(folder, trials)


def test_classes_of_two_gans(tmp_path: Path) -> None:
    common = {"high_frequency": 1.5, "conditional_accuracy": 0.9}
    sweeps = {
        "class_spread_gan": spread_sweep(tmp_path / "g", modes_covered=3, class_entropy=0.4, precision=0.8, **common),
        "class_spread_cgan": spread_sweep(
            tmp_path / "c", modes_covered=10, class_entropy=0.99, precision=0.7, **common
        ),
    }
    found = samples.few_products(sweeps)
    assert found.answer == "agree"
    assert found.reason == "most frequent: 0 50.0 %, 1 50.0 %, 2 0.0 %"
    assert samples.better_spread(sweeps).answer == "agree"
    assert samples.fuzzier(sweeps).answer == "agree"
    assert samples.matching(sweeps).answer == "agree"


def test_the_best_of_few_classes_beside_the_best_of_all(tmp_path: Path) -> None:
    rows = [row(precision=0.7, modes_covered=10), row("mode_collapse", precision=0.9, modes_covered=2)]
    found = helvetica.best_looking(gans(tmp_path, rows))
    assert found.answer == "agree"
    assert "90.0 % (2 classes), of a healthy one 70.0 %" in found.measured
    assert helvetica.too_much_g(gans(tmp_path / "again", rows)).answer == "agree"


def test_batches_and_epochs(tmp_path: Path) -> None:
    def curve(batch: int, values: Sequence[float]) -> SweepResults:
        spec = {"metric": {"name": "val/elbo", "goal": "maximize"}}
        return sweep_of(tmp_path / str(batch), [({}, [{"val/elbo": value} for value in values])], **spec)

    rising = list(range(-110, -100))
    sweeps = {
        "vae_batch_64": curve(64, [-99, -98, -97, -96, -90, -91, -92, -93, -94, -95]),
        "vae_batch_128": curve(128, rising),
        "vae_batch_256": curve(256, rising),
    }
    assert vaes.best_setting(sweeps).answer == "agree"
    assert vaes.more_epochs(sweeps).answer == "agree"
    assert vaes.bounds(sweeps)[128, 20] == -109


def labelled(folder: Path, model: str, curve: Mapping[int, float]) -> SweepResults:
    metric = "val/bayes_accuracy" if model in labels.BY_BAYES else "val/accuracy"
    trials = [({"train_size": size}, [{metric: accuracy}]) for size, accuracy in curve.items()]
    return sweep_of(folder / model, trials, metric={"name": metric, "goal": "maximize"})


def test_accuracy_by_labels(tmp_path: Path) -> None:
    poor, good = {50: 0.5, 100: 0.55, 3000: 0.88}, {50: 0.65, 100: 0.7, 3000: 0.8}
    sweeps = {
        f"few_labels_{model}": labelled(tmp_path, model, poor if model in labels.DISCRIMINATIVE else good)
        for model in (*labels.DISCRIMINATIVE, *labels.GENERATIVE)
    }
    assert labels.few_labels(sweeps).answer == "agree"
    many = labels.many_labels(sweeps)
    assert many.answer == "agree"
    assert "beyond noise or not, at: 3000" in many.reason
    assert labels.bayes_rule(sweeps).answer == "depends"


@pytest.mark.parametrize(("worst", "answer"), [(0.7, "agree"), (0.9, "depends")])
def test_repairs(tmp_path: Path, worst: float, answer: str) -> None:
    of = {"val/impute_accuracy": 0.8, "val/impute_accuracy_mean_fill": 0.6}
    sweeps = {
        name: sweep_of(tmp_path / name, [({}, [{"val/impute_ratio": ratio, **of}])])
        for name, ratio in zip(uses.USERS.values(), (worst, 0.5, 0.5, 0.5), strict=True)
    }
    assert uses.imputation(sweeps).answer == answer


def test_pictures_are_small_pngs(tmp_path: Path) -> None:
    sweeps = gans(tmp_path, [row(frechet=10.0 + n, g=0.7 + n / 10) for n in range(4)])
    for picture in (gan_losses.picture_of_panels(sweeps), gan_losses.picture_of_gaps(sweeps)):
        assert len(picture) < 100_000
        assert Image.open(io.BytesIO(picture)).width > 300
