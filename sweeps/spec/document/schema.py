"""The lines a spec may have, as pydantic models: structure and types here, meaning in sweeps.spec.

A field's description says what is valid: editors show it, and so does the message for a wrong value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from sweeps.search import methods
from sweeps.spec.document.values import FolderName, Name, Number, Plain, Real, Seconds, Value, Whole, Word
from sweeps.spec.early_termination import TERMS

# Lines of W&B's that say how ITS agents start a program: beside a `model` they mean nothing; without one, two do.
OF_PROGRAMS = ("program", "command")
INAPPLICABLE = ("program", "command", "controller", "imports", "job", "image_uri", "apiVersion", "kind", "settings")

SETTLED = ("impute", "impute_while_running")  # of `metric`: what a trial without a value counts as

Distribution = Literal[
    "constant",
    "categorical",
    "int_uniform",
    "uniform",
    "q_uniform",
    "normal",
    "q_normal",
    "log_normal",
    "q_log_normal",
    "beta",
    "q_beta",
    "log_uniform",
    "log_uniform_values",
    "inv_log_uniform",
    "inv_log_uniform_values",
    "q_log_uniform",
    "q_log_uniform_values",
    "int_log_uniform_values",
    "categorical_w_probabilities",
]
_HubName = Annotated[str, Field(pattern=rf"^{methods.HUB}\S+$")]
if TYPE_CHECKING:
    Method = str
    Rule = str
else:
    Method, Rule = Literal[methods.names()] | _HubName, Literal[tuple(TERMS)]


class Section(BaseModel):
    """A mapping of a spec: unknown keys raise, and nothing is converted from one type into another."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class AtLeastSection(Section):
    min: Number = Field(description="a number: active when the other parameter is that or more")


class ParameterSection(Section):
    """One parameter in W&B's vocabulary; `when`, `step` and int_log_uniform_values are ours."""

    value: Plain = Field(None, description="the one value it always takes: plain data")
    values: list[Plain] = Field(
        [], min_length=1, description="a list of text, numbers, true, false or null, or of lists or mappings of these"
    )
    probabilities: list[Number] = Field(
        [], min_length=1, description="a list of numbers that sum to 1, one for each of the values"
    )
    min: Number = Field(0, description="a number; both ends whole: whole numbers between; else: linear between")
    max: Number = Field(0, description="a number; both ends whole: whole numbers between; else: linear between")
    q: Number = Field(1.0, gt=0, description="a number above 0: the q_ distributions give multiples of it")
    mu: Number = Field(0.0, description="a number: the mean of normal, and of the logarithm of log_normal")
    sigma: Number = Field(1.0, gt=0, description="a number above 0: the standard deviation of the same")
    a: Number = Field(1.0, gt=0, description="a number above 0: the first parameter of beta")
    b: Number = Field(1.0, gt=0, description="a number above 0: the second parameter of beta")
    step: Number = Field(1, gt=0, description="a number above 0: the distance of the values, counted from min")
    distribution: Distribution = Field("uniform", description=f"one of {', '.join(get_args(Distribution))}")
    when: dict[str, Value | list[Value] | AtLeastSection] = Field(
        {}, min_length=1, description="a mapping {other parameter: value, or [values], or {min: number}}"
    )
    parameters: dict[str, ParameterSection] | None = Field(
        None, description="a mapping {NAME: {min: 1, max: 10}}: a group of parameters, and nothing beside it"
    )


class MetricSection(Section):
    name: Name = Field(description="the name of a metric, such as val/accuracy or gen/frechet")
    goal: Literal["maximize", "minimize"] | None = Field(None, description="maximize or minimize")
    target: Real | None = Field(None, description="a number: the sweep ends when a trial has reached it")


class EarlyTerminateSection(Section):
    type: Rule = Field(description=f"one of {', '.join(TERMS)}")
    min_iter: Whole | None = Field(None, ge=1, description="a whole number, 1 or more: the first band")
    max_iter: Whole | None = Field(None, ge=1, description="a whole number, 1 or more: bands at max_iter/eta^k")
    s: Whole | None = Field(None, ge=1, description="a whole number, 1 or more: how many bands below max_iter")
    eta: Real = Field(3.0, gt=1, description="a number above 1: the best 1/eta of the trials go on at a band")
    strict: bool = Field(True, description="true or false: judge by the value at the band, or by the best so far")
    patience: Whole | None = Field(
        None, ge=1, description="a whole number, 1 or more: evaluations in a row after which a trial stops"
    )
    severity: Real | None = Field(
        None, ge=0, le=1, description="a number from 0 to 1: how bad a collapse must be to count for patience"
    )
    min_steps: Whole = Field(
        1, ge=1, description="a whole number, 1 or more: the first report that a trial is judged at"
    )
    min_trials: Whole = Field(5, ge=1, description="a whole number, 1 or more: others that must have come as far")
    min_delta: Real = Field(0.0, ge=0, description="a number, 0 or more: what an improvement must be more than")
    trials: Whole | None = Field(
        None,
        ge=1,
        description="a whole number, 1 or more: ended trials without an improvement, after which the sweep ends",
    )
    value: Real | None = Field(None, description="a number: the target of the objective")


