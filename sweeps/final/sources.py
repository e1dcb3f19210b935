"""Resolves what a user names to a local path: a sweep's folder, a spec file, or a W&B artifact to download."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from analysis.folder import surely_sweep
from basics.shell import command_line
from sweeps.errors import SpecError
from sweeps.results.provenance import best_spec
from sweeps.results.ranking import best_trials_of
from sweeps.spec import load_spec
from sweeps.spec.document.yaml_file import BEST_FILE, read_yaml
from sweeps.spec.resolved import Spec
from sweeps.tracking.fetch import fetched, is_artifact
from trainables.saving.saved_model import FACTS_FILE

ARTIFACTS = Path("sweep-results") / "artifacts"
EXPECTED = (BEST_FILE, FACTS_FILE)  # of an artifact asked for its config; the facts tell a model from a config


def local(what: str) -> Path:
    """The local path of `what`: itself, or where the artifact of that name has been downloaded to."""
    if not is_artifact(what):
        return Path(what)
    return fetched(what, ARTIFACTS / what.replace(":", "-"), EXPECTED)


def is_config(path: Path) -> bool:
    """Whether the path holds a single config instead of a sweep: a spec file, a best-config artifact, a final
    training."""
    return path.is_file() or (not surely_sweep(path) and (path / BEST_FILE).is_file())


def config_in(path: Path, *, trusted: bool = True) -> Spec:
    """The one config at `path`: a spec's own, the only spec's in a folder, or the best of a sweep's folder.

    `trusted`: a user's own model that it names may be imported. One that an artifact names is looked for in the working
    folder and on Python's path, never where the artifact says.
    """
    if surely_sweep(path):
        return best_spec(best_trials_of(path))
    if (path / FACTS_FILE).is_file():
        uses = f"{command_line('sample', path)} or {command_line('predict', path, 'IMAGES')}"
        raise SpecError("this is a trained model and no config", valid=uses, source=str(path))
    specs = sorted([*path.glob("*.yaml"), *path.glob("*.yml")]) if path.is_dir() else [path]
    if len(specs) != 1:
        valid = "best.yaml, or a sweep's folder"
        raise SpecError(f"neither a sweep nor one spec lies here, but {len(specs)}", valid=valid, source=str(path))
    if not _is_downloaded(specs[0]):
        return load_spec(specs[0], trusted=trusted)
    document = {key: value for key, value in read_yaml(specs[0]).items() if key != "model_path"}
    try:
        return load_spec(document, trusted=trusted)
    except SpecError as error:
        error.source = str(specs[0])
        raise


def _is_downloaded(path: Path) -> bool:
    parts = path.resolve().parts
    return any(pair == ARTIFACTS.parts for pair in pairwise(parts))
