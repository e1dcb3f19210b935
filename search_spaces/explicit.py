"""Search spaces of the generative models that are not GANs: one constant per model."""

from search_spaces.domains import Choice, Domain, Float, Int
from search_spaces.space import Space

_TRAINING: dict[str, Domain] = {
    "lr": Float(1e-4, 1e-2, log=True),
    "lr_decay": Choice("cosine", "none"),
    "batch_size": Choice(32, 64, 128),
    "ema": Choice(0.0, 0.99, 0.995, 0.999),
}

AUTOREGRESSIVE = Space(
    {
        **_TRAINING,
        "conditional": Choice(True, False),
        "width": Int(16, 64, log=True),
        "depth": Int(2, 8),
        "kernel": Choice(3, 5, 7),
        "mixtures": Int(1, 10),
        "levels": Choice(16, 64, 256),
    }
)

DIFFUSION = Space(
    {
        **_TRAINING,
        "conditional": Choice(True, False),
        "width": Int(16, 64, log=True),
        "depth": Int(0, 2),
        "patch": Choice(1, 2),
        "schedule": Choice("cosine", "linear"),
        "predict": Choice("noise", "velocity"),
        "sample_steps": Choice(10, 25, 50),
        "guidance": Float(0.0, 3.0).when(conditional=True),
        "eta": Choice(0.0, 1.0),
    }
)

FLOW = Space(
    {
        **_TRAINING,
        "conditional": Choice(True, False),
        "pca_components": Int(16, 128, log=True),
        "transform": Choice("spline", "affine"),
        "bins": Int(4, 16).when(transform="spline"),
        "coupling": Choice(True, False),
        "transforms": Int(2, 8),
        "depth": Int(1, 3),
        "width": Int(32, 256, log=True),
    }
)

GMM = Space(
    conditional=Choice(True, False),
    n_components=Int(1, 30, log=True),
    covariance_type=Choice("full", "tied", "diag", "spherical"),
    pca_components=Int(10, 150, log=True),
    reg_covar=Float(1e-4, 1e-1, log=True),
)

HMM = Space(
    conditional=Choice(True, False),
    n_states=Int(5, 60, log=True),
    topology=Choice("left_right", "ergodic"),
    min_covar=Float(1e-3, 1e-1, log=True),
)

# Of vae and cvae alike.
VAE = Space(
    {
        **_TRAINING,
        "net": Choice("mlp", "conv"),
        "depth": Int(1, 3),
        "width": Int(64, 512, log=True).when(net="mlp"),
        "channels": Int(8, 48, log=True).when(net="conv"),
        "latent_dim": Int(2, 64, log=True),
        "latent_prior": Choice("normal", "uniform"),
        "likelihood": Choice("bernoulli", "gaussian"),
        "beta": Float(0.1, 8.0, log=True),
    }
)
