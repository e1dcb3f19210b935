"""Generative models with latent variables: variational autoencoders and diffusion."""
