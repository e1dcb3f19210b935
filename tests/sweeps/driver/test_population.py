"""Population based training of real models: states are handed on bit for bit, whatever the slots and the kills."""

from pathlib import Path
from typing import Any

import pytest
from helpers.driven_sweep import open_sweep
from helpers.in_process import Workers

from analysis.folder import load
from sweeps.spec.seeds import trial_seeds
from sweeps.worker.messages import Work
from sweeps.worker.running import Running
from trainables import find_model
from trainables.data import Dataset, load_dataset

SIZE, GENERATIONS = 4, 3
SPEC: dict[str, Any] = {
    "model": "mlp",
    "method": "pbt",
    "metric": {"name": "val/accuracy", "goal": "maximize"},
    "sampler": {"population": SIZE, "interval": 2},
    "budget": {"steps": 2 * GENERATIONS},
    "run_cap": None,
    "parameters": {
        "depth": {"value": 1},
        "updates": {"value": 60},
        "updates_per_step": {"value": 10},
        "width_1": {"min": 8, "max": 16},
        "lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-1},
        "dropout": {"min": 0.0, "max": 0.5},
    },
}


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load_dataset("digits", train_size=300)


def swept(folder: Path, data: Dataset, *left: int, at_once: int = 1) -> list[dict[str, Any]]:
    """The rows of a sweep whose process was killed after so many steps each time, without their order."""
    for steps in (*left, None):
        spec, sweep, _, _ = open_sweep(folder, **SPEC)
        Workers(spec, data, at_once, steps).run(sweep)
        if steps is None:
            sweep.close(interrupted=False)
    rows: Any = load(folder).rows.fillna({"parent": ""}).to_dict("records")
    return list(rows)


@pytest.fixture(scope="module")
def straight(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return swept(tmp_path_factory.mktemp("straight") / "it", data)


def told(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(r["trial"], r["step"], r["parent"], r["val/accuracy"], r["train/loss"]) for r in rows]


def test_a_member_is_a_line_of_trials_whose_steps_go_on(straight: list[dict[str, Any]]) -> None:
    assert len({row["trial"] for row in straight}) == SIZE * GENERATIONS
    for row in straight:
        generation = int(row["trial"]) // SIZE
        assert row["step"] in (2 * generation + 1, 2 * generation + 2)
        assert (int(row["parent"]) // SIZE == generation - 1) if generation else not row["parent"]


def test_the_worst_goes_on_from_the_best_and_the_others_from_themselves(
    straight: list[dict[str, Any]], tmp_path: Path, data: Dataset
) -> None:
    swept(tmp_path / "it", data)
    configs = load(tmp_path / "it").configs
    by_trial = {row["trial"]: row for row in straight}  # at its last step
    for generation in range(1, GENERATIONS):
        before = [f"{SIZE * (generation - 1) + member:04d}" for member in range(SIZE)]
        order = sorted(before, key=lambda trial: (-by_trial[trial]["val/accuracy"], trial))
        for member, own in enumerate(before):
            heir = f"{SIZE * generation + member:04d}"
            parent = by_trial[heir]["parent"]
            assert parent == (order[0] if own == order[-1] else own)
            changed = {n for n in configs[heir] if configs[heir][n] != configs[parent][n]}
            assert changed <= ({"lr", "dropout"} if own == order[-1] else set())


def test_a_line_that_nobody_replaced_is_the_straight_run_of_its_config(
    straight: list[dict[str, Any]], tmp_path: Path, data: Dataset
) -> None:
    parents = {row["trial"]: row["parent"] for row in straight}
    lines = [[f"{generation * SIZE + member:04d}" for generation in range(GENERATIONS)] for member in range(SIZE)]
    line = next(line for line in lines if [parents[trial] for trial in line[1:]] == line[:-1])
    spec, sweep, _, _ = open_sweep(tmp_path / "it", **SPEC)
    configs = {work.trial: work.config for work in sweep.hand_out(SIZE)}
    work = Work(line[0], configs[line[0]], trial_seeds(spec, int(line[0])), steps=2 * GENERATIONS)
    alone = Running(work, find_model("mlp"), data, "cpu")
    alone.start()
    losses = []
    for _ in range(2 * GENERATIONS):
        alone.advance()
        losses.append(alone.trained[0]["train/loss"])
    assert losses == [row["train/loss"] for trial in line for row in straight if row["trial"] == trial]


@pytest.mark.parametrize("at_once", [pytest.param(2, marks=pytest.mark.slow), 5])
def test_the_outcome_does_not_depend_on_the_slots(
    straight: list[dict[str, Any]], tmp_path: Path, data: Dataset, at_once: int
) -> None:
    assert told(swept(tmp_path / "it", data, at_once=at_once)) == told(straight)


@pytest.mark.parametrize("left", [*(pytest.param((steps,), marks=pytest.mark.slow) for steps in (1, 7, 8)), (3, 9, 6)])
def test_a_kill_at_any_step_changes_nothing(
    straight: list[dict[str, Any]], tmp_path: Path, data: Dataset, left: tuple[int, ...]
) -> None:
    assert told(swept(tmp_path / "it", data, *left)) == told(straight)


def test_states_that_nobody_goes_on_from_are_removed(tmp_path: Path, data: Dataset) -> None:
    swept(tmp_path / "it", data)
    assert len(list((tmp_path / "it" / "ray" / "checkpoints").glob("*.pt"))) == 5


def test_a_state_that_is_gone_fails_its_trial_in_words(tmp_path: Path, data: Dataset) -> None:
    work = Work("0004", {"depth": 1}, (0,), 4, parent="0001")
    with pytest.raises(FileNotFoundError, match="the state of trial 0001"):
        Running(work, find_model("mlp"), data, "cpu").start()
