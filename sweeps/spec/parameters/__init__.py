"""The lines below `parameters`: W&B's vocabulary, read into domains of search_spaces and written back."""

from sweeps.spec.parameters.constant import Constant
from sweeps.spec.parameters.reading import doubt, read_domain, read_domains
from sweeps.spec.parameters.writing import write_domain

__all__ = ["Constant", "doubt", "read_domain", "read_domains", "write_domain"]
