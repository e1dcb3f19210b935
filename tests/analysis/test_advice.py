"""What a sweep is told to try next, and the sentences that say how sure its winner is: each from made-up numbers."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.sweep_folder import CLASSIFIER_SPEC, FakeTrial, build_sweep

from analysis.folder import load
from analysis.report import advice as rules
from analysis.report.differences import difference
from analysis.report.summary import summarise
from analysis.results import SweepResults

Rule = Callable[[SweepResults], Iterator[str]]
Said = Callable[..., str]
GAN_SPEC = {
    "model": "gan",
    "dataset": "digits",
    "metric": {"name": "gen/x", "goal": "minimize"},
    "parameters": {
        "lr_g": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-1},
        "lr_d": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-1},
        "latent_dim": {"values": [8, 16, 32]},
    },
}


def trial(
    score: float, config: dict[str, Any], *, steps: int = 1, verdict: str = "", spread: float | None = None, **more: Any
) -> FakeTrial:
    """A classifier's trial that rises to `score`."""
    rows: list[dict[str, Any]] = [{"val/accuracy": score * step / steps} for step in range(1, steps + 1)]
    rows[-1] |= {"val/accuracy_std": spread} if spread is not None else {}
    rows[-1] |= {"verdict": verdict, "evidence": ["so it is"]} if verdict else {}
    return FakeTrial(config, rows, **more)


def at(*places: float) -> list[FakeTrial]:
    """Trials whose C lies so far (0 to 1) along the range of CLASSIFIER_SPEC, the best first."""
    return [trial(1 - i / 100, {"C": 10 ** (-4 + 7 * place), "penalty": "l2"}) for i, place in enumerate(places)]


@pytest.fixture
def said(tmp_path: Path) -> Said:
    """What a rule says of a sweep of these trials."""

    def say(
        rule: Rule,
        trials: Sequence[FakeTrial],
        spec: Mapping[str, Any] = CLASSIFIER_SPEC,
        importance: Mapping[str, Any] | None = None,
    ) -> str:
        folder = build_sweep(tmp_path, trials, spec)
        if importance:
            (folder / "importance.json").write_text(json.dumps(importance))
        return " ".join(rule(load(folder)))

    return say


class TestEdges:
    def test_the_best_at_an_end_of_a_range(self, said: Said) -> None:
        told = said(rules.at_the_edge, at(0.99, 0.9, 0.97, 0.1, 0.5, 0.2))
        assert told == "The best trials have C at the upper end, 1000, of what was searched: widen it."
        assert "C at the lower end, 0.0001," in said(rules.at_the_edge, at(0.01, 0.1, 0.05, 0.6, 0.5, 0.9))

    @pytest.mark.parametrize("places", [(0.5, 0.9, 0.95), (0.99, 0.5, 0.4), (0.6, 0.6, 0.6), (0.99, 0.99)])
    def test_one_trial_there_or_the_best_elsewhere_says_nothing(self, said: Said, places: tuple[float, ...]) -> None:
        assert said(rules.at_the_edge, at(*places)) == ""

    def test_the_scale_of_the_search_decides_what_is_near(self, said: Said) -> None:
        spec = {**CLASSIFIER_SPEC, "parameters": {"C": {"min": 1e-4, "max": 1e3}}}
        assert "lower end" in said(rules.at_the_edge, at(0.6, 0.7, 0.6), spec)

    @pytest.mark.parametrize(("chosen", "told"), [((32, 32, 16), True), ((16, 32, 32), False), ((32, 16, 16), False)])
    def test_the_largest_of_the_numbers_to_choose_from(
        self, said: Said, chosen: tuple[int, int, int], told: bool
    ) -> None:
        trials = [FakeTrial({"latent_dim": dim, "lr_g": 1e-3}, [{"gen/x": i}]) for i, dim in enumerate(chosen)]
        assert ("latent_dim at the largest choice, 32," in said(rules.at_the_edge, trials, GAN_SPEC)) == told

    def test_one_of_two_whole_numbers_is_no_end(self, said: Said) -> None:
        spec = {**CLASSIFIER_SPEC, "parameters": {"depth": {"min": 1, "max": 2}}}
        assert said(rules.at_the_edge, [trial(0.5, {"depth": 1})] * 5, spec) == ""

    def test_words_have_no_end(self, said: Said) -> None:
        assert "penalty" not in said(rules.at_the_edge, at(0.5, 0.5, 0.5))


