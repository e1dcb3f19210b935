"""GANs: the losses by hand-derived figures, the one training step along its axes, its randomness, its refusals."""

from typing import Any

import numpy as np
import pytest
import torch
from helpers.contract import TINY, advance, digits
from torch import Tensor, nn

from trainables import MODELS
from trainables.base import ConfigError, DivergedError
from trainables.data import Dataset, Split
from trainables.gan.configs import GanConfig
from trainables.gan.gan import SAMPLE_BATCH, Gan, Recipe
from trainables.gan.losses import LOSSES, AdversarialLoss
from trainables.gan.nets import mlp
from trainables.gan.penalties import Penalty
from trainables.nets import Generator
from trainables.training.batches import Batches
from trainables.training.rng import capture, derive, numpy_generator, restore, torch_generator

ENTRY = MODELS["gan"]
SMALL = {"g_width_1": 32, "g_width_2": 32, "d_width_1": 32, "d_width_2": 32, "latent_dim": 8}
LN2 = 0.6931472


def build(data: Dataset | None = None, *, recipe: Recipe | None = None, **config: Any) -> Any:
    if recipe is None:
        return ENTRY.build({**SMALL, **config}, data or digits(200), seed=0)
    return Gan(GanConfig(**{**SMALL, **config}), data or digits(200), seed=0, recipe=recipe)


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)


def test_losses_of_a_blind_discriminator() -> None:
    for name, loss_g in {"non_saturating": LN2, "minimax": -LN2}.items():
        loss = LOSSES[name]
        assert loss.discriminator(tensor(0, 0), tensor(0, 0)).item() == pytest.approx(2 * LN2)
        assert loss.generator(tensor(0, 0)).item() == pytest.approx(loss_g)
        assert loss.score(tensor(0)).item() == 0.5


def test_losses_are_the_logarithms_of_the_paper() -> None:
    real, fake = tensor(2.0, -1.0), tensor(-0.5, 3.0)
    d_real, d_fake = torch.sigmoid(real), torch.sigmoid(fake)
    objective = d_real.log().mean() + (1 - d_fake).log().mean()
    for name, loss_g in {"non_saturating": -d_fake.log().mean(), "minimax": (1 - d_fake).log().mean()}.items():
        torch.testing.assert_close(LOSSES[name].discriminator(real, fake), -objective)
        torch.testing.assert_close(LOSSES[name].generator(fake), loss_g)


def test_only_minimax_saturates_when_d_is_sure() -> None:
    gradient = {}
    for name in ("non_saturating", "minimax"):
        loss = LOSSES[name]
        logit = tensor(-20.0).requires_grad_()
        (gradient[name],) = torch.autograd.grad(loss.generator(logit), logit)
    assert gradient["non_saturating"].item() == pytest.approx(-1)
    assert gradient["minimax"].item() == pytest.approx(0, abs=1e-8)


def test_cross_entropy_stays_finite_at_extreme_logits() -> None:
    for loss in (LOSSES["non_saturating"], LOSSES["minimax"]):
        assert loss.discriminator(tensor(-1e4), tensor(1e4)).item() == pytest.approx(2e4)
        assert loss.generator(tensor(-1e4)).isfinite()


def test_learns_the_mean_and_the_spread_of_the_pixels() -> None:
    data = digits(1000)
    model = ENTRY.build({"updates": 400}, data, seed=0)
    assert isinstance(model, Gan)

    def gaps() -> tuple[float, float]:
        fake, real = model.sample(500), data.train.x
        mean, spread = np.abs(fake.mean(0) - real.mean(0)), np.abs(fake.std(0) - real.std(0))
        return float(mean.mean()), float(spread.mean())

    mean_before, spread_before = gaps()
    advance(model, 100)
    mean_after, spread_after = gaps()
    assert mean_after < mean_before / 3
    assert spread_after < spread_before / 2


def test_each_net_gets_its_own_way_when_the_other_stands_still() -> None:
    d_alone = advance(build(lr_d=1e-3, lr_g=1e-12, updates=120, updates_per_step=60), 2)[-1]
    assert d_alone["train/d_accuracy"] > 0.99
    assert d_alone["train/d_real"] > 0.9 > 0.1 > d_alone["train/d_fake"]
    g_alone = advance(build(lr_d=1e-12, lr_g=1e-2, updates=120, updates_per_step=60), 2)
    assert g_alone[1]["train/d_fake"] > g_alone[0]["train/d_fake"]
    assert g_alone[1]["train/loss_g"] < g_alone[0]["train/loss_g"]


def test_an_update_is_d_steps_of_d_then_g_steps_of_g() -> None:
    model = build(d_steps=3, g_steps=2, updates=5, updates_per_step=5)
    model.step()
    state = model.state()
    assert {int(slot["step"]) for slot in state["optimizer_d"]["state"].values()} == {15}
    assert {int(slot["step"]) for slot in state["optimizer_g"]["state"].values()} == {10}
    assert model.finished


