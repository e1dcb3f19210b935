"""R4 on VAEs: reconstructions of the first and the last epoch, batch size against epochs."""

from __future__ import annotations

from analysis.plots import style
from analysis.results import STEP, TRIAL
from benchmarks.reports.pictures import as_png, legend, line, media, panels, side_by_side
from benchmarks.reports.readings import Vector, finished, percent, steps_of
from benchmarks.reports.study import Answer, Claim, Finding, Study, Sweeps

BATCHES = (64, 128, 256)
EPOCHS_A_STEP = 10  # of the specs vae_batch_*
EPOCHS = (10, 20, 50, 100)
TOLD_APART = 1.0  # nats an image: less depends on the seed


def first_and_last(sweeps: Sweeps) -> Finding:
    sweep = sweeps["vae_first_last"]
    trial = finished(sweep)[TRIAL][0]
    bound, loss = steps_of(sweep, trial, "val/elbo"), steps_of(sweep, trial, "train/reconstruction")
    fell = 1 - loss[-1] / loss[0]
    better = bound[-1] > bound[0]
    answer: Answer = "agree" if better and fell >= 0.1 else "depends" if better else "disagree"
    measured = (
        f"from epoch 1 to {len(loss)} the error term goes from {loss[0]:.0f} to {loss[-1]:.0f} nats an image, "
        f"the bound on validation images goes from {bound[0]:.0f} to {bound[-1]:.0f}"
    )
    half = int((bound > (bound[0] + bound[-1]) / 2).argmax()) + 1
    return Finding(
        measured, answer, f"the error term falls by {percent(fell)}; half of the way is done by epoch {half}"
    )


def bounds(sweeps: Sweeps) -> dict[tuple[int, int], float]:
    """ELBO of validation images, nats, by (batch size, epochs)."""
    curves = {batch: curve(sweeps, batch) for batch in BATCHES}
    return {
        (batch, epochs): float(values[epochs // EPOCHS_A_STEP - 1])
        for batch, values in curves.items()
        for epochs in EPOCHS
    }


def curve(sweeps: Sweeps, batch: int) -> Vector:
    sweep = sweeps[f"vae_batch_{batch}"]
    return steps_of(sweep, finished(sweep)[TRIAL][0], "val/elbo")


def best_setting(sweeps: Sweeps) -> Finding:
    found = bounds(sweeps)
    best = max(found, key=lambda setting: found[setting])
    behind = found[best] - found[64, 50]
    measured = "; ".join(
        f"batch {batch}: " + ", ".join(f"{found[batch, epochs]:.1f} after {epochs}" for epochs in EPOCHS)
        for batch in BATCHES
    )
    answer: Answer = "agree" if best == (64, 50) else "depends" if behind <= TOLD_APART or best[0] == 64 else "disagree"
    reason = (
        f"best is batch {best[0]} x {best[1]} epochs; 64 x 50 is {behind:.1f} nats behind, and {TOLD_APART:g} is noise"
    )
    return Finding(f"bound on validation images, nats: {measured}", answer, reason)


def more_epochs(sweeps: Sweeps) -> Finding:
    found = bounds(sweeps)
    gains = {batch: found[batch, EPOCHS[-1]] - found[batch, 50] for batch in BATCHES}
    worse = [batch for batch, gain in gains.items() if gain < -TOLD_APART]
    answer: Answer = "agree" if 64 in worse else "disagree" if gains[64] > TOLD_APART else "depends"
    measured = ", ".join(f"batch {batch} {gain:+.1f}" for batch, gain in gains.items())
    reason = (
        "with so few images more epochs learn them by heart" if worse else "no batch size loses by more epochs here"
    )
    return Finding(f"nats from 50 to {EPOCHS[-1]} epochs: {measured}", answer, reason)


def picture_of_epochs(sweeps: Sweeps) -> bytes:
    sweep = sweeps["vae_first_last"]
    trial = finished(sweep)[TRIAL][0]
    steps = sweep.rows[sweep.rows[TRIAL] == trial][STEP]
    return side_by_side([media(sweep, trial, "reconstructions", int(step)) for step in (steps.min(), steps.max())])


def picture_of_batches(sweeps: Sweeps) -> bytes:
    figure, (axes,) = panels(1, size=(4.8, 3.0))
    for number, batch in enumerate(BATCHES):
        values = curve(sweeps, batch)
        line(axes, [EPOCHS_A_STEP * (step + 1.0) for step in range(len(values))], values, number, f"batch {batch}")
    style.set_labels(axes, "epochs", "ELBO of validation images, nats")
    legend(axes)
    return as_png(figure)


RECONSTRUCTIONS = (
    Claim(
        "Reconstructions of the last epoch are clearer than those of the first.",
        "Agree if the bound on validation images rises and the error term falls by a tenth or more.",
        first_and_last,
    ),
)
SETTINGS = (
    Claim(
        "Batch size 64 with 50 epochs is best.",
        f"By the bound on validation images; depends if it is within {TOLD_APART:g} nat of the best, or 64 is best "
        "with other epochs.",
        best_setting,
    ),
    Claim(
        f"Many more epochs (300, here {EPOCHS[-1]}) are worse than 50.",
        f"The bound of batch size 64, more than {TOLD_APART:g} nat worse or better.",
        more_epochs,
    ),
)

STUDIES = (
    Study(
        name="vae_reconstructions",
        title="Reconstructions of a VAE",
        source="R4",
        setting="The report's VAE on MNIST, batch 128, ten epochs, seed 1, here of 8,960 images in place of 60,000.",
        sweeps=("vae_first_last",),
        claims=RECONSTRUCTIONS,
        picture=picture_of_epochs,
        caption="Validation images over their reconstructions: after the first epoch (left) and the last (right).",
    ),
    Study(
        name="vae_batch_and_epochs",
        title="Batch size and epochs of a VAE",
        source="R4",
        setting=(
            "A VAE on 2,560 images of MNIST in place of 60,000, for 10, 20, 50 and 100 epochs in place of 300: with a "
            "batch of 64 these 100 epochs are as many updates as four of the report's."
        ),
        sweeps=tuple(f"vae_batch_{batch}" for batch in BATCHES),
        claims=SETTINGS,
        picture=picture_of_batches,
        caption="The bound on validation images by epochs, a line a batch size.",
    ),
)