class TestVerdicts:
    @staticmethod
    def gans(*verdicts: str) -> list[FakeTrial]:
        """Where the verdict is not healthy, lr_d is a thousand times larger."""
        return [
            FakeTrial(
                {"lr_g": 1e-3 * (1 + i * 7 % 19), "lr_d": (1e-4 if verdict == "healthy" else 0.1) * (1 + i / 40)},
                [{"gen/x": float(i), "verdict": verdict, "evidence": ["so it is"]}],
            )
            for i, verdict in enumerate(verdicts)
        ]

    def test_the_verdict_on_most_where_it_is_and_what_helps(self, said: Said) -> None:
        told = said(rules.unhealthy, self.gans(*["discriminator_wins"] * 12, *["healthy"] * 8), GAN_SPEC)
        assert told.startswith("Discriminator wins is the verdict on 60% of the judged trials: hold the discriminator")
        assert "It goes with a large lr_d (median" in told

    def test_a_sweep_that_is_mostly_healthy_or_not_judged(self, said: Said) -> None:
        assert said(rules.unhealthy, self.gans("mode_collapse", *["healthy"] * 5), GAN_SPEC) == ""
        assert said(rules.unhealthy, at(0.5, 0.6)) == ""

    def test_every_verdict_has_a_remedy(self) -> None:
        from analysis.plots.verdicts import LOOKS, UNJUDGED

        assert set(rules.REMEDIES) == set(LOOKS) - {"healthy", UNJUDGED}

    def test_a_winner_with_a_fault_is_named_beside_the_best_healthy_trial(self, said: Said) -> None:
        told = said(rules.unhealthy_best, self.gans("noise", "healthy"), GAN_SPEC)
        assert "0000" not in told
        assert "noise" in told
        assert told.endswith("the best healthy trial is 0001 (1).")
        assert said(rules.unhealthy_best, self.gans("noise"), GAN_SPEC).endswith("; no trial is healthy.")
        assert said(rules.unhealthy_best, self.gans("healthy", "noise"), GAN_SPEC) == ""
        assert said(rules.unhealthy_best, self.gans("mode_collapse", "healthy"), GAN_SPEC) == ""  # it does not win

    def test_the_summary_names_who_was_passed_over_and_leads_of_the_sound_alone(self, tmp_path: Path) -> None:
        sweep = load(build_sweep(tmp_path, self.gans("mode_collapse", "healthy", "frozen"), GAN_SPEC))
        told = " ".join(summarise(sweep).sentences)
        assert "Passed over: 0000 with 0 (mode collapse)." in told
        assert "It leads" not in told  # the next is frozen, so that its value says nothing

    def test_the_summary_counts_them_and_says_where_collapse_is(self, tmp_path: Path) -> None:
        sweep = load(build_sweep(tmp_path, self.gans(*["mode_collapse"] * 8, *["healthy"] * 8, "noise"), GAN_SPEC))
        told = " ".join(summarise(sweep).sentences)
        assert "Of 17 judged trials 8 ended healthy and 8 collapsed (found: 8 mode collapse, 1 noise)." in told
        assert "Collapse goes with a small lr_g / lr_d (median" in told


class TestLead:
    @staticmethod
    def told(folder: Path, *trials: FakeTrial, **spec: Any) -> str:
        return " ".join(summarise(load(build_sweep(folder, trials, {**CLASSIFIER_SPEC, **spec}))).sentences)

    def test_one_seed_cannot_tell(self, tmp_path: Path) -> None:
        told = self.told(tmp_path, *at(0.5, 0.6))
        assert "It leads trial 0001 by 0.01. One seed a config cannot tell that from the luck of a seed" in told

    def test_more_than_seed_noise(self, tmp_path: Path) -> None:
        # Standard error: sqrt((0.03^2 + 0.04^2) / 4) = 0.025.
        told = self.told(tmp_path, trial(0.9, {}, spread=0.03), trial(0.8, {}, spread=0.04), replicates=4)
        assert "It leads trial 0001 by 0.1, 4 standard errors of 4 seeds: more than seed noise." in told

    def test_within_seed_noise(self, tmp_path: Path) -> None:
        told = self.told(tmp_path, trial(0.9, {}, spread=0.03), trial(0.89, {}, spread=0.04), replicates=4)
        assert "by 0.01, within the noise of 4 seeds (standard error 0.025)." in told

    def test_a_lone_trial_leads_nobody(self, tmp_path: Path) -> None:
        assert "leads" not in self.told(tmp_path, *at(0.5))


IMPORTANCE = {
    "method": "PED-ANOVA",
    "trials": 50,
    "top": 5,
    "shares": {"C": 0.9, "penalty": 0.09, "l1_ratio": 0.009, "tol": 0.001},
}