def test_the_last_interval_is_what_is_left() -> None:
    model = build(updates=25, updates_per_step=10)
    assert len(advance(model, 10)) == 3
    assert model.state()["updates"] == 25


def test_depth_says_which_widths_count() -> None:
    state = build(g_depth=3, g_width_3=24, d_depth=1).state()
    widths = {net: [len(v) for k, v in state[net].items() if k.endswith("bias")] for net in "gd"}
    assert widths == {"g": [32, 32, 24, 64], "d": [32, 1]}


def test_a_mean_is_taken_over_the_interval() -> None:
    whole = build(updates=6, updates_per_step=6).step()
    parts = advance(build(updates=6, updates_per_step=2), 3)
    for name, value in whole.items():
        assert value == pytest.approx(np.mean([part[name] for part in parts]))


def nan_at(call: int) -> Recipe:
    """The plain GAN, but D's loss is not a number at its `call`-th computation."""
    calls = iter(range(1, 1000))

    def loss(real: Tensor, fake: Tensor, smoothing: float) -> Tensor:
        good = LOSSES["non_saturating"].discriminator(real, fake, smoothing)
        return good * float("nan") if next(calls) == call else good

    return Recipe(nets=mlp, loss=AdversarialLoss(loss, LOSSES["minimax"].generator, torch.sigmoid))


@pytest.mark.parametrize(("call", "d_steps", "update"), [(1, 1, 1), (13, 1, 13), (13, 2, 7), (14, 2, 7)])
def test_divergence_names_the_quantity_and_the_update(call: int, d_steps: int, update: int) -> None:
    model = build(recipe=nan_at(call), d_steps=d_steps, updates=20, updates_per_step=5)
    with pytest.raises(DivergedError, match=rf"^train/loss_d is nan at update {update}$"):
        advance(model, 10)


def test_a_learning_rate_beyond_reason_diverges() -> None:
    with pytest.raises(DivergedError, match=r"^train/\w+ is (nan|inf) at update \d+$"):
        advance(build(lr_g=1e30, lr_d=1e30, updates_per_step=5), 100)


def test_a_penalty_is_added_to_what_d_minimises() -> None:
    plain = build(updates_per_step=1).step()
    seven = Recipe(nets=mlp, penalty=lambda config: Penalty(lambda d, real, fake, shares: 7 + 0 * d(real).sum()))
    penalised = build(recipe=seven, updates_per_step=1).step()
    assert penalised["train/loss_d"] == pytest.approx(plain["train/loss_d"] + 7)
    assert penalised["train/grad_norm_d"] == pytest.approx(plain["train/grad_norm_d"])


@pytest.mark.parametrize("recipe", ["wgan_gp", "stylegan"])
def test_each_weight_moves_by_its_own_gradient(recipe: str) -> None:
    """Second derivatives of convolutions lie in memory in another order than the weights that they belong to."""
    gan: Any = TINY[recipe].build(updates_per_step=1, beta1=0.0)
    gan.step()
    for parameter in gan._d.parameters():
        assert torch.equal(gan._optimizer_d.state[parameter]["exp_avg"], parameter.grad)


def shades() -> Dataset:
    """Three classes of plain images: black, grey and white, with a little noise."""
    rng = np.random.default_rng(0)
    y = np.arange(300) % 3
    x = (y[:, None, None, None] - 1) * 0.8 + rng.uniform(-0.1, 0.1, (300, 1, 4, 4))
    part = Split(x.astype(np.float32), y)
    return Dataset("shades", part, part, ("black", "grey", "white"), "0", 0)


def test_a_conditional_gan_draws_the_class_it_is_asked_for() -> None:
    model = build(shades(), recipe=Recipe(nets=mlp, conditional=True), lr_g=1e-3, lr_d=1e-3, beta1=0.0, updates=250)
    advance(model, 100)
    by_class = model.sample(300, labels=np.arange(300) % 3).reshape(100, 3, -1).mean((0, 2))
    np.testing.assert_allclose(by_class, [-0.8, 0, 0.8], atol=0.25)


