"""Ways through the latent space: of every model that has one."""

from typing import Any

import numpy as np
import pytest
import torch
from helpers.contract import TINY, answer, coloured, digits

from trainables import MODELS
from trainables.latent.interpolation import ways

STEPS, PAIRS = 5, 3
ABLE = [name for name, entry in MODELS.items() if hasattr(entry.cls, "interpolate")]


def a_step_old(name: str, **changes: Any) -> Any:
    model = TINY[name].build(**changes)
    model.step()
    return model


def test_whoever_has_latents_has_ways() -> None:
    assert {"gan", "stylegan", "cvae", "vae", "flow", "diffusion"} <= set(ABLE)


@pytest.mark.parametrize("name", ABLE)
def test_ways_are_images_that_the_seed_decides(name: str) -> None:
    model = a_step_old(name)
    samples = answer(model, digits(200))
    frames = model.interpolate(STEPS, PAIRS, seed=1)
    assert frames.shape == (STEPS * PAIRS, 1, 8, 8)
    assert frames.dtype == np.float32
    assert np.isfinite(frames).all()
    assert np.abs(frames).max() <= 1
    assert np.array_equal(frames, model.interpolate(STEPS, PAIRS, seed=1))
    assert not np.array_equal(frames, model.interpolate(STEPS, PAIRS, seed=2))
    assert np.array_equal(samples, answer(model, digits(200)))


@pytest.mark.parametrize("name", ABLE)
def test_a_way_goes_in_small_steps(name: str) -> None:
    """From frame to frame less changes than from end to end; the next way begins elsewhere."""
    model = a_step_old(name)
    ways = model.interpolate(40, 4, seed=0).reshape(4, 40, -1)
    steps = np.linalg.norm(np.diff(ways, axis=1), axis=2)
    whole = np.linalg.norm(ways[:, -1] - ways[:, 0], axis=1)
    assert (steps.max(axis=1) < 0.5 * whole).all()
    assert len(np.unique(ways[:, 0].round(4), axis=0)) == 4


@pytest.mark.parametrize("name", ["cgan", "cvae", "flow", "diffusion"])
def test_a_way_keeps_its_class(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, asked = a_step_old(name), list[Any]()
    where = "_images" if hasattr(model, "_images") else "_decoded"
    inner = getattr(model, where)

    def drawn(z: Any, labels: Any, *rest: Any) -> Any:
        asked.append(labels)
        return inner(z, labels, *rest)

    monkeypatch.setattr(model, where, drawn)
    model.interpolate(STEPS, PAIRS, seed=0)
    by_way = np.asarray(asked[0]).reshape(PAIRS, STEPS)
    assert (by_way == by_way[:, :1]).all()


def test_of_coloured_images_that_are_not_square() -> None:
    model = a_step_old("vae", data=coloured())
    assert model.interpolate(STEPS, PAIRS).shape == (STEPS * PAIRS, 3, 5, 7)


class TestWays:
    def test_the_ends_are_the_ends(self) -> None:
        a, b = torch.randn(2, 4, 7, generator=torch.Generator().manual_seed(0))
        for normal in (True, False):
            between = ways(a, b, 6, normal=normal).view(4, 6, 7)
            assert torch.allclose(between[:, 0], a)
            assert torch.allclose(between[:, -1], b)

    def test_between_normal_latents_all_is_as_likely(self) -> None:
        a, b = torch.randn(2, 20_000, 1, generator=torch.Generator().manual_seed(0))
        between = ways(a, b, 5, normal=True).view(-1, 5)
        assert between.std(dim=0).numpy() == pytest.approx([1] * 5, abs=0.02)

    def test_between_others_it_is_a_straight_line(self) -> None:
        between = ways(torch.zeros(1, 2), torch.ones(1, 2), 5, normal=False)
        assert torch.equal(between[:, 0], torch.linspace(0, 1, 5))
