"""Parts of training that models share: minibatches, optimisation, weight averages, seeds, random generators."""
