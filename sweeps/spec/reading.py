"""A sweep's spec: W&B's sweep vocabulary plus ours, read and checked to the last value before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from basics.groups import Path as GroupPath
from basics.groups import flat
from basics.text import nearest
from search_spaces import SPACES
from search_spaces.conditions import Value
from search_spaces.domains import Domain
from search_spaces.space import Space
from sweeps.errors import SpecError
from sweeps.spec.admission import admit, same_kind
from sweeps.spec.budget import budget_of, with_run_cap
from sweeps.spec.document import overrides as changes
from sweeps.spec.document.paths import place
from sweeps.spec.document.schema import SpecSection
from sweeps.spec.document.structure import read_spec
from sweeps.spec.document.wandb_lines import carried_over
from sweeps.spec.document.yaml_file import read_yaml
from sweeps.spec.endings import check_several, constraints, early_terminate, target
from sweeps.spec.extractor import inception
from sweeps.spec.narrowing import Narrowing
from sweeps.spec.objective import left_out, objective
from sweeps.spec.parameters import Constant, doubt, read_domains, write_domain
from sweeps.spec.points import fitted_to
from sweeps.spec.program.section import doubts, objective_of, program_of
from sweeps.spec.resolved import Objective, Resources, Spec, Tracking
from sweeps.spec.search import population
from sweeps.spec.search.contenders import contenders
from sweeps.spec.search.first_trials import first_trials
from sweeps.spec.search.method import search_of
from sweeps.spec.search.warm_start import warm_start
from sweeps.spec.stand_in import stand_in
from trainables import MODELS, Entry, ModelError, find_model
from trainables.data import DATASETS, DataError, find_dataset
from trainables.entry import CV_FOLDS

# How many trials `sweeps run MODEL` makes when nobody says; a spec without run_cap goes on until it is stopped.
DEFAULT_RUN_CAP = 20


def load_spec(
    source: Path | str | Mapping[str, Any], overrides: Mapping[str, Any] | None = None, *, trusted: bool = True
) -> Spec:
    """The spec in a YAML file, of a model by its name (its whole space on digits), or of a mapping.

    `overrides` come from the command line: a line (`run_cap`), a dotted path (`budget.steps`, `parameters.C.max`) or
    the bare name of a parameter, which fixes it. SpecError is one line: source, key, what, what is valid.

    A user's own model is imported, which runs its code. Not where the spec is not `trusted`, but to be shown: then
    nobody asks the model whether it takes what the spec gives it.
    """
    label = str(source) if isinstance(source, Path | str) else "spec"
    try:
        document, folder = _document(source)
        return _Reader(document, dict(overrides or {}), folder, label, trusted).read()
    except SpecError as error:
        raise error.at(label) from None


def _document(source: Path | str | Mapping[str, Any]) -> tuple[dict[str, Any], Path]:
    """The lines, and the folder that its paths start from."""
    if isinstance(source, Mapping):
        return dict(source), Path.cwd()
    if isinstance(source, str) and (source in MODELS or ":" in source):
        return {"model": source, "run_cap": DEFAULT_RUN_CAP}, Path.cwd()
    path = Path(source)
    if isinstance(source, str) and not path.suffix and not path.exists():
        raise SpecError("no such model, and no such file", valid=MODELS, near=source)
    return read_yaml(path), path.absolute().parent


@dataclass
class _Reader:
    """One spec on its way from lines to meaning."""

    document: dict[str, Any]
    overrides: dict[str, Any]
    folder: Path
    source: str
    trusted: bool
    warnings: list[str] = field(default_factory=list)

    def read(self) -> Spec:
        entries, paths = _ungrouped(self.document.get("parameters"))
        lines, parameters = changes.split(self.overrides, entries if isinstance(entries, Mapping) else ())
        document, self.warnings = carried_over(changes.with_lines(self.document, lines))
        section = with_run_cap(read_spec({**document, "parameters": None}), lines)
        program = program_of(section)
        model = section.model or section.program or "program"
        path = self._model_path(section)
        entry = _entry(model, path) if self._known(section) else stand_in(section)
        dataset = self._dataset(section.dataset, "dataset" in lines) if program is None else ""
        space, fixed = self._space(section, entries, parameters, entry, dataset)
        named = objective(section, entry, dataset) if program is None else objective_of(section)
        metric = _with_ends(named, section, entry, dataset)
        searched = search_of(section, space, fixed, metric, entry, self.trusted)
        terms = early_terminate(section, entry, dataset)
        first = first_trials(section, space, fixed, entry, asked=self._known(section))
        if searched.method == population.METHOD:
            population.check_rules(terms)
            population.check_first(first.configs, searched.sampler)
        self.warnings += [*left_out(section.model, entry), *searched.warnings, *first.warnings(searched.trials)]
        self.warnings += doubts(section, program, {**fixed, **space}) if program is not None else []
        return Spec(
            model=model,
            dataset=dataset,
            method=searched.method,
            sampler=searched.sampler,
            default_first=first.default and program is None,
            enqueue=first.enqueued,
            first=first.configs,
            warm_start=warm_start(section, space, Path.cwd() if "warm_start" in lines else self.folder),
            metric=metric,
            space=space,
            fixed=fixed,
            paths={name: path for name, path in paths.items() if name in space or name in fixed},
            trials=searched.trials,
            early_terminate=terms,
            inception=inception(section, entry, dataset, Path.cwd() if "inception" in lines else self.folder),
            resources=_resources(section),
            budget=budget_of(section),
            classes=tuple(section.classes) if section.classes else None,
            tracking=_tracking(section),
            model_path=tuple(map(str, path)) if ":" in model and program is None else (),
            program=program,
            source=self.source,
            warnings=tuple(self.warnings),
            replicates=section.replicates if isinstance(section.replicates, int) else 1,
            contenders=contenders(section, space, searched.method),
            **{key: getattr(section, key) for key in ("seed", "train_size", "name", "description")},
            **{key: getattr(section, key) for key in ("trial_timeout", "seeds", "final", "lock")},
        )

    def _known(self, section: SpecSection) -> bool:
        """Whether the model may be asked: a program is started to train and for nothing else."""
        return section.model is not None and (self.trusted or ":" not in section.model)

    def _model_path(self, section: SpecSection) -> list[Path]:
        """The folders a user's own model is looked for in: those the spec names, its own, the working folder."""
        named = [section.model_path] if isinstance(section.model_path, str) else section.model_path or []
        folders = [place(name, self.folder, "model_path") for name in named]
        for folder in folders:
            if self.trusted and not folder.is_dir():
                raise SpecError(f"{folder} is no folder", key="model_path", valid="a folder with your own model")
        return list(dict.fromkeys(folders or [self.folder, Path.cwd()]))

    def _dataset(self, name: str, from_command_line: bool) -> str:
        """A name, or an absolute path: relative ones start at the spec's file, on the command line at the shell."""
        if name in DATASETS:
            return name
        here = place(name, Path.cwd() if from_command_line else self.folder, "dataset")
        try:
            origin = find_dataset(here if here.exists() else name)
        except DataError as error:
            raise SpecError(str(error), key="dataset") from None
        return str(origin.path or name)

    def _space(
        self, section: SpecSection, parameters: Any, changed: Mapping[str, Any], entry: Entry, dataset: str
    ) -> tuple[Space, dict[str, Value]]:
        """What is searched and what is fixed: the whole space of the model, or what `parameters` takes of it."""
        model = section.model or section.program or "program"
        base, defaults = _base(model, entry), entry.defaults()
        whole = parameters is None and "parameters" not in self.document
        entries = {name: write_domain(domain) for name, domain in base.items()} if whole else parameters
        if changed:
            if base or defaults:
                _check_names(changed, {**base, **defaults})
            entries = changes.with_parameters(entries or {}, changed, {**base, **defaults})
        if whole and not entries:
            what = f"{model} has no SPACE" if section.model is not None else "a program is asked for none"
            raise SpecError(f"{what}, so these must be given", key="parameters")
        # A constant of a user's SPACE is as good as a default, and a model without a config has no other.
        constants = {name: domain for name, domain in base.items() if isinstance(domain, Constant)}
        chosen: dict[str, Domain] = constants | read_domains(entries) | _cross_validation(section, entry)
        self.warnings += [words for name in entries if (words := doubt(entries[name], f"parameters.{name}"))]
        named = frozenset(changes.path_in(path, entries)[0] for path in changed) if whole else frozenset(entries)
        chosen = fitted_to(dataset, model, entry, chosen, named)
        narrowing = Narrowing(base, defaults, chosen, named, anything=not base and entry.config is None)
        space = narrowing.space()
        if entry.config is None:
            same_kind(base, chosen)
        self.warnings += narrowing.warnings
        if self._known(section):
            self.warnings += admit(entry.configure, space, narrowing.fixed)
        return space, narrowing.fixed


