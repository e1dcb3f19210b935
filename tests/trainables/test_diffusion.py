"""The diffusion's identities, its sampler against data whose best denoiser is known, and the U-Net's shapes."""

from typing import Any

import numpy as np
import pytest
import torch
from helpers.contract import coloured, digits
from torch import Tensor

from trainables import MODELS
from trainables.base import ConfigError
from trainables.latent.noising import Schedule, ddim
from trainables.latent.unet import UNet
from trainables.training.fitting import seeded

CPU = torch.device("cpu")
SCHEDULES = ("cosine", "linear")


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", SCHEDULES)
class TestSchedule:
    def test_from_all_signal_to_hardly_any(self, name: Any) -> None:
        schedule = Schedule.named(name, 1000, CPU)
        assert len(schedule) == 1000
        assert schedule.alpha_bar[0] == 1
        assert (schedule.alpha_bar.diff() < 0).all()
        assert schedule.alpha_bar[-1] < 1e-4

    def test_signal_and_noise_preserve_the_variance(self, name: Any) -> None:
        schedule = Schedule.named(name, 50, CPU)
        t = torch.arange(51)
        assert torch.allclose(schedule.signal(t) ** 2 + schedule.noise(t) ** 2, torch.ones(51, 1, 1, 1))

    def test_steps_of_the_chain_come_to_the_closed_form(self, name: Any) -> None:
        # x_t = sqrt(1 - beta) x_{t-1} + sqrt(beta) e, all the way: the mean shrinks, the variance fills up.
        schedule = Schedule.named(name, 200, CPU)
        mean, variance = 1.0, 0.0
        for t in range(1, 201):
            beta = 1 - (schedule.alpha_bar[t] / schedule.alpha_bar[t - 1]).item()
            mean, variance = mean * (1 - beta) ** 0.5, variance * (1 - beta) + beta
        assert mean == pytest.approx(schedule.alpha_bar[-1].sqrt().item(), rel=1e-3)
        assert variance == pytest.approx(1 - schedule.alpha_bar[-1].item(), rel=1e-4)

    def test_time_of_a_noise(self, name: Any) -> None:
        schedule = Schedule.named(name, 1000, CPU)
        t = torch.tensor([schedule.time_of(0.5)])
        assert (schedule.noise(t) / schedule.signal(t)).item() == pytest.approx(0.5, abs=0.01)
        assert schedule.time_of(0.0) == 0


class TestSampler:
    @pytest.mark.parametrize("eta", [0.0, 1.0])
    def test_who_knows_the_image_gets_it(self, eta: float) -> None:
        x = noise(4, 1, 3, 3).clamp(-1, 1)
        schedule = Schedule.named("cosine", 100, CPU)
        got = ddim(schedule, lambda *_: x, noise(4, 1, 3, 3, seed=1), 10, eta, torch.Generator().manual_seed(0))
        assert torch.allclose(got, x, atol=1e-5)

    @pytest.mark.parametrize("eta", [0.0, 1.0])
    @pytest.mark.parametrize("name", SCHEDULES)
    def test_gaussian_data_and_their_best_denoiser(self, name: Any, eta: float) -> None:
        # Of N(m, s^2): E[x | x_t] = m + signal s^2 / (signal^2 s^2 + noise^2) (x_t - signal m).
        mean, spread, schedule = 0.3, 0.2, Schedule.named(name, 1000, CPU)

        def denoiser(x: Tensor, t: Tensor) -> Tensor:
            signal, dirt = schedule.signal(t), schedule.noise(t)
            gain = signal * spread**2 / ((signal * spread) ** 2 + dirt**2)
            return mean + gain * (x - signal * mean)

        start = noise(20_000, 1, 1, 1)
        x = ddim(schedule, denoiser, start, 1000, eta, torch.Generator().manual_seed(2))
        assert x.mean().item() == pytest.approx(mean, abs=0.01)
        assert x.std().item() == pytest.approx(spread, rel=0.05)

    def test_one_ancestral_step_has_the_posteriors_variance(self) -> None:
        # q(x_{t-1} | x_t, x_0) has variance (1 - kept_{t-1}) / (1 - kept_t) beta_t (Ho et al. 2020, equation 7).
        schedule = Schedule(torch.tensor([1.0, 0.7, 0.4]))
        x = torch.full((50_000, 1, 1, 1), 0.5)
        out: list[Tensor] = []

        def watch(x: Tensor, t: Tensor) -> Tensor:
            out.append(x)
            return x

        ddim(schedule, lambda x, t: torch.zeros_like(x), x, 2, 1.0, torch.Generator().manual_seed(0), watch)
        beta = 1 - 0.4 / 0.7
        assert out[1].var().item() == pytest.approx(0.3 / 0.6 * beta, rel=0.03)
        assert out[1].mean().item() == pytest.approx((0.4 / 0.7) ** 0.5 * 0.3 / 0.6 * 0.5, abs=0.01)


