"""A sweep whose numbers are little worth says so before it starts."""

from pathlib import Path

import numpy as np
from helpers.command import sweeps


def test_a_sweep_says_that_few_images_are_held_out(tmp_path: Path) -> None:
    """Said before Ray is asked for anything, which is not there: port 1 is nobody's."""
    labels = np.arange(30) % 3
    pixels = np.linspace(0, 255, 30 * 64).astype(np.uint8).reshape(30, 8, 8)
    np.savez(tmp_path / "few.npz", x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
    where = ("--address", "127.0.0.1:1", "--wandb", "off")
    done = sweeps("run", "mlp", "--dataset", "few.npz", "--set", "batch_size=8", *where, folder=tmp_path)
    assert done.returncode == 1
    doubts = [line for line in done.stderr.splitlines() if "validation image" in line]
    assert doubts == ["sweeps: few: only 3 validation images; what is measured on them is mostly chance"]
