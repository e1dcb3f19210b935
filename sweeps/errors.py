"""Which exceptions mean that the request was wrong (exit code 2) and which that the run failed (1)."""

from analysis.results import ResultsError
from search_spaces.space import SpaceError
from sweeps.faults import (
    ArtifactError,
    AskingError,
    ClusterError,
    FolderError,
    SamplesError,
    SpecError,
    TrackingError,
    TrainingError,
)
from trainables.base import ConfigError
from trainables.data import DataError
from trainables.entry import ModelError
from trainables.saved import SavedModelError

WRONG_REQUEST = (
    SpecError,
    SpaceError,
    DataError,
    ModelError,
    ConfigError,
    FolderError,
    ResultsError,
    ArtifactError,
    SavedModelError,
    SamplesError,
    AskingError,
)
RUN_FAILED = (ClusterError, TrackingError, TrainingError)
