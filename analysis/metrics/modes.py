"""Mode coverage of samples of a mixture of Gaussians: the metrics of VEEGAN and PacGAN.

Srivastava et al. 2017 and Lin et al. 2018, section 4.1 of both; github.com/fjxmlzn/PacGAN, extensions.py. A sample
lies within a mode if it is its nearest and under `REACH` standard deviations away; a mode with a sample is captured.
All modes are as likely. Each metric is a function of two counts, (k,): the samples nearest to each mode, and those of
them that lie within it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.metrics.metric import Metric

Array = NDArray[Any]
REACH = 3.0  # standard deviations
STRAY = math.exp(-(REACH**2) / 2)  # share of the real points that lie farther from their mode: 1.1 %


def mode_counts(points: Array, centres: Array, deviation: float) -> tuple[Array, Array]:
    """How many points (n, 2) are nearest to each of the centres (k, 2), and how many lie within each, (k,) both.

    `deviation` is that of each coordinate. ValueError for a point that is not finite, and for none at all.
    """
    if len(points) == 0 or not np.isfinite(points).all():
        raise ValueError("modes can be counted of samples that are finite, of one at least")
    distances = np.linalg.norm(points[:, None].astype(np.float64) - centres, axis=2)
    nearest, within = distances.argmin(axis=1), distances.min(axis=1) < REACH * deviation
    return np.bincount(nearest, minlength=len(centres)), np.bincount(nearest[within], minlength=len(centres))


def modes_captured(nearest: Array, within: Array) -> float:
    """How many modes have a sample within."""
    return float(np.count_nonzero(within))


def high_quality(nearest: Array, within: Array) -> float:
    """The share of samples that lie within a mode; 0.989 of real points do."""
    return float(within.sum() / nearest.sum())


def reverse_kl(nearest: Array, within: Array) -> float:
    """KL(samples || real) over the modes, each sample counting for its nearest, nats: from 0 to log k."""
    return _divergence(nearest, np.full(len(nearest), 1 / len(nearest)))


def mode_divergence(nearest: Array, within: Array) -> float:
    """The same where samples outside count for a mode of their own, which has the share that real points have there.

    Lost modes and stray samples both raise it, where each of the other counts is blind to one of them.
    """
    counts = np.append(within, nearest.sum() - within.sum())
    shares = np.append(np.full(len(within), (1 - STRAY) / len(within)), STRAY)
    return _divergence(counts, shares)


def _divergence(counts: Array, shares: Array) -> float:
    """KL of the counts' shares from `shares`, nats."""
    found = counts > 0
    own = counts[found] / counts.sum()
    return max(0.0, float((own * np.log(own / shares[found])).sum()))


COUNTS = "counts (k,), (k,)"
MODES: Mapping[str, Metric] = MappingProxyType(
    {
        "gen/modes_captured": Metric(
            modes_captured,
            "maximize",
            "modes",
            "modes that at least one sample lies within",
            shapes=COUNTS,
            source="Srivastava et al. 2017",
        ),
        "gen/high_quality": Metric(
            high_quality,
            "maximize",
            "modes",
            "share of samples within three standard deviations of a mode",
            shapes=COUNTS,
            source="Srivastava et al. 2017",
            share=True,
        ),
        "gen/reverse_kl": Metric(
            reverse_kl,
            "minimize",
            "modes",
            "KL of the modes' shares from equal shares, nats: 0 is right",
            shapes=COUNTS,
            source="Lin et al. 2018",
        ),
        "gen/mode_divergence": Metric(
            mode_divergence,
            "minimize",
            "modes",
            "gen/reverse_kl with stray samples as a mode more, nats: sees both",
            shapes=COUNTS,
            source="ours",
        ),
    }
)
