"""Inception v3 from a file of weights: its last features are those the FID is computed in (Heusel et al. 2017).

Nothing is downloaded. The weights are torchvision's file (inception_v3_google-0cc3c7bd.pth), or any state dict of its
`inception_v3`. Published FIDs are of TensorFlow's weights and 50,000 samples, and compare with nothing of ours.
"""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

from trainables.arrays import Images
from trainables.base import ConfigError

FEATURES = 2048
SIDE = 299  # pixels that it was trained on
AT_ONCE = 50  # images
WEIGHTS = "the state dict of torchvision's inception_v3, as inception_v3_google-0cc3c7bd.pth"


class Inception:
    """Computes Inception's features of images, on a GPU if there is one; `name` identifies the weights."""

    def __init__(self, weights: Path) -> None:
        state = _read(weights)
        self._net = _net(state, weights)
        digest = hashlib.sha256()
        for key, tensor in sorted(state.items()):
            digest.update(key.encode() + np.ascontiguousarray(tensor.numpy()).tobytes())
        self.name = f"inception-{digest.hexdigest()[:6]}"

    @torch.no_grad()
    def features(self, images: Images) -> NDArray[np.float32]:
        """Of images (n, c, h, w) in [-1, 1], grey ones repeated for each colour: (n, FEATURES)."""
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self._net.to(device)
        chunks = (images[at : at + AT_ONCE] for at in range(0, len(images), AT_ONCE))
        parts = [self._look(torch.tensor(chunk, device=device)) for chunk in chunks]
        self._net.to("cpu")  # as it may travel to a process that has no GPU
        found: NDArray[np.float32] = torch.cat([torch.empty(0, FEATURES), *parts]).numpy()
        return found

    def _look(self, images: Tensor) -> Tensor:
        """Features of images on the net's device, on the CPU."""
        coloured = images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images
        seen: Tensor = self._net(interpolate(coloured, (SIDE, SIDE), mode="bilinear", align_corners=False))
        return seen.cpu()


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; Inception is never downloaded, valid: {WEIGHTS}")
    try:
        state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError):
        raise ConfigError(f"{path}: cannot be read, cut off or of another kind; valid: {WEIGHTS}") from None
    return state


def _net(state: Any, path: Path) -> nn.Module:
    """Inception without its last layer. It takes [-1, 1], for which torchvision otherwise turns its own scale back."""
    from torchvision.models import inception_v3

    net: nn.Module = inception_v3(weights=None, aux_logits=True, transform_input=False, init_weights=False)
    try:
        net.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError):
        raise ConfigError(f"{path}: holds other weights; valid: {WEIGHTS}") from None
    net.fc = nn.Identity()
    return net.requires_grad_(False).eval()
