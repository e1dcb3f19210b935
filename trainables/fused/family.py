"""Which configs can be trained as one array: those whose nets, batches and reports have the same shape."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from trainables.config import constants
from trainables.data import Dataset
from trainables.entry import CV_FOLDS, TRAIN_SIZE, Entry


def family(entry: Entry, config: Mapping[str, Any], data: Dataset) -> Hashable | None:
    """Equal for configs whose models can be fused on `data`; None for one that is trained alone.

    ConfigError for values that the model cannot take.
    """
    if not hasattr(entry.cls, "member") or (config.get(CV_FOLDS) is not None and CV_FOLDS in entry.shared):
        return None
    own = entry.configure(entry.fitted_to(data, config))
    return entry.cls, tuple(entry.options.items()), constants(own), config.get(TRAIN_SIZE), data.content_hash
