"""A resolved spec as YAML, and as a file."""

from __future__ import annotations

from pathlib import Path

import yaml

from basics.files import replace_file
from sweeps.errors import SpecError
from sweeps.spec.resolved import Spec


def as_yaml(spec: Spec) -> str:
    """The lines of a spec, every default written out."""
    return yaml.safe_dump(spec.document(), sort_keys=False)


def write_spec(path: Path, spec: Spec) -> None:
    """Write a spec as a file that runs; SpecError if the disk does not take it."""
    try:
        replace_file(path, as_yaml(spec).encode())
    except OSError as error:
        raise SpecError(f"{path} cannot be written: {error.strerror}") from None
