"""Centroids in training."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.share import centroid_gradients, share
from hwgen.compress.train.shared import SharedWeights


@pytest.mark.parametrize("pruned", [False, True])
def test_a_centroids_gradient_is_the_sum_of_its_weights(pruned: bool) -> None:
    rng = np.random.default_rng(0)
    values = (rng.normal(0, 1, (6, 5)) * (rng.random((6, 5)) < (0.5 if pruned else 1))).astype(np.float32)
    found = share(values, 2)
    held = SharedWeights(found)
    centroids = held.right_inverse(torch.zeros(6, 5)).requires_grad_()
    weights = held(centroids)
    assert np.array_equal(weights.detach().numpy(), found.weights)
    factor = rng.normal(0, 1, (6, 5)).astype(np.float32)
    (weights * torch.from_numpy(factor)).sum().backward()
    wanted = centroid_gradients(factor, found.codes, len(found.codebook))[int(found.has_zero) :]
    assert np.allclose(centroids.grad.numpy(), wanted, atol=1e-5)
