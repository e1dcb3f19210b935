"""Every file of a sweep's folder, damaged in every way, under every command that reads it."""

import json
import shutil
from pathlib import Path

import pytest
from helpers.damages import DAMAGES, with_damages
from helpers.driven_sweep import drive
from typer.testing import CliRunner, Result

from analysis.folder import load
from sweeps.cli import app

FILES = (
    "configs.jsonl",
    "spec.yaml",
    "manifest.json",
    "results.jsonl",
    "trials.csv",
    "optuna.journal",
    "importance.json",
)
COMMANDS = (["show", "it"], ["best", "it"], ["list", "."], ["compare", "it", "sound"])
CASES = [(name, damage) for name in FILES for damage in DAMAGES]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drive(tmp_path_factory.mktemp("root") / "sound")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sound: Path) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(sound, "it")
    shutil.copytree(sound, "sound")


def ends_in_words(name: str, *command: str) -> Result:
    """What a command came to, which is no traceback, and if it is refused one line that names the file."""
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert done.exit_code in (0, 2), done.stderr
    if done.exit_code == 2:
        assert done.stderr.count("\n") == 1, done.stderr
        assert f"it/{name}" in done.stderr
    return done


@pytest.mark.parametrize(("name", "damage"), with_damages(FILES))
def test_no_damage_ends_in_a_traceback(name: str, damage: str) -> None:
    DAMAGES[damage](Path("it", name))
    done = {command[0]: ends_in_words(name, *command, "--json") for command in COMMANDS}
    assert done["list"].exit_code == 0
    rows = {row["sweep"]: row for row in json.loads(done["list"].stdout)}
    assert rows["sound"]["done"] == 12
    if "damage" in rows["it"]:
        assert f"it/{name}" in rows["it"]["damage"]
    if name in ("manifest.json", "importance.json", "optuna.journal"):
        assert rows["it"]["done"] == 12
        assert [row["trial"] for row in json.loads(done["best"].stdout)] == ["0005"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "damage"), CASES)
def test_no_damage_keeps_the_report_from_being_drawn(name: str, damage: str) -> None:
    DAMAGES[damage](Path("it", name))
    assert ends_in_words(name, "report", "it").exit_code == 0 or name == "spec.yaml"


def test_a_table_that_a_spreadsheet_saved_again_is_the_same_table() -> None:
    path, before = Path("it", "trials.csv"), load(Path("it")).trials
    lines = [line.split(",") for line in path.read_text().splitlines()]
    saved = [[cell.lstrip("0") or "0" if cell.isdigit() else cell.replace(".", ",") for cell in line] for line in lines]
    path.write_bytes("\r\n".join(";".join(line) for line in saved).encode("utf-8-sig"))
    after = load(Path("it"))
    assert not after.damage
    assert after.trials["trial"].tolist() == before["trial"].tolist()
    assert after.trials["config/C"].tolist() == before["config/C"].tolist()


def test_lost_rows_are_counted_and_the_table_still_knows_their_last() -> None:
    path = Path("it", "results.jsonl")
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:17]))
    found = load(Path("it"))
    assert "19 rows of 7 trials" in found.damage[0]
    assert found.trials["steps"].tolist() == [3] * 12
    assert found.trials.loc[5, "best/val/accuracy"] == pytest.approx(0.96)
