"""Adversarial losses and penalties against closed forms."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from trainables.gan.losses import HINGE, LEAST_SQUARES, LOSSES, MINIMAX, NON_SATURATING, WASSERSTEIN, AdversarialLoss
from trainables.gan.penalties import clip_weights, normalise_layers, slope_off_one, squared_slope

REAL = torch.tensor([2.0, -0.5, 0.0, 4.0], dtype=torch.float64)
FAKE = torch.tensor([-3.0, 1.5, 0.25, -1.0], dtype=torch.float64)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def gradient(tensor: Tensor) -> Tensor:
    assert tensor.grad is not None
    return tensor.grad


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("loss", [NON_SATURATING, MINIMAX])
def test_cross_entropy_is_that_of_targets_one_less_smoothing_and_zero(loss: AdversarialLoss, smoothing: float) -> None:
    expected = binary_cross_entropy_with_logits(REAL, torch.full_like(REAL, 1 - smoothing))
    expected = expected + binary_cross_entropy_with_logits(FAKE, torch.zeros_like(FAKE))
    torch.testing.assert_close(loss.discriminator(REAL, FAKE, smoothing=smoothing), expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_least_squares_is_half_the_squared_error_to_the_same_targets(smoothing: float) -> None:
    expected = mse_loss(REAL, torch.full_like(REAL, 1 - smoothing)) / 2 + mse_loss(FAKE, torch.zeros_like(FAKE)) / 2
    torch.testing.assert_close(LEAST_SQUARES.discriminator(REAL, FAKE, smoothing=smoothing), expected)
    torch.testing.assert_close(LEAST_SQUARES.generator(FAKE), mse_loss(FAKE, torch.ones_like(FAKE)) / 2)


def test_generators_of_goodfellow() -> None:
    on_fake = torch.sigmoid(FAKE)
    torch.testing.assert_close(NON_SATURATING.generator(FAKE), -on_fake.log().mean())
    torch.testing.assert_close(MINIMAX.generator(FAKE), (1 - on_fake).log().mean())


def test_wasserstein_and_hinge_by_hand() -> None:
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([0.0, 0.5])
    assert WASSERSTEIN.discriminator(real, fake).item() == 0.25 - 2.0
    assert WASSERSTEIN.generator(fake).item() == -0.25
    real, fake = torch.tensor([2.0, 0.0]), torch.tensor([-2.0, 0.5])
    assert HINGE.discriminator(real, fake).item() == (0 + 1) / 2 + (0 + 1.5) / 2
    assert HINGE.generator(fake).item() == 0.75


@pytest.mark.parametrize(
    ("loss", "blind", "value"),
    [
        (NON_SATURATING, 0.0, 2 * math.log(2)),
        (LEAST_SQUARES, 0.5, 1 / 4),
        (WASSERSTEIN, 7.0, 0.0),
        (HINGE, 0.0, 2.0),
    ],
)
def test_what_a_blind_discriminator_pays(loss: AdversarialLoss, blind: float, value: float) -> None:
    logits = torch.full((3,), blind)
    assert loss.discriminator(logits, logits).item() == pytest.approx(value)


@pytest.mark.parametrize("name", LOSSES)
def test_d_raises_real_and_lowers_fake_and_g_raises_fake(name: str) -> None:
    loss = LOSSES[name]
    real, fake, again = (torch.full((3,), 0.5, requires_grad=True) for _ in range(3))
    (loss.discriminator(real, fake) + loss.generator(again)).backward()
    assert (gradient(real) < 0).all()
    assert (gradient(fake) > 0).all()
    assert (gradient(again) < 0).all()


class Linear(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor([3.0, 4.0]).view(1, 1, 2))

    def forward(self, images: Tensor) -> Tensor:
        return (images * self.w).flatten(1).sum(1)


def test_gradient_penalty_of_a_linear_discriminator() -> None:
    d, images = Linear(), torch.randn(5, 1, 1, 2, generator=generator())
    penalty = slope_off_one(d, images, images * 2, torch.rand(5, generator=generator()))
    penalty.backward()
    assert penalty.item() == pytest.approx((5 - 1) ** 2)  # |w| = 5
    torch.testing.assert_close(gradient(d.w).flatten(), 2 * (5 - 1) * torch.tensor([3.0, 4.0]) / 5)


def test_gradient_penalty_looks_between_each_real_image_and_its_fake() -> None:
    seen = []

    def critic(images: Tensor) -> Tensor:
        seen.append(images.detach())
        return images.flatten(1).sum(1)

    real, fake = torch.randn(2, 64, 3, 2, 2, generator=generator())
    slope_off_one(critic, real, fake, torch.rand(64, generator=generator(1)))
    shares = (seen[0] - fake) / (real - fake)
    assert shares.min() >= -1e-4
    assert shares.max() <= 1 + 1e-4
    one_an_image = shares.flatten(1)
    torch.testing.assert_close(one_an_image, one_an_image[:, :1].expand(-1, 12), atol=1e-3, rtol=1e-3)
    assert one_an_image[:, 0].std() > 0.2


def test_r1_of_a_quadratic_discriminator() -> None:
    real = torch.tensor([[3.0, 4.0], [0.0, 1.0]]).view(2, 1, 1, 2)
    a = torch.tensor(0.5, requires_grad=True)
    penalty = squared_slope(lambda images: a / 2 * images.square().sum((1, 2, 3)), real, real)
    penalty.backward()
    assert penalty.item() == pytest.approx(0.25 * (25 + 1) / 2)  # gradient a x
    assert gradient(a).item() == pytest.approx(2 * 0.5 * (25 + 1) / 2)


@pytest.mark.parametrize("layer", ["linear", "convolution"])
def test_spectral_norm_of_a_known_matrix_is_divided_out(layer: str) -> None:
    matrix = known_matrix()
    module: nn.Linear | nn.Conv2d = nn.Linear(12, 4) if layer == "linear" else nn.Conv2d(3, 4, 2)
    module.weight.data = matrix.view_as(module.weight)
    normalise_layers(module, generator())
    torch.testing.assert_close(module.weight.flatten(1), matrix / 5, atol=1e-4, rtol=1e-4)


def test_spectral_norm_follows_a_weight_that_moves() -> None:
    module = nn.Linear(12, 4)
    normalise_layers(module, generator())
    original_weight(module).data = known_matrix(1)
    for _ in range(30):  # one power iteration a use
        module.weight  # noqa: B018
    assert torch.linalg.matrix_norm(module.weight, 2).item() == pytest.approx(1, abs=1e-3)


def test_spectral_norm_can_be_used_twice_before_its_gradient() -> None:
    module = nn.Linear(12, 4)
    normalise_layers(module, generator())
    (module(torch.ones(1, 12)) - module(torch.zeros(1, 12))).sum().backward()
    assert gradient(original_weight(module)).abs().sum() > 0


def original_weight(module: nn.Module) -> Tensor:
    """The weight that is trained, below the one that spectral norm makes of it."""
    return dict(module.named_parameters())["parametrizations.weight.original"]


def known_matrix(seed: int = 0) -> Tensor:
    """A (4, 12) matrix of singular values 5, 2, 1 and 0.5."""
    left, _, right = torch.linalg.svd(torch.randn(4, 12, generator=generator(seed)), full_matrices=False)
    matrix: Tensor = left @ torch.diag(torch.tensor([5.0, 2.0, 1.0, 0.5])) @ right
    return matrix


def test_clipping_moves_only_what_is_over_the_bound() -> None:
    d = Linear()
    d.w.data = torch.tensor([0.3, -7.0]).view(1, 1, 2)
    clip_weights(d, 0.5)
    assert d.w.flatten().tolist() == pytest.approx([0.3, -0.5])
