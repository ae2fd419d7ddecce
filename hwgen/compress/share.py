"""Weight sharing: each layer's weights become few values, found by k-means (Han et al., Deep Compression, ICLR 2016,
section 3)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import ToolMissingError, UsageError

Start = Literal["linear", "density", "random"]
STARTS: tuple[Start, ...] = ("linear", "density", "random")
MIN_BITS, MAX_BITS = 2, 8

Weights = NDArray[np.floating[Any]]
Centroids = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shared:
    """``codebook[codes]`` are the weights. ``codes`` uint8 in their shape; ``codebook`` float64, rising behind entry 0.

    Where weights were zero, entry 0 is 0.0 and stays so; no other weight has the code 0.
    """

    codes: NDArray[np.uint8]
    codebook: Centroids
    has_zero: bool

    @property
    def weights(self) -> NDArray[np.float32]:
        """The shared weights."""
        return np.asarray(self.codebook[self.codes], np.float32)


def initial_centroids(values: Weights, entries: int, start: Start, seed: int) -> Centroids:
    """Where k-means begins: evenly over the range, evenly over the sorted values, or ``entries`` of the values.

    Linear is the paper's choice: few weights are large, but they matter most, and the others miss them.
    """
    flat = np.sort(values.astype(np.float64), axis=None)
    if start == "linear":
        return np.linspace(flat[0], flat[-1], entries)
    if start == "density":
        return np.quantile(flat, (np.arange(entries) + 0.5) / entries)
    return np.sort(np.random.default_rng(seed).choice(flat, entries, replace=flat.size < entries))


def share(weights: Weights, bits: int, start: Start = "linear", seed: int = 0) -> Shared:
    """The layer with at most 2**bits different weights; zeros stay zeros and take one of the entries.

    Raises
    ------
    UsageError
        ``bits`` is not within 2..8, or ``start`` is unknown.
    ToolMissingError
        scikit-learn is not installed.
    """
    if not MIN_BITS <= bits <= MAX_BITS:
        raise UsageError(f"shared weights have {MIN_BITS}..{MAX_BITS} bits, not {bits}", key="bits")
    if start not in STARTS:
        raise UsageError(f"the start is {start!r}, must be one of {', '.join(STARTS)}", key="start")
    kept = weights != 0
    values = weights[kept].astype(np.float64)
    has_zero = values.size < weights.size
    entries = (1 << bits) - int(has_zero)
    codes = np.zeros(weights.shape, np.uint8)
    if values.size:
        centroids, labels = _cluster(values, entries, start, seed)
        codes[kept] = labels + int(has_zero)
    else:
        centroids = np.zeros(0)
    return Shared(codes, np.concatenate([np.zeros(int(has_zero)), centroids]), has_zero)


def centroid_gradients(gradient: Weights, codes: NDArray[np.uint8], entries: int) -> Centroids:
    """The gradient of each centroid: the sum of those of its weights (section 3.3, equation 3)."""
    return np.asarray(np.bincount(codes.ravel(), gradient.astype(np.float64).ravel(), entries), np.float64)


def error(weights: Weights, shared: Weights) -> float:
    """Sum of squared differences, what k-means makes small (equation 2)."""
    return float(np.square(weights.astype(np.float64) - shared.astype(np.float64)).sum())


def _cluster(values: Centroids, entries: int, start: Start, seed: int) -> tuple[Centroids, NDArray[np.intp]]:
    """Centroids in rising order and the number of each value's."""
    distinct, inverse = np.unique(values, return_inverse=True)
    if distinct.size <= entries:
        return distinct, inverse
    try:
        from sklearn.cluster import KMeans
        from sklearn.exceptions import ConvergenceWarning
    except ModuleNotFoundError:
        raise ToolMissingError("sharing weights needs scikit-learn", hint="pip install 'hwgen[compress]'") from None
    begin = initial_centroids(values, entries, start, seed).reshape(-1, 1)
    with warnings.catch_warnings():
        # Starts that coincide leave entries unused, which is no loss.
        warnings.simplefilter("ignore", ConvergenceWarning)
        means = KMeans(entries, init=begin, n_init=1, random_state=seed).fit(values.reshape(-1, 1))
    centroids, where = np.unique(means.cluster_centers_[:, 0], return_inverse=True)
    return centroids, where[means.labels_]
