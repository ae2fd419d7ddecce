"""Compression: pure functions on weights, the chain of steps that ``compress`` runs, and training where it helps."""