class TestPredictions:
    @pytest.mark.parametrize("predict", ["noise", "velocity"])
    def test_the_target_implies_the_clean_image(self, predict: str) -> None:
        model: Any = MODELS["diffusion"].build({"predict": predict, "width": 4}, digits(200), seed=0)
        x, e, t = torch.tensor(digits(200).val.x[:6]), noise(6, 1, 8, 8), torch.tensor([1, 100, 300, 500, 700, 900])
        clean = model._clean(model._schedule.diffused(x, t, e), t, model._target(x, t, e))
        assert torch.allclose(clean, x, atol=1e-3)

    def test_guidance_goes_beyond_the_class(self) -> None:
        model: Any = MODELS["diffusion"].build({"width": 4}, digits(200), seed=0)
        with torch.no_grad():
            for parameter in model._averaged.parameters():
                parameter.normal_(std=0.2, generator=torch.Generator().manual_seed(0))
            x, t, labels = noise(3, 1, 8, 8), torch.full((3,), 300), torch.tensor([0, 1, 2])
            own, any_class = model._averaged(x, t, labels), model._averaged(x, t, model._any_class(x))
            got = model._denoiser(labels, 2.0)(x, t)
        assert torch.allclose(got, model._clean(x, t, own + 2 * (own - any_class)), atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 8, 8), (3, 5, 7), (2, 1, 1)])
@pytest.mark.parametrize("patch", [1, 2])
def test_the_net_takes_any_shape(shape: tuple[int, int, int], patch: int) -> None:
    net = seeded(lambda: UNet(shape, classes=3, width=4, depth=1, patch=patch), 0)
    x = noise(2, *shape)
    assert net(x, torch.tensor([1, 5]), torch.tensor([0, net.unknown])).shape == x.shape


def test_an_image_too_small_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"^depth: an image of 5 x 7 in patches of 2 cannot be halved 2 times"):
        MODELS["diffusion"].build({"depth": 2}, coloured(), seed=0)


@pytest.mark.parametrize(("config", "name"), [({"sample_steps": 2000}, "sample_steps"), ({"eta": 2.0}, "eta")])
def test_bad_configs_are_refused_by_name(config: dict[str, Any], name: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: "):
        MODELS["diffusion"].build(config, digits(200), seed=0)


@pytest.mark.slow
class TestTrained:
    @pytest.fixture(scope="class")
    @classmethod
    def model(cls) -> Any:
        config = {
            "width": 16,
            "updates": 600,
            "updates_per_step": 600,
            "batch_size": 32,
            "sample_steps": 15,
            "lr": 5e-3,
        }
        model = MODELS["diffusion"].build({**config, "ema": 0.98}, digits(500), seed=0)
        model.step()
        return model

    def test_it_draws_the_class_it_is_asked_for(self, model: Any) -> None:
        train, labels = digits(500).train, np.arange(60) % 10
        means = np.stack([train.x[train.y == label].mean(axis=0) for label in range(10)])
        drawn = model.sample(60, seed=1, labels=labels)
        nearest = np.square(drawn[:, None] - means).sum(axis=(2, 3, 4)).argmin(axis=1)
        assert np.mean(nearest == labels) > 0.5

    def test_it_takes_noise_out(self, model: Any) -> None:
        x = digits(500).val.x
        noisy = x + 0.5 * noise(*x.shape).numpy()
        assert np.square(model.denoise(noisy, 0.5) - x).mean() < 0.6 * np.square(noisy.clip(-1, 1) - x).mean()

    def test_imputing_keeps_what_is_known_and_does_not_look_at_the_rest(self, model: Any) -> None:
        x, mask = digits(500).val.x[:4], np.zeros((4, 1, 8, 8), bool)
        mask[:, :, :5] = True
        filled = model.impute(np.where(mask, x, np.nan).astype(np.float32), mask)
        assert np.array_equal(filled[mask], x[mask])
        assert np.array_equal(filled, model.impute(np.where(mask, x, np.float32(0.7)), mask))
