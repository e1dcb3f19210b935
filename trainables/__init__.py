"""Models and data sets. `MODELS` is the only registry of models: name -> class and config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trainables.entry import Entry, ModelError
from trainables.models import MODELS, find_model

__all__ = ["MODELS", "Entry", "ModelError", "find_model", "load"]


def load(model_dir: str | Path, *, device: str = "cpu", search_path: Sequence[Path] = ()) -> Any:
    """The model that was saved in `model_dir`, for predict or sample; see `trainables.saving.save.load_model`."""
    from trainables.saving.save import load_model  # knows this registry

    return load_model(model_dir, device=device, search_path=search_path)