class ConstraintSection(Section):
    name: Name = Field(description="the name of a metric, such as gen/severity")
    max: Real | None = Field(None, description="a number: the metric may be that or less")
    min: Real | None = Field(None, description="a number: the metric must be that or more")


class ResourcesSection(Section):
    # Ray counts in ten-thousandths.
    cpu: Real = Field(default=1.0, ge=1e-4, description="a number above 0, 0.0001 or more: CPUs of a trial")
    gpu: Real = Field(default=0.0, ge=0, description="0, a fraction such as 0.1, or a whole number: GPUs of a trial")


class BudgetSection(Section):
    steps: Whole | None = Field(
        default=None, ge=1, description="a whole number, 1 or more: reporting intervals of a trial"
    )
    seconds: Seconds | None = Field(
        default=None,
        gt=0,
        description="a number above 0 or a time such as 90s, 30m, 1h30m: after it no new trial starts",
    )
    trials: Whole | None = Field(default=None, ge=1, description="a whole number, 1 or more: the same as run_cap")
    total_steps: Whole | None = Field(
        default=None, ge=1, description="a whole number, 1 or more: steps of all trials, after which none starts"
    )
    core_hours: Real | None = Field(
        default=None, gt=0, description="a number above 0: hours of CPUs that trials had, after which none starts"
    )
    gpu_hours: Real | None = Field(
        default=None, gt=0, description="a number above 0: hours of GPUs that trials had, after which none starts"
    )


class ReplicatesSection(Section):
    top: Whole = Field(ge=1, description="a whole number, 1 or more: the best trials, which are run again")
    seeds: Whole = Field(ge=2, description="a whole number, 2 or more: seeds that each of them has in the end")


