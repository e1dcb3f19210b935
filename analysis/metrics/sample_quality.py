"""The rows of METRICS about samples: in an extractor's features, in pixels, and of a GAN's training history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from analysis.metrics import distances, game, histogram, memorisation, neighbours, paths, pixels, synthetic
from analysis.metrics.metric import Goal, Metric

PROBABILITIES, VECTORS, IMAGES = "probabilities (n, classes)", "vectors (n, d), (m, d)", "images (n, c, h, w)"
OWN = "ours"


def _judged(
    function: Callable[..., float],
    goal: Goal | None,
    description: str,
    shapes: str,
    source: str = OWN,
    share: bool = False,
) -> Metric:
    return Metric(function, goal, "judged", description, share, shapes=shapes, source=source)


def _late(name: str, description: str, share: bool = False) -> Metric:
    function = partial(game.late, name=f"train/{name}")
    return Metric(function, None, "history", description, share, shapes="rows (t,)", source="Goodfellow et al. 2014")


SAMPLE_QUALITY: Mapping[str, Metric] = MappingProxyType(
    {
        "gen/modes_covered": _judged(
            histogram.modes_covered,
            "maximize",
            "classes with a tenth of their real share or more",
            PROBABILITIES,
            "Srivastava et al. 2017, corrected as in Lipton et al. 2018",
        ),
        "gen/class_entropy": _judged(
            histogram.class_entropy,
            "maximize",
            "entropy of the classes' shares over that of equal shares: 1 is even",
            PROBABILITIES,
            "Shannon 1948",
            share=True,
        ),
        "gen/class_kl": _judged(
            histogram.class_kl,
            "minimize",
            "KL of the classes' shares from the real ones, nats: 0 is right",
            PROBABILITIES,
            "Srivastava et al. 2017",
        ),
        "gen/conditional_accuracy": _judged(
            histogram.conditional_accuracy,
            "maximize",
            "share of samples taken for the class they were asked for",
            PROBABILITIES + ", labels (n,)",
            "Ravuri and Vinyals 2019",
            share=True,
        ),
        "gen/frechet": _judged(
            distances.frechet,
            "minimize",
            "Fréchet distance in the judge's features (no FID)",
            VECTORS,
            "Heusel et al. 2017",
        ),
        "gen/kid": _judged(
            distances.kid,
            "minimize",
            "kernel distance in the judge's features, unbiased",
            VECTORS,
            "Bińkowski et al. 2018",
        ),
        "gen/precision": _judged(
            neighbours.precision,
            "maximize",
            "share of samples near real images: do they look real",
            VECTORS,
            "Kynkäänniemi et al. 2019",
            share=True,
        ),
        "gen/recall": _judged(
            neighbours.recall,
            "maximize",
            "share of real images near samples: is all of the real there",
            VECTORS,
            "Kynkäänniemi et al. 2019",
            share=True,
        ),
        "gen/density": _judged(
            neighbours.density,
            None,
            "how densely real images lie around samples: 1 is right",
            VECTORS,
            "Naeem et al. 2020",
        ),
        "gen/coverage": _judged(
            neighbours.coverage,
            "maximize",
            "share of real images with a sample in their neighbourhood: 0.97 is right",
            VECTORS,
            "Naeem et al. 2020",
            share=True,
        ),
        "gen/class_diversity": _judged(
            neighbours.class_diversity,
            None,
            "spread of samples within a class relative to real: 1 is right",
            VECTORS,
        ),
        "gen/duplicates": _judged(
            neighbours.duplicates,
            "minimize",
            "share of samples nearer to another than 95 % of real images are: 0.05 is right",
            VECTORS,
            share=True,
        ),
        "gen/copies": _judged(
            memorisation.copies,
            "minimize",
            "share of samples that are copies of training images",
            IMAGES,
            "after Carlini et al. 2023",
            share=True,
        ),
        "gen/train_distance": _judged(
            memorisation.train_distance,
            None,
            "distance to the nearest training image over that of held-out images: 1 is right, 0 memorised",
            IMAGES,
            "after Meehan et al. 2020",
        ),
        "gen/tstr_accuracy": _judged(
            synthetic.tstr_accuracy,
            "maximize",
            "accuracy on real images of logistic regression trained on samples alone",
            IMAGES + ", labels (n,)",
            "Esteban et al. 2017",
            share=True,
        ),
        "gen/trts_accuracy": _judged(
            synthetic.trts_accuracy,
            "maximize",
            "accuracy on samples of logistic regression trained on real images",
            IMAGES + ", labels (n,)",
            "Esteban et al. 2017",
            share=True,
        ),
        "gen/high_frequency": _judged(
            pixels.high_frequency,
            None,
            "fine grain of samples over that of real images: 1 is right, over it noise, under it blur",
            IMAGES,
            "after Donoho and Johnstone 1994",
        ),
        "gen/background": _judged(
            pixels.background,
            None,
            "share of pixels as bright as the real background, over theirs: 1 is right",
            IMAGES,
        ),
        "gen/path_smoothness": Metric(
            paths.path_smoothness,
            None,
            "path",
            "mean step over longest step between two samples: 1 is even, low is a jump",
            shapes="vectors (paths * steps, d)",
            source="after Karras et al. 2019",
            share=True,
        ),
        "gen/path_realism": Metric(
            paths.path_realism,
            "maximize",
            "path",
            "share of what lies between two samples that is near real images",
            shapes="vectors (paths * steps, d)",
            source="after Kynkäänniemi et al. 2019",
            share=True,
        ),
        "train/late_d_real": _late("d_real", "mean D(x) over the last quarter of the rows"),
        "train/late_d_fake": _late("d_fake", "mean D(G(z)) over the last quarter of the rows"),
        "train/late_d_accuracy": _late(
            "d_accuracy", "share that D tells apart over the last quarter of the rows", share=True
        ),
        "train/late_grad_norm_g": _late("grad_norm_g", "norm of the generator's gradient over the last quarter"),
        "train/late_grad_norm_d": _late("grad_norm_d", "norm of the discriminator's gradient over the last quarter"),
        "train/oscillation": Metric(
            game.oscillation,
            None,
            "history",
            "share of turns in the generator's loss: 0 is steady, 0.67 chance, 1 a zigzag",
            shapes="rows (t,)",
            source="Bienaymé 1874",
            share=True,
        ),
    }
)
