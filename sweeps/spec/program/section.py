"""Reads what a spec says of a program; what it cannot say of one is refused in a line."""

from __future__ import annotations

from collections.abc import Collection

from analysis.metrics import Goal
from sweeps.errors import SpecError
from sweeps.search.methods import own_name
from sweeps.spec.document.schema import SpecSection
from sweeps.spec.objective import keyed
from sweeps.spec.program.program import DEFAULT_COMMAND, GRACE, Program, unknown_macros
from sweeps.spec.resolved import FINISHED, Objective
from sweeps.spec.search import population

# Lines about models and images of ours, and about a program alone.
OF_A_MODEL = ("model_path", "dataset", "inception", "train_size", "cv_folds", "classes", "final", "replicates")
OF_A_PROGRAM = ("command", "resumable", "seed_parameter", "grace", "environment")
UNGUIDED = ("random", "grid", "qmc")  # methods that need no metric: they learn nothing
OWN_COLUMNS = ("trial", "step", "seconds", "parent", "verdict", "evidence", "extractor", "class_histogram", "confusion")


def program_of(section: SpecSection) -> Program | None:
    """The program of a spec, None of one with a model; SpecError for neither, and for lines that do not go together."""
    said = section.model_fields_set
    needs_none = section.command is not None and "${program}" not in section.command
    if section.model is not None or (section.program is None and not needs_none):
        if section.model is None:
            raise SpecError(
                "is missing", key="model", valid="a model of ours, package.module:Name, or program: train.py"
            )
        _refuse(said, OF_A_PROGRAM, "is about a program, and this is a model")
        return None
    meant = {name for name in said if getattr(section, name) not in (None, 1)}  # one replicate is none
    _refuse(meant, OF_A_MODEL, "is not for a program")
    if own_name(section.method) == population.METHOD:
        what = "a program's state is its own, and cannot be handed on to another trial"
        raise SpecError(what, key="method", valid="bayes, or any other but pbt")
    return Program(
        path=section.program or "",
        command=tuple(map(str, section.command or DEFAULT_COMMAND)),
        resumable=section.resumable,
        seed_parameter=section.seed_parameter,
        grace=GRACE if section.grace is None else section.grace,
        environment={name: str(value) for name, value in (section.environment or {}).items()},
    )


def objective_of(section: SpecSection) -> Objective:
    """The metric, minimized where nothing else is said, as at W&B; what tells no trial from another where none is
    named and none is needed."""
    lines = keyed(section.metric)
    if not lines:
        if own_name(section.method) not in UNGUIDED or section.early_terminate is not None:
            needs = "early_terminate" if own_name(section.method) in UNGUIDED else section.method
            what = f"is missing, and {needs} needs to know what is searched for"
            raise SpecError(what, key="metric", valid="a mapping {name, goal}, of what the program logs")
        return Objective(FINISHED, "maximize")
    goals: dict[str, Goal] = {}
    for key, line in lines:
        if line.name in OWN_COLUMNS:
            what = f"{line.name} is a column of the results themselves"
            raise SpecError(what, key=f"{key}.name", valid="another name for what the program logs")
        if line.name in goals:
            raise SpecError(f"{line.name} is there twice", key=f"{key}.name", valid="each metric once")
        goals[line.name] = line.goal or "minimize"
    (name, goal), *others = goals.items()
    return Objective(name, goal, others=dict(others))


def doubts(section: SpecSection, program: Program, parameters: Collection[str]) -> list[str]:
    """Warnings: what the spec leaves open that matters, and what of it means nothing."""
    found = [
        f"command: ${{{macro}}} is no macro and no parameter, and is left out"
        for macro in unknown_macros(program.command, parameters)
    ]
    if program.seed_parameter is not None and program.seed_parameter not in parameters:
        found.append(f"seed_parameter: there is no parameter {program.seed_parameter}")
    if "resources" not in section.model_fields_set:
        found.append("resources: not given, so a trial has one CPU, and as many run at once as there are CPUs")
    return found


def _refuse(said: Collection[str], lines: Collection[str], why: str) -> None:
    for line in lines:
        if line in said:
            raise SpecError(why, key=line, valid="leave it out")
