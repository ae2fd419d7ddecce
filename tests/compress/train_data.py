"""A problem that a small network learns in a second: which of three directions a frame points to."""

from __future__ import annotations

import numpy as np


def directions(count: int, shape: tuple[int, ...], seed: int = 0, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Frames and labels."""
    centres = np.random.default_rng(7).normal(0, 1, (classes, *shape))
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    return (centres[labels] + rng.normal(0, 0.5, (count, *shape))).astype(np.float32), labels.astype(np.uint8)
