"""Which exceptions mean that the request was wrong (exit code 2) and which that the run failed (1)."""

from analysis.results import ResultsError
from search_spaces.space import SpaceError
from sweeps.cluster import ClusterError
from sweeps.faults import SpecError
from sweeps.store import FolderError
from trainables import ModelError
from trainables.base import ConfigError
from trainables.data import DataError

WRONG_REQUEST = (SpecError, SpaceError, DataError, ModelError, ConfigError, FolderError, ResultsError)
RUN_FAILED = (ClusterError,)