class SpecSection(Section):
    """A sweep: what is trained, on what, what is tried, and how the search goes."""

    model: Name | None = Field(None, description="a model of ours, or package.module:Name of your own")
    program: Name | None = Field(None, description="text: the program to train in place of a model, such as train.py")
    command: list[Word] | None = Field(
        None, min_length=1, description="a list of words, how the program is started, with W&B's macros such as ${args}"
    )
    resumable: bool = Field(
        False, description="true or false: the program itself goes on from the folder SWEEPS_CHECKPOINT_DIR"
    )
    seed_parameter: Name | None = Field(None, description="the name of the parameter that seeds the program")
    grace: Seconds | None = Field(
        None, ge=0, description="a number, 0 or more: seconds that a program has to end from SIGTERM to SIGKILL"
    )
    environment: dict[str, Word] | None = Field(
        None, description="a mapping {NAME: text}: variables that the program has beside those of the shell"
    )
    model_path: Name | list[Name] | None = Field(None, description="a folder, or a list of them, with your own model")
    dataset: Name = Field("digits", description="a data set of ours, or the path of a .npz or of a folder of images")
    method: Method = Field("tpe", description=f"one of {', '.join(methods.names())}, {methods.HUB}NAME")
    sampler: dict[str, Value | list[str]] = Field(
        {}, description="a mapping of options of the method's sampler, such as {n_startup_trials: 20}"
    )
    default_first: bool = Field(True, description="true or false: try what the model has when nothing is said first")
    enqueue: list[dict[str, Plain]] | None = Field(
        None, min_length=1, description="a list of mappings {NAME: value}: configs that are tried first, in this order"
    )
    warm_start: Name | list[Name] | None = Field(
        None, description="the folder of another sweep, or a list of them: its trials are known to the search"
    )
    metric: MetricSection | list[MetricSection] | None = Field(
        None, description="a mapping {name, goal}, or a list of them"
    )
    parameters: dict[str, ParameterSection] | None = Field(None, description="a mapping {NAME: {min: 1, max: 10}}")
    run_cap: Whole | None = Field(None, ge=1, description="a whole number, 1 or more: how many trials at most")
    early_terminate: EarlyTerminateSection | list[EarlyTerminateSection] | None = Field(
        None, description="a mapping {type, and what belongs to it: min_iter, patience, trials, ...}, or a list of them"
    )
    constraint: ConstraintSection | list[ConstraintSection] | None = Field(
        None, description="a mapping {name, max or min}, or a list of them"
    )
    inception: Name | None = Field(
        None, description="a file, torchvision's weights of Inception v3: samples are judged in its features"
    )
    budget: BudgetSection = Field(BudgetSection(), description="a mapping {steps, seconds, core_hours, ...}")
    trial_timeout: Seconds | None = Field(
        None,
        gt=0,
        description="a number above 0 or a time such as 90s, 30m: seconds without a report that end a trial as failed",
    )
    resources: ResourcesSection = Field(ResourcesSection(), description="a mapping {cpu, gpu}")
    replicates: Annotated[Whole, Field(ge=1)] | ReplicatesSection = Field(
        1,
        description="a whole number, 1 or more: seeds per config, metrics averaged; or a mapping {top: 5, seeds: 5}",
    )
    seed: Whole = Field(0, ge=0, lt=2**32, description="a whole number, 0 or more, below 2^32")
    train_size: Whole | None = Field(None, ge=1, description="a whole number, 1 or more: training images used")
    cv_folds: Whole | None = Field(None, ge=2, description="a whole number, 2 or more: cross-validate, a fold a step")
    seeds: Whole | None = Field(None, ge=1, description="a whole number, 1 or more: trials of the one config there is")
    final: bool = Field(False, description="true or false: train on validation images too and judge nothing")
    lock: dict[str, Any] | None = Field(
        None, description="what 'sweeps best' wrote of the trial the config is from; it changes nothing"
    )
    classes: list[str | Whole] | None = Field(None, min_length=1, description="a list of class names or numbers")
    name: FolderName | None = Field(
        None, description="text: the sweep's name, with which its folder's name begins (no .. and no / at its start)"
    )
    description: str | None = Field(None, description="text: what the sweep is for")
    project: Name | None = Field(None, description="text: the W&B project")
    entity: Name | None = Field(None, description="text: the W&B entity (user or team)")
    group: Name | None = Field(None, description="text: the W&B group of the sweep's runs")
    tags: list[Name] | None = Field(None, description="a list of text: W&B tags")
    notes: str | None = Field(None, description="text: W&B notes")
    alert_failure_rate: Real | None = Field(
        None, gt=0, le=1, description="a number above 0, at most 1: the share of failed trials that W&B alerts you at"
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a spec, for editors: draft 2020-12, every line with what is valid there."""
    schema = SpecSection.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A sweep"
    schema["anyOf"] = [{"required": [line]} for line in ("model", *OF_PROGRAMS)]
    for section, properties in _properties(schema):
        for name, field in section.model_fields.items():
            properties[name] |= _bounds(field)
    foreign = {"description": "W&B's own line: it does not apply here and changes nothing", "deprecated": True}
    schema["properties"] |= dict.fromkeys((name for name in INAPPLICABLE if name not in OF_PROGRAMS), foreign)
    schema["$defs"]["MetricSection"]["properties"] |= dict.fromkeys(SETTLED, foreign)
    # What pydantic writes of a bound on a converted value is no word of JSON Schema's.
    found: dict[str, Any] = json.loads(json.dumps(schema), object_hook=_without_bounds)
    return found


def _properties(schema: dict[str, Any]) -> Iterator[tuple[type[Section], dict[str, Any]]]:
    yield SpecSection, schema["properties"]
    for section in SECTIONS.values():
        yield section, schema["$defs"][section.__name__]["properties"]


def _bounds(field: FieldInfo) -> dict[str, float]:
    return {theirs: getattr(m, ours) for m in field.metadata for ours, theirs in _BOUNDS.items() if hasattr(m, ours)}


def _without_bounds(part: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key not in _BOUNDS}


_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
SECTIONS: dict[tuple[str, ...], type[Section]] = {
    ("parameters", "*"): ParameterSection,
    ("parameters", "*", "when", "*"): AtLeastSection,
    ("metric",): MetricSection,
    ("metric", "*"): MetricSection,
    ("constraint",): ConstraintSection,
    ("constraint", "*"): ConstraintSection,
    ("early_terminate",): EarlyTerminateSection,
    ("early_terminate", "*"): EarlyTerminateSection,
    ("budget",): BudgetSection,
    ("replicates",): ReplicatesSection,
    ("resources",): ResourcesSection,
}
