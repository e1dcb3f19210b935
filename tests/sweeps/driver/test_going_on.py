"""Ended trials that train on: as new trials of the journal, with what the others had come to."""

import io
import json
from pathlib import Path
from typing import Any

import optuna
import pytest
import torch
import yaml
from helpers.command import rows_of, sweeps, table, toy_spec, without_time
from helpers.driven_sweep import deliver, next_work, open_sweep, report

from analysis.folder import load
from analysis.report import trials as trials_on_page
from analysis.rows import Row
from sweeps.driver.going_on import Beyond, train_on
from sweeps.driver.sweep import Sweep
from sweeps.errors import SpecError
from sweeps.results.provenance import best_spec
from sweeps.results.ranking import by_metric
from sweeps.search.journal import storage
from sweeps.spec import Spec, load_spec
from sweeps.spec.seeds import trial_seeds
from sweeps.store.checkpoints import CHECKPOINTS
from sweeps.worker.messages import Attachment, Work

KEYS: dict[str, Any] = {
    "method": "random",
    "run_cap": 4,
    "budget": {"steps": 4},
    "early_terminate": {"type": "hyperband", "min_iter": 2},
}


def started(sweep: Sweep) -> Work:
    work = next_work(sweep)
    assert work is not None
    return work


def checkpoint() -> bytes:
    """Of a trial that has taken one step."""
    models = {"models": [{}], "trained": [{}], "earlier": [[]], "rows": [{"val/accuracy": 0.5}]}
    torch.save({**models, "step": 1, "seconds": 0.5}, buffer := io.BytesIO())
    return buffer.getvalue()


def begun(folder: Path, **keys: Any) -> Spec:
    """A sweep of a trial that is done, one stopped with its checkpoint, one that failed, and one that still runs."""
    spec, sweep, _, _ = open_sweep(folder, **{**KEYS, **keys})
    done, stopped, failed, _ = (started(sweep) for _ in range(4))
    for step in (1, 2, 3, 4):
        deliver(sweep, report(done, step, 0.8 + step / 100, last=step == 4))
    state = Attachment(stopped.trial, 1, "checkpoint", "state", checkpoint())
    deliver(sweep, report(stopped, 1, 0.5, last=False), [state])
    assert deliver(sweep, report(stopped, 2, 0.6, last=False))
    lost = report(failed, 1, 0.5, last=False)
    lost.failed = "diverged: loss is nan"
    deliver(sweep, lost)
    sweep.close(interrupted=True)
    (folder / "manifest.json").write_text(json.dumps({"sweep": "abcd", "seed": 0, "data": {"name": "digits"}}))
    return spec


def continued(folder: Path, *trials: str, steps: int | None = None, **keys: Any) -> tuple[Sweep, list[str]]:
    said: list[str] = []
    train_on(folder, load_spec(folder / "spec.yaml"), Beyond(trials=trials, steps=steps), said.append)
    _, sweep, _, _ = open_sweep(folder, **{**KEYS, **keys})
    return sweep, said


def test_a_stopped_trial_goes_on_to_the_budgets_steps_whatever_the_rules_say(tmp_path: Path) -> None:
    spec = begun(tmp_path)
    sweep, said = continued(tmp_path, "0001")
    assert said == ["trial 0001 goes on to 4 steps as trial 0004, from its checkpoint"]
    assert started(sweep).trial == "0003"
    work = started(sweep)
    assert (work.trial, work.resumed, work.steps, work.seeds) == ("0004", True, 4, trial_seeds(spec, 1))
    assert sweep.checkpoint("0004") == (tmp_path / CHECKPOINTS / "0001.pt").read_bytes()
    for step in (2, 3, 4):  # from the checkpoint on; step 2 is there already, and no worse than it was
        deliver(sweep, report(work, step, 0.6, last=step == 4))
    sweep.close(interrupted=True)
    left = load(tmp_path)
    trials = left.trials.set_index("trial")
    assert list(trials.loc[["0001", "0004"], "status"]) == ["stopped", "done"]
    assert list(trials.loc[["0001", "0004"], "steps"]) == [2, 4]
    assert left.configs["0004"] == left.configs["0001"]
    assert [row["step"] for row in rows_of(tmp_path) if row["trial"] == "0004"] == [1, 2, 3, 4]
    shown = json.loads(sweeps("show", str(tmp_path), "--json", folder=tmp_path).stdout)
    assert [row.get("continues") for row in shown] == [None, None, None, None, "0001"]
    assert "continues" in [column["key"] for column in trials_on_page.columns(left)]
    assert trials_on_page.table(left, ["0004", "0000"], ["trial", "continues"]) == [["0004", "0001"], ["0000", None]]


