"""Images and labels as every model and data set has them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.float32]  # in [-1, 1], (n, channels, height, width)
Labels = NDArray[np.int64]  # (n,)
