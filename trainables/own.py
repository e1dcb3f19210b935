"""A user's own model, imported by `package.module:Name` and held to the contract before anything starts."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from basics.text import did_you_mean
from trainables.entry import Entry, ModelError
from trainables.estimators import entry_of, is_estimator

METHODS = {"step": (), "state": (), "load_state": ("state",)}
ANSWERS = {"predict_proba": ("x",), "sample": ("n",)}


def load_own(name: str, search_path: Sequence[Path] = ()) -> Entry:
    """The class that `package.module:Name` names, also one of scikit-learn's kind; ModelError if it cannot be imported
    or does not keep the contract."""
    module_name, _, class_name = name.partition(":")
    if not all(part.isidentifier() for part in [*module_name.split("."), class_name]):
        raise ModelError(f"{name}: a model of your own is written package.module:Name")
    module = _import(name, module_name, search_path)
    _keep_in_reach(module_name)
    cls = getattr(module, class_name, None)
    if not inspect.isclass(cls):
        classes = [key for key, value in vars(module).items() if inspect.isclass(value)]
        raise ModelError(f"{name}: {module.__file__} has no class {class_name}{did_you_mean(class_name, classes)}")
    lacks = list(_lacks(cls))
    if lacks and is_estimator(cls):
        return entry_of(name, cls)
    if lacks:
        raise ModelError(f"{name}: this class does not keep the contract of a model; it lacks {'; '.join(lacks)}")
    # Whether it can take points, its author knows.
    return Entry(cls, getattr(cls, "Config", None), getattr(cls, "SPACE", None), points={})


def _import(name: str, module: str, search_path: Sequence[Path]) -> ModuleType:
    with _on_path(search_path):
        try:
            return importlib.import_module(module)
        except Exception as error:  # whatever a user's module raises while it is imported
            where = ", ".join(map(str, search_path)) or "Python's path"
            if isinstance(error, ModuleNotFoundError) and error.name and f"{module}.".startswith(f"{error.name}."):
                raise ModelError(f"{name}: no module {error.name} in {where}") from error
            line = str(error).splitlines()[0] if str(error) else ""
            raise ModelError(f"{name}: importing {module} failed: {type(error).__name__}: {line}") from error


def _keep_in_reach(module: str) -> None:
    """What lies beside a model may be imported as late as in its first step; last on the path, it shadows nothing."""
    where = place_of(module)
    if where is not None and str(where.parent) not in sys.path:
        sys.path.append(str(where.parent))


def place_of(module: str) -> Path | None:
    """The file of an imported module, or the folder of the package that it is in; None if it has neither."""
    package = sys.modules[module.partition(".")[0]]
    where = next(iter(getattr(package, "__path__", ())), None) or package.__file__
    return Path(where).absolute() if where else None


@contextmanager
def _on_path(folders: Sequence[Path]) -> Iterator[None]:
    before = list(sys.path)
    sys.path[:0] = [str(folder) for folder in folders]
    importlib.invalidate_caches()  # the file may be younger than Python's listing of its folder
    try:
        yield
    finally:
        sys.path[:] = before


def _lacks(cls: type) -> Iterator[str]:
    """What the class is short of, in words."""
    if not _accepts(cls, "config", "data", seed=0, device="cpu"):
        yield "a constructor (config, data, *, seed, device)"
    for method, arguments in METHODS.items():
        if not _has(cls, method, *arguments):
            yield f"{method}({', '.join(arguments)})"
    if not (hasattr(cls, "finished") or _annotated(cls, "finished")) or _abstract(cls, "finished"):
        yield "finished (a property, or an attribute declared in the class)"
    if not any(_has(cls, method, *arguments) for method, arguments in ANSWERS.items()):
        yield "predict_proba(x) of a classifier, or sample(n, *, seed) of a generative model"
    elif hasattr(cls, "sample") and not _accepts(cls.sample, "self", 1, seed=0):
        yield "the keyword seed of sample(n, *, seed)"
    yield from _faulty_attributes(cls)


def _faulty_attributes(cls: type) -> Iterator[str]:
    config, space = getattr(cls, "Config", None), getattr(cls, "SPACE", None)
    if config is not None and not (inspect.isclass(config) and dataclasses.is_dataclass(config)):
        yield "a Config that is a dataclass"
    if space is not None and not _is_space(space):
        yield 'a SPACE that maps each parameter to plain data ({"lr": {"min": 0.001, "max": 0.1}})'


def _is_space(space: Any) -> bool:
    return isinstance(space, Mapping) and all(
        isinstance(key, str) and isinstance(value, Mapping) for key, value in space.items()
    )


def _has(cls: type, name: str, *arguments: str) -> bool:
    method = getattr(cls, name, None)
    return callable(method) and not _abstract(cls, name) and (name == "sample" or _accepts(method, "self", *arguments))


def _abstract(cls: type, name: str) -> bool:
    return name in getattr(cls, "__abstractmethods__", ())


def _annotated(cls: type, name: str) -> bool:
    return any(name in vars(base).get("__annotations__", {}) for base in cls.__mro__)


def _accepts(function: Any, *positional: Any, **named: Any) -> bool:
    try:
        inspect.signature(function).bind(*positional, **named)
    except (TypeError, ValueError):
        return False
    return True
