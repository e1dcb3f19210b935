"""Generative adversarial networks: one training step over axes of nets, losses and penalties."""
