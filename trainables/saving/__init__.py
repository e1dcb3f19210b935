"""Saves a trained model as a folder of plain files, and loads it again."""
