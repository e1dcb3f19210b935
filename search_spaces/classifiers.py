"""Spaces of the classifiers: one constant a model."""

from search_spaces.space import Choice, Float, Space

GAUSSIAN_NB = Space(var_smoothing=Float(1e-9, 1.0, log=True))

LOGISTIC_REGRESSION = Space(
    penalty=Choice("l2", "l1", "elasticnet", "none"),
    C=Float(1e-4, 1e2, log=True).when(penalty=("l2", "l1", "elasticnet")),
    l1_ratio=Float(0.05, 0.95).when(penalty="elasticnet"),
    # l1 and elasticnet have one solver, saga: there is nothing to choose.
    solver=Choice("lbfgs", "newton-cg", "saga").when(penalty=("l2", "none")),
    class_weight=Choice(None, "balanced"),
)