def test_the_journal_tells_the_truth(tmp_path: Path) -> None:
    begun(tmp_path)
    sweep, _ = continued(tmp_path, "0001")
    started(sweep)
    work = started(sweep)
    for step in (3, 4):
        deliver(sweep, report(work, step, 0.7, last=step == 4))
    study = optuna.load_study(study_name=None, storage=storage(tmp_path / "optuna.journal"))
    before, after = study.trials[1], study.trials[4]
    assert (before.state.name, before.intermediate_values) == ("PRUNED", {1: 0.5, 2: 0.6})
    assert (after.state.name, after.value) == ("COMPLETE", 0.7)
    assert after.intermediate_values == {1: 0.5, 2: 0.6, 3: 0.7, 4: 0.7}
    assert (after.params, after.user_attrs["continues"]["trial"]) == (before.params, 1)


def test_a_done_trial_goes_on_by_so_many_steps_and_once_more(tmp_path: Path) -> None:
    spec = begun(tmp_path)
    sweep, said = continued(tmp_path, "0000", steps=2)
    assert said[0].startswith("trial 0000 goes on to 6 steps as trial 0004, from its start, with its seeds, as no")
    started(sweep)
    work = started(sweep)
    assert (work.steps, work.seeds) == (6, trial_seeds(spec, 0))
    deliver(sweep, report(work, 5, 0.9, last=False))
    deliver(sweep, report(work, 6, 0.95, last=True))
    sweep.close(interrupted=True)
    again, said = continued(tmp_path, "4", steps=1)
    assert said[0].startswith("trial 0004 goes on to 7 steps as trial 0005")
    started(again)
    assert started(again).seeds == trial_seeds(spec, 0)
    again.close(interrupted=True)
    ranking = by_metric(tmp_path)
    assert ranking.candidates[0].trial == "0004"
    assert (best_spec(ranking).lock or {})["seeds"]["trial"] == list(trial_seeds(spec, 0))


def test_it_comes_on_top_of_the_run_cap_and_takes_no_config_from_a_grid(tmp_path: Path) -> None:
    values = {"C": {"values": [0.1, 1.0, 10.0, 100.0, 1000.0]}}
    keys: dict[str, Any] = {"method": "grid", "parameters": values, "run_cap": 5}
    begun(tmp_path, **keys)
    sweep, _ = continued(tmp_path, "0001", **keys)
    works = [started(sweep) for _ in range(3)]
    assert [work.config["C"] for work in works] == [100.0, 1.0, 1000.0]
    assert next_work(sweep) is None


