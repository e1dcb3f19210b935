"""Plans a final training: the best config with fresh seeds, once on the sweep's images and once on all but test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from basics.seeds import derived_seed
from sweeps.errors import SpecError
from sweeps.spec import load_spec
from sweeps.spec.resolved import Spec
from trainables import Entry
from trainables.entry import CV_FOLDS, TRAIN_SIZE, UPDATES

# What a sweep says of its search, and nothing of one config.
OF_THE_SEARCH = (
    "run_cap",
    "replicates",
    "warm_start",
    "early_terminate",
    "constraint",
    "lock",
    "seeds",
    "budget",
    "name",
)


@dataclass(frozen=True)
class Plan:
    """The two sweeps of a final training: `replicates` on the sweep's images, to measure how lucky the best trial was;
    `final` on all images but test.

    `images` are the numbers each trains on; `steps` says in words how long.
    """

    replicates: Spec
    final: Spec
    images: tuple[int, int]
    steps: str


def plan(best: Spec, seeds: int, entry: Entry, images: tuple[int, int]) -> Plan:
    """The two sweeps of one config that follow from `best`, whose lock says which of its steps was the best.

    A step that goes through all images stays what it is: an epoch stays an epoch, an iteration of a solver one of EM
    as well. A step of k updates becomes one of as many more as there are more images, and so does the whole schedule.
    """
    before, after = images
    config = dict(best.fixed)
    given = config.keys() - set(entry.shared) or entry.defaults().keys() - set(entry.shared)
    own = {name: value for name, value in {**entry.defaults(), **config}.items() if name in given}
    scaled = entry.scaled(own, after / before)
    steps = best_steps(best)
    folded = CV_FOLDS in entry.shared and config.get(CV_FOLDS) is not None
    return Plan(
        replicates=_spec(best, "replicates", seeds, config, steps),
        final=_spec(best, "final", seeds, scaled, None if folded else steps),
        images=images,
        steps=_words(None if folded else steps, best, scaled, images),
    )


def best_steps(best: Spec) -> int | None:
    """The best trial's number of steps; None where its last was the best and it had come to its own end."""
    lock = best.lock or {}
    if "step" not in lock:
        return best.budget.steps
    if type(lock["step"]) is not int or lock["step"] < 1:
        raise SpecError(f"{lock['step']!r} is no step", key="lock.step", valid="a whole number, 1 or more")
    last = lock["step"] == lock.get("steps")
    ended = not lock.get("stopped") and (best.budget.steps is None or lock["step"] < best.budget.steps)
    return None if last and ended else int(lock["step"])


def trained_on(best: Spec, images: int) -> int:
    """How many of the sweep's `images` the best trial was trained on."""
    return int(best.fixed.get(TRAIN_SIZE) or images)  # type: ignore[arg-type]  # or null


def _spec(best: Spec, part: str, seeds: int, config: Mapping[str, Any], steps: int | None) -> Spec:
    document = {key: value for key, value in best.document().items() if key not in OF_THE_SEARCH}
    document["metric"] = [{"name": name, "goal": goal} for name, goal in best.metric.goals.items()]
    document |= {
        "name": f"{best.name or best.model.split(':')[-1]}-{part}",
        "method": "random",
        "parameters": best.fixing(config),
        "seeds": seeds,
        "seed": derived_seed(part, best.seed),
    }
    if steps is not None:
        document["budget"] = {"steps": steps}
    if part == "final":
        document = {key: value for key, value in document.items() if key not in ("metric", "train_size", "cv_folds")}
        document["final"] = True
    return load_spec(document)


def _words(steps: int | None, best: Spec, scaled: Mapping[str, Any], images: tuple[int, int]) -> str:
    before, after = images
    lock = best.lock or {}
    if steps is not None:
        long = f"{steps} step{'s' * (steps > 1)}, as many as were best in the sweep (of {lock.get('steps', steps)})"
    else:
        long = "to the end of its training" + (", which was best in the sweep" if lock else "")
    per_step = scaled.get(UPDATES[1])
    if per_step is None or after == before:
        return f"{long}; a step is what it was"
    return f"{long}; a step is {per_step:,} updates, by the {after:,} images in place of {before:,}"
