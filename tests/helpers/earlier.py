"""Sweep folders written by the first version of this program, which must stay readable.

`tests/data/earlier_gan.tar.gz`: a GAN on digits, two trials done, one stopped, two running.
`tests/data/earlier_mlp.tar.gz`: an MLP on 400 digits, one trial stopped, two running, one of them with a checkpoint.
Both without Ray's and W&B's files, and with neutral names of machines.
"""

import tarfile
from pathlib import Path

from helpers.repository import REPOSITORY


def unpacked(name: str, folder: Path) -> Path:
    """The sweep's folder, unpacked in `folder`."""
    with tarfile.open(REPOSITORY / "tests" / "data" / f"earlier_{name}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / name