class Heard:
    """An observer that writes down the steps it hears of."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int]] = []

    def trial_started(self, trial: str, config: Any, resumed: bool) -> None:
        self.steps.append((trial, 0))

    def replicates(self, trial: str, of: str, seed: int) -> None: ...

    def row(self, row: Row) -> None:
        self.steps.append((row.trial, row.step))

    def media(self, trial: str, step: int, name: str) -> None: ...

    def trial_ended(self, trial: str, status: str, reason: str) -> None: ...

    def close(self, interrupted: bool) -> None: ...


def test_who_keeps_a_record_of_each_trial_is_told_of_the_steps_before(tmp_path: Path) -> None:
    """As a run of W&B is, which has never heard of the new trial."""
    begun(tmp_path)
    train_on(tmp_path, load_spec(tmp_path / "spec.yaml"), Beyond(trials=("0001",)), print)
    _, sweep, _, store = open_sweep(tmp_path, **KEYS)
    heard = Heard()
    sweep.retell(list(store.existing_rows()), heard)
    assert heard.steps == [("0004", 0), ("0004", 1), ("0004", 2)]


def test_a_damaged_journal_costs_none_of_it(tmp_path: Path) -> None:
    spec = begun(tmp_path)
    sweep, _ = continued(tmp_path, "0001")
    sweep.close(interrupted=True)
    (tmp_path / "optuna.journal").write_bytes(b"no journal\n")
    _, again, search, _ = open_sweep(tmp_path, **KEYS)
    assert (search.asked, search.tried) == (5, 4)
    works = [started(again) for _ in range(2)]
    assert [work.seeds for work in works] == [trial_seeds(spec, 3), trial_seeds(spec, 1)]


@pytest.mark.parametrize(
    ("trial", "keys", "said"),
    [
        ("0009", {}, "--continue: there is no trial 0009 that has ended; valid: 0000, 0001"),
        ("best", {}, "--continue: there is no trial best that has ended; valid: 0000, 0001"),
        ("0003", {}, "--continue: there is no trial 0003 that has ended"),
        ("0002", {}, "--continue: trial 0002 has failed (diverged: loss is nan); valid: 0000, 0001"),
        ("0000", {}, "--continue: trial 0000 has had all 4 steps of the budget; valid: --steps N too"),
        ("0000", {"budget": {}}, "--continue: trial 0000 came to the end of its own training after 4 steps"),
    ],
)
def test_what_cannot_go_on_is_refused_and_nothing_has_changed(
    tmp_path: Path, trial: str, keys: dict[str, Any], said: str
) -> None:
    begun(tmp_path, **keys)
    journal = (tmp_path / "optuna.journal").read_bytes()
    with pytest.raises(SpecError) as error:
        continued(tmp_path, "0001", trial)
    assert str(error.value).startswith(said)
    assert (tmp_path / "optuna.journal").read_bytes() == journal


def test_a_continued_trial_runs_also_where_the_sweep_has_ended_and_stops_when_that_is_asked_again(
    tmp_path: Path,
) -> None:
    keys: dict[str, Any] = {"run_cap": 9, "metric": {"name": "val/accuracy", "target": 0.83}}
    begun(tmp_path, run_cap=9)
    sweep, _ = continued(tmp_path, "0001", **keys)
    work = started(sweep)
    assert (work.trial, next_work(sweep)) == ("0004", None)  # the one that ran is stopped, as the target is reached
    assert not deliver(sweep, report(work, 3, 0.7, last=False))
    sweep.stop("stopped by 'sweeps stop'")
    assert deliver(sweep, report(work, 4, 0.7, last=False))
    sweep.close(interrupted=False)
    again, _ = continued(tmp_path, "0004", steps=9, **keys)
    work = started(again)
    assert not deliver(again, report(work, 5, 0.7, last=False))
    assert next_work(again) is None


@pytest.mark.ray
@pytest.mark.slow
def test_what_was_stopped_comes_to_what_it_would_have_come_to(tmp_path: Path, cluster: tuple[str, str]) -> None:
    spec = {"parameters": {"drift": {"min": 0.0, "max": 1.0}}, "method": "random", "run_cap": 6}
    early = {"type": "hyperband", "min_iter": 1, "eta": 2}
    options = ("--wandb", "off", "--no-report", *cluster)
    toy_spec(tmp_path, **spec)
    assert sweeps("run", "toy.yaml", "--out", "straight", *options, folder=tmp_path).returncode == 0
    (tmp_path / "toy.yaml").write_text(
        yaml.safe_dump({**yaml.safe_load((tmp_path / "toy.yaml").read_text()), "early_terminate": early})
    )
    assert sweeps("run", "toy.yaml", "--out", "it", *options, folder=tmp_path).returncode == 0
    first = table(tmp_path / "it").query("status == 'stopped'")["trial"].iloc[0]
    on = sweeps("resume", "it", "--continue", first, "--no-report", folder=tmp_path)
    assert on.returncode == 0, on.stderr
    assert f"trial {first} goes on as trial 0006" in on.stderr
    trials = table(tmp_path / "it").set_index("trial")
    assert (trials.loc["0006", "status"], trials.loc["0006", "steps"]) == ("done", 5)
    rows = [
        [without_time({**row, "trial": ""}) for row in rows_of(tmp_path / folder) if row["trial"] == trial]
        for folder, trial in (("it", "0006"), ("straight", first))
    ]
    assert rows[0] == rows[1]
    wrong = sweeps("resume", "it", "--continue", "0017", folder=tmp_path)
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 1)
    wrong = sweeps("resume", "it", "--steps", "3", folder=tmp_path)
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 1)
    assert not list((tmp_path / "it" / CHECKPOINTS).glob(f"{first}*"))  # it was too short for a checkpoint