class Echo(Generator):
    """A G that shows its latent as the image."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape, self.unused = shape, nn.Linear(1, 1)

    def forward(self, z: Tensor, labels: Tensor | None) -> Tensor:
        return z.view(-1, *self.shape)


def test_the_latent_prior() -> None:
    echo = Recipe(nets=lambda config, shape, classes: (Echo(shape), mlp(config, shape, classes)[1]))
    normal = build(recipe=echo, latent_dim=64, latent_prior="normal").sample(500)
    uniform = build(recipe=echo, latent_dim=64, latent_prior="uniform").sample(500)
    assert (normal.mean(), normal.std()) == pytest.approx((0, 1), abs=0.02)
    assert (uniform.mean(), uniform.std()) == pytest.approx((0, 1 / 3**0.5), abs=0.02)
    assert -1 <= uniform.min() < -0.99 < 0.99 < uniform.max() <= 1


def test_many_samples_come_in_batches_and_are_the_same() -> None:
    model = build()
    n = 2 * SAMPLE_BATCH + 3
    images = model.sample(n, seed=4)
    z = model._steps.latents(n, torch_generator(4, "sample"))
    with torch.no_grad():
        np.testing.assert_allclose(images, model._g(z).numpy(), atol=1e-6)


@pytest.mark.slow
def test_samples_of_one_seed_follow_the_training() -> None:
    model = build()
    before = model.sample(9, seed=1)
    model.step()
    assert not np.array_equal(model.sample(9, seed=1), before)


def test_batches_show_every_image_once_a_pass_in_a_new_order() -> None:
    x, y = np.arange(12, dtype=np.float32).reshape(12, 1, 1, 1), np.arange(12)
    batches = Batches(x, y, 5, seed=0, device=torch.device("cpu"))
    passes = [torch.cat([batches.next()[1] for _ in range(2)]).tolist() for _ in range(40)]
    assert all(len(set(seen)) == 10 for seen in passes)
    assert len(set(map(tuple, passes))) == 40
    assert set().union(*passes) == set(range(12))
    images, labels = batches.next()
    assert torch.equal(images.flatten(), labels.float())


def test_batches_go_on_from_any_place_in_a_pass() -> None:
    x, y = np.zeros((12, 1, 1, 1), np.float32), np.arange(12)
    for taken in range(6):
        first, second = (Batches(x, y, 5, seed=0, device=torch.device("cpu")) for _ in range(2))
        for _ in range(taken):
            first.next()
        second.load_state(first.state())
        assert all(torch.equal(first.next()[1], second.next()[1]) for _ in range(7))


def test_seeds_are_derived_by_purpose_and_everywhere_the_same() -> None:
    assert derive(0, "weights") == derive(0, "weights")
    seeds = {derive(seed, *path) for seed in range(20) for path in [(), ("a",), ("b",), ("a", 1), ("a", 2), ("b", 1)]}
    assert len(seeds) == 120
    assert derive(7, "slice", 3) == GOLDEN_SEED


GOLDEN_SEED = 2753316616


@pytest.mark.parametrize("make", [torch_generator, numpy_generator])
def test_a_captured_generator_goes_on_where_it_stood(make: Any) -> None:
    def draw(generator: Any) -> list[float]:
        if isinstance(generator, torch.Generator):
            return torch.rand(3, generator=generator).tolist()
        return list(generator.random(3))

    generator, other = make(0, "a"), make(1, "a")
    assert draw(generator) != draw(other)
    state = capture(generator)
    drawn = draw(generator)
    restore(other, state)
    assert draw(other) == drawn


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"g_steps": 0}, "g_steps: 0 must be 1 or more"),
        ({"d_steps": 0}, "d_steps: 0 must be 1 or more"),
        ({"g_depth": 0}, "g_depth: 0 must be from 1 to 4"),
        ({"d_depth": 5}, "d_depth: 5 must be from 1 to 4"),
        ({"d_width_3": 0}, "d_width_3: 0 must be 1 or more"),
        ({"latent_dim": 0}, "latent_dim: 0 must be 1 or more"),
        ({"lr_g": 0}, r"lr_g: 0\.0 must be over 0"),
        ({"lr_d": -1e-3}, r"lr_d: -0\.001 must be over 0"),
        ({"beta1": 1}, r"beta1: 1\.0 must be at least 0 and under 1"),
        ({"updates_per_step": 0}, "updates_per_step: 0 must be 1 or more"),
        ({"loss": "wasserstein"}, "loss: 'wasserstein' is not one of non_saturating, minimax"),
        ({"latent_prior": "gauss"}, "latent_prior: 'gauss' is not one of normal, uniform"),
        ({"batch_size": True}, "batch_size: True is not a whole number"),
        ({"g_widht_1": 8}, r"g_widht_1: unknown parameter; valid: .*; did you mean g_width_1\?"),
    ],
)
def test_a_bad_value_is_refused_by_name(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}$"):
        ENTRY.configure(config)


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^batch_size: 256 is over the 200 training images$"):
        build(batch_size=256)


@pytest.mark.gpu
def test_the_same_code_trains_on_a_gpu_and_its_state_loads_on_the_cpu() -> None:
    model = ENTRY.build(SMALL, digits(200), seed=0, device="cuda")
    assert isinstance(model, Gan)
    row = model.step()
    assert all(type(value) is float for value in row.values())
    on_cpu = build()
    on_cpu.load_state(model.state() | {"generator": on_cpu.state()["generator"]})
    np.testing.assert_allclose(
        on_cpu._g(torch.ones(2, 8)).detach(), model._g(torch.ones(2, 8, device="cuda")).detach().cpu(), atol=1e-4
    )
