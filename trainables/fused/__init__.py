"""Several models of one shape trained as one array: stacked weights, one pass for all of them, a row for each."""

from trainables.fused.family import family
from trainables.fused.group import Fused
from trainables.fused.probe import Probe, best_size, step_in_parts
from trainables.fused.programs import Programs

__all__ = ["Fused", "Probe", "Programs", "best_size", "family", "step_in_parts"]
