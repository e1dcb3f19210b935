"""Search spaces of the classifiers: one constant per model."""

from search_spaces.conditions import at_least
from search_spaces.domains import Choice, Domain, Float, Int
from search_spaces.space import Space

LOGISTIC_REGRESSION = Space(
    penalty=Choice("l2", "l1", "elasticnet", "none"),
    C=Float(1e-4, 1e2, log=True).when(penalty=("l2", "l1", "elasticnet")),
    l1_ratio=Float(0.05, 0.95).when(penalty="elasticnet"),
    # l1 and elasticnet have one solver, saga: there is nothing to choose.
    solver=Choice("lbfgs", "newton-cg", "saga").when(penalty=("l2", "none")),
    class_weight=Choice(None, "balanced"),
)

SVM = Space(
    C=Float(1e-2, 1e3, log=True),
    kernel=Choice("rbf", "poly", "linear", "sigmoid"),
    # On pixels in [-1, 1]; what scale comes to lies within, near 0.03 at 8 x 8 and 0.003 at 28 x 28.
    gamma=Float(1e-4, 1.0, log=True).when(kernel=("rbf", "poly", "sigmoid")),
    degree=Int(2, 5).when(kernel="poly"),
    coef0=Float(0.0, 1.0).when(kernel=("poly", "sigmoid")),
    class_weight=Choice(None, "balanced"),
)

DECISION_TREE = Space(
    criterion=Choice("gini", "entropy"),
    max_depth=Choice(None, 3, 5, 8, 10, 12, 15, 20, 30),
    min_samples_leaf=Int(1, 100, log=True),
    max_leaf_nodes=Choice(None, 20, 50, 100, 200, 500, 1000),
    ccp_alpha=Float(1e-6, 1e-2, log=True),
    class_weight=Choice(None, "balanced"),
)

GAUSSIAN_NB = Space(var_smoothing=Float(1e-9, 1.0, log=True))

_TRAINING: dict[str, Domain] = {
    "lr": Float(1e-4, 1e-1, log=True),
    "lr_schedule": Choice("cosine", "constant"),
    "optimizer": Choice("adamw", "sgd"),
    "momentum": Float(0.0, 0.99).when(optimizer="sgd"),
    "weight_decay": Float(1e-6, 1e-1, log=True),
    "dropout": Float(0.0, 0.6),
    "batch_size": Choice(32, 64, 128, 256),
}

DEPTH = 4  # hidden layers at most

MLP = Space(
    {
        **_TRAINING,
        "depth": Int(1, DEPTH),
        **{f"width_{layer}": Int(32, 512, log=True).when(depth=at_least(layer)) for layer in range(1, DEPTH + 1)},
    }
)

CNN = Space(
    {
        **_TRAINING,
        "channels_1": Int(8, 64, log=True),
        "channels_2": Int(16, 128, log=True),
        "kernel_size": Choice(3, 5),
        "hidden": Choice(0, 32, 64, 128, 256),
    }
)

RNN = Space(
    {
        **_TRAINING,
        "cell": Choice("gru", "lstm"),
        "hidden": Int(32, 256, log=True),
        "layers": Int(1, 2),
        "bidirectional": Choice(True, False),
    }
)

TRANSFORMER = Space(
    {
        **_TRAINING,
        "patch_size": Choice(2, 4, 7),
        "depth": Int(1, 6),
        "heads": Choice(1, 2, 4, 8),
        "head_width": Choice(8, 16, 32),
        "hidden_ratio": Int(1, 4),
    }
)
