"""Generative models with a density: naive Bayes, mixtures, Markov chains, flows, autoregression."""