def _ungrouped(parameters: Any) -> tuple[Any, dict[str, GroupPath]]:
    """The entries of all groups by dotted name, and where each stands in its group."""
    if not isinstance(parameters, Mapping) or not all(isinstance(name, str) for name in parameters):
        return parameters, {}
    try:
        return flat(parameters)
    except ValueError as error:
        raise SpecError("is there twice, once in a group", key=f"parameters.{error}") from None


def _with_ends(metric: Objective, section: SpecSection, entry: Entry, dataset: str) -> Objective:
    """The metric with its constraints and its target; where nothing is measured there is none."""
    check_several(section)
    bounds = constraints(section, entry, dataset)
    return replace(metric, constraints=bounds, target=None if section.final else target(section))


def _cross_validation(section: SpecSection, entry: Entry) -> dict[str, Domain]:
    """The line `cv_folds` as the parameter that every classifier takes."""
    if section.cv_folds is None:
        return {}
    if CV_FOLDS not in entry.shared:
        raise SpecError(f"{section.model} is no classifier that can be cross-validated", key="cv_folds")
    return {CV_FOLDS: Constant(section.cv_folds)}


def _check_names(changed: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """On the command line a bare name may be a slip for a parameter or for a line of the spec."""
    for path in changed:
        if (name := changes.path_in(path, known)[0]) not in known:
            error = SpecError("unknown parameter", key=path, valid=known)
            error.nearest = nearest(name, [*known, *SpecSection.model_fields])
            raise error


def _entry(model: str, search_path: list[Path]) -> Entry:
    try:
        return find_model(model, search_path)
    except ModelError as error:
        raise SpecError(str(error), key="model") from None


def _base(model: str, entry: Entry) -> Mapping[str, Domain]:
    """The model's own space: ours by name, a user's own from its SPACE."""
    if model in SPACES:
        return SPACES[model]
    if not entry.space or isinstance(entry.space, Space):
        return entry.space or {}
    try:
        return read_domains(entry.space, "SPACE")
    except SpecError as error:
        raise error.at(model) from None


def _tracking(section: SpecSection) -> Tracking:
    lines = {line.name: getattr(section, line.name) for line in fields(Tracking)}
    return Tracking(**{**lines, "tags": tuple(section.tags or ())})


def _resources(section: SpecSection) -> Resources:
    gpu = section.resources.gpu
    if 0 < gpu < 1e-4:
        raise SpecError(f"{gpu:g} of a GPU is none", key="resources.gpu", valid="0, or 0.0001 or more")
    if gpu > 1 and not gpu.is_integer():
        what = f"{gpu:g} is more than one GPU and a part"
        raise SpecError(what, key="resources.gpu", valid="up to 1, or a whole number")
    return Resources(section.resources.cpu, gpu)