class TestImportance:
    def test_what_mattered(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, at(0.5, 0.6))
        assert "cannot be told from so few trials" in " ".join(summarise(load(folder)).sentences)
        (folder / "importance.json").write_text(json.dumps(IMPORTANCE))
        told = " ".join(summarise(load(folder)).sentences)
        assert (
            "the top 5 of 50 trials apart most: C (90%), penalty (9%), l1_ratio (1%), tol (0%), by PED-ANOVA." in told
        )

    def test_what_did_not_is_to_be_fixed(self, said: Said) -> None:
        assert said(rules.unimportant, at(0.5)) == ""
        assert said(rules.unimportant, at(0.5), importance=IMPORTANCE).startswith("Fix l1_ratio, tol:")


class TestBudget:
    def test_best_at_the_last_step(self, said: Said) -> None:
        trials = [trial(0.9 - i / 10, {}, steps=8) for i in range(3)]
        assert said(rules.still_improving, trials) == (
            "The best trials were still improving at their last step, 8: give them more steps."
        )

    def test_best_before_the_last_step_or_too_few_steps(self, said: Said) -> None:
        falling = [FakeTrial({}, [{"val/accuracy": v} for v in (0.1, 0.2, 0.9, 0.5, 0.4, 0.3)])] * 3
        assert said(rules.still_improving, falling) == ""
        assert said(rules.still_improving, [trial(0.9, {}, steps=2)] * 3) == ""

    def test_stopped_while_ahead_of_the_winner(self, said: Said) -> None:
        winner = trial(0.9, {}, steps=9)
        ahead, behind = (FakeTrial({}, [{"val/accuracy": v}] * 3, "stopped") for v in (0.5, 0.2))
        told = said(rules.stopped_too_early, [winner, ahead, behind])
        assert told == "1 of 2 stopped trials were ahead of the winner at that step: stop later (min_iter)."
        assert said(rules.stopped_too_early, [winner, behind, behind]) == ""

    def test_fewer_trials_than_parameters_need(self, said: Said) -> None:
        assert said(rules.too_few, at(0.5, 0.6)) == "2 trials are few for 3 parameters: run 15 or fix some."
        assert said(rules.too_few, at(*[0.5] * 15)) == ""

    def test_the_pace_of_the_search(self, said: Said) -> None:
        scores = [0.1 + i / 100 for i in range(20)]
        assert "The best config came late, as trial 20 of 20" in said(rules.pace, [trial(s, {}) for s in scores])
        late = [trial(s, {}) for s in (*scores[:3], *[0.1] * 17)]
        assert "Nothing better came after trial 3 of 20" in said(rules.pace, late)
        assert said(rules.pace, [trial(s, {}) for s in scores[:9]]) == ""

    def test_trials_that_have_not_ended(self, said: Said) -> None:
        assert said(rules.interrupted, [FakeTrial(status="running")]).startswith("1 trial had not ended")
        assert said(rules.interrupted, at(0.5)) == ""

    def test_failures_and_where_they_are(self, said: Said) -> None:
        failed = [FakeTrial({"C": 500.0 + i, "penalty": "l2"}, [], "failed", "diverged") for i in range(8)]
        told = said(rules.failing, [*at(*np.linspace(0, 0.8, 12)), *failed])
        assert told.startswith("40% of the trials failed; they go with a large C (median 503.5, elsewhere")
        assert said(rules.failing, [*at(*[0.5] * 12), failed[0]]) == ""


class TestDifference:
    def test_nothing_tells_equal_groups_apart(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        sweep = load(build_sweep(tmp_path, at(*rng.random(200))))
        found = [difference(sweep, rng.random(200) < 0.5) for _ in range(100)]
        assert sum(one is not None for one in found) <= 3

    def test_the_ratio_of_two_learning_rates(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        lr_g, lr_d = 10 ** rng.uniform(-4, -1, (2, 60))
        trials = [FakeTrial({"lr_g": g, "lr_d": d}, [{"gen/x": 1.0}]) for g, d in zip(lr_g, lr_d, strict=True)]
        found = difference(load(build_sweep(tmp_path, trials, GAN_SPEC)), lr_g / lr_d < 0.1)
        assert found is not None
        assert found.parameter == "lr_g / lr_d"
        assert found.inside < 0.1 < found.outside

    def test_a_group_of_two_is_too_small(self, tmp_path: Path) -> None:
        sweep = load(build_sweep(tmp_path, at(*np.linspace(0, 1, 30))))
        assert difference(sweep, np.arange(30) < 2) is None


@pytest.mark.slow
def test_the_page_shows_what_to_try_next(tmp_path: Path) -> None:
    from analysis.report import write_report

    page = write_report(build_sweep(tmp_path, at(0.99, 0.98, 0.97))).read_text()
    assert "widen it." in page.split("What to try next")[1]
