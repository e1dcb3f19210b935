"""Array types of images and labels, shared by all models and data sets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.float32]  # in [-1, 1], (n, channels, height, width)
Labels = NDArray[np.int64]  # (n,)
