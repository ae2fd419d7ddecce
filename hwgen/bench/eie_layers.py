"""The nine layers of EIE's evaluation (Han et al., ISCA 2016, tables III and IV) with random masks."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.model import Activation, Dense, Model, Requant, SparseWeights

CLOCK_MHZ = 800
"""EIE's clock; its times in microseconds are so many cycles each."""
BITS = 16
CODE_BITS = 4
SPREAD = 2047
"""Greatest absolute value of the codebook."""
SHIFT = 30
BLOCK = 1024
"""Columns whose mask is drawn at a time."""


@dataclass(frozen=True)
class EieLayer:
    """A fully connected layer: ``inputs`` -> ``outputs``, densities of weights and activations, EIE's microseconds."""

    name: str
    inputs: int
    outputs: int
    weight_density: float
    activation_density: float
    actual_us: float
    theoretical_us: float

    @property
    def reference_cycles(self) -> int:
        """Cycles of EIE with 64 PEs (table IV, actual time)."""
        return round(self.actual_us * CLOCK_MHZ)

    @property
    def theoretical_cycles(self) -> int:
        """Cycles of EIE with 64 PEs if their loads were equal (table IV, theoretical time)."""
        return round(self.theoretical_us * CLOCK_MHZ)

    def model(self, seed: int) -> Model:
        """The layer with a random mask and a random codebook of 16 entries, the first of which is 0.

        The multiplier carries three standard deviations of an accumulator onto the output's range.
        """
        rng = self._rng(seed, "weights")
        indptr, indices = self._mask(rng)
        codebook = _codebook(rng)
        weights = SparseWeights(
            bits=BITS,
            shape=(self.outputs, self.inputs),
            indptr=indptr,
            indices=indices,
            codes=rng.integers(1, len(codebook), indices.size, dtype=np.uint8),
            codebook=codebook,
            code_bits=CODE_BITS,
        )
        limit = 1 << (BITS - 1)
        products = self.inputs * self.weight_density * self.activation_density
        deviation = float(np.sqrt(products * np.mean(codebook[1:].astype(float) ** 2) / 3)) * limit
        multiplier = max(1, round(limit / (3 * deviation) * 2**SHIFT))
        layer = Dense(
            name="fc",
            inputs=("input",),
            output=Activation(shape=(self.outputs,), bits=BITS, min=-limit, max=limit - 1),
            weights=weights,
            requant=Requant(
                multiplier=np.full(self.outputs, multiplier, np.int32),
                shift=np.full(self.outputs, SHIFT, np.int8),
                rounding="half_up",
            ),
        )
        return Model(
            name=self.name.lower().replace("-", "_"),
            input=Activation(shape=(self.inputs,), bits=BITS, min=-limit, max=limit - 1),
            layers=(layer,),
            outputs=("fc",),
        )

    def frame(self, seed: int) -> NDArray[np.int64]:
        """(1, inputs): as many activations as the density says differ from zero, at random places."""
        rng = self._rng(seed, "activations")
        limit = 1 << (BITS - 1)
        frame = np.zeros((1, self.inputs), np.int64)
        places = rng.permutation(self.inputs)[: round(self.inputs * self.activation_density)]
        frame[0, places] = rng.integers(1, limit, places.size) * rng.choice([-1, 1], places.size)
        return frame

    def _rng(self, seed: int, purpose: str) -> np.random.Generator:
        return np.random.default_rng([seed, zlib.crc32(f"{self.name} {purpose}".encode())])

    def _mask(self, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Every weight is there with the density's probability: ``indptr`` and ``indices``."""
        counts, rows = [], []
        for first in range(0, self.inputs, BLOCK):
            columns = min(BLOCK, self.inputs - first)
            column, row = np.nonzero(rng.random((columns, self.outputs), dtype=np.float32) < self.weight_density)
            counts.append(np.bincount(column, minlength=columns))
            rows.append(row.astype(np.int32))
        indptr = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
        return indptr, np.concatenate(rows)


def _codebook(rng: np.random.Generator) -> NDArray[np.int16]:
    """16 different weights, the first 0."""
    values = np.setdiff1d(np.arange(-SPREAD, SPREAD + 1), [0])
    return np.concatenate([[0], rng.choice(values, (1 << CODE_BITS) - 1, replace=False)]).astype(np.int16)


EIE_LAYERS = (
    EieLayer("Alex-6", 9216, 4096, 0.09, 0.351, 30.3, 28.1),
    EieLayer("Alex-7", 4096, 4096, 0.09, 0.353, 12.2, 11.7),
    EieLayer("Alex-8", 4096, 1000, 0.25, 0.375, 9.9, 8.9),
    EieLayer("VGG-6", 25088, 4096, 0.04, 0.183, 34.4, 28.1),
    EieLayer("VGG-7", 4096, 4096, 0.04, 0.375, 8.7, 7.9),
    EieLayer("VGG-8", 4096, 1000, 0.23, 0.411, 8.4, 7.3),
    EieLayer("NT-We", 4096, 600, 0.10, 1.0, 8.0, 5.2),
    EieLayer("NT-Wd", 600, 8791, 0.11, 1.0, 13.9, 13.0),
    EieLayer("NT-LSTM", 1201, 2400, 0.10, 1.0, 7.5, 6.5),
)
"""In -> out, densities: table III; times of EIE with 64 PEs: table IV."""
