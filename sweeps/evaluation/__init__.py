"""Evaluation of trained models on held-out images: metrics, verdicts on samples, downstream metrics, pictures."""
