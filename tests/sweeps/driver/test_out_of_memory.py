"""A trial whose worker ran out of memory: once more, alone, and then it has failed."""

from pathlib import Path

from helpers.driven_sweep import deliver, open_sweep, report


def test_a_trial_out_of_memory_runs_again_when_nobody_else_does_and_then_has_failed(tmp_path: Path) -> None:
    _, sweep, _, store = open_sweep(tmp_path / "it", method="random", run_cap=4)
    works = sweep.hand_out(2)
    sweep.lost(works[0].trial, "out of memory: Ray ended it")
    others = [works[1], *sweep.hand_out(2)]
    assert [work.trial for work in others] == ["0001", "0002", "0003"]  # none waits for it
    for work in others:
        assert sweep.hand_out() == []
        assert sweep.waiting
        deliver(sweep, report(work, 1, 0.5, last=True))
    assert not sweep.over
    assert [(work.trial, work.resumed) for work in sweep.hand_out(2)] == [("0000", True)]
    assert sweep.hand_out() == []
    sweep.lost("0000", "out of memory: Ray ended it")
    assert sweep.over
    assert [record.status for record in store.records] == ["failed", "done", "done", "done"]
    assert store.records[0].reason == "out of memory: Ray ended it, also when it ran alone"


def test_nothing_starts_beside_a_trial_that_has_its_turn_alone(tmp_path: Path) -> None:
    _, sweep, _, store = open_sweep(tmp_path / "it", method="random", run_cap=2)
    first, second = sweep.hand_out(2)
    for work in (first, second):
        sweep.lost(work.trial, "out of memory: Ray ended it")
    assert [work.trial for work in sweep.hand_out(2)] == ["0000"]
    assert sweep.hand_out(2) == []
    deliver(sweep, report(first, 1, 0.5, last=True))
    assert [work.trial for work in sweep.hand_out(2)] == ["0001"]
    deliver(sweep, report(second, 1, 0.5, last=True))
    assert sweep.over
    assert [record.status for record in store.records] == ["done", "done"]
