"""Several models of one shape trained as one array: stacked weights, one pass for all of them, a row for each."""

from trainables.fused.family import family
from trainables.fused.group import Fused
from trainables.fused.programs import Programs

__all__ = ["Fused", "Programs", "family"]
