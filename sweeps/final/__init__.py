"""The final model: the best config trained again, evaluated on the test set once, saved with a model card."""
