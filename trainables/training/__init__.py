"""What training is made of: minibatches, optimisation, averages of weights, seeds and generators."""
