"""An estimate of the energy of one inference from Horowitz's figures of a 45 nm process (ISSCC 2014, figure 1.1.9).

It counts multiplications, additions and the reading of weights; activations, control and the clock are left out. It
compares a network with its compressed self; it is no measurement of any device.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwgen.compress.weighted import weighted_layers
from hwgen.model import Conv2d, Dense, Model
from hwgen.model.stored_bits import stored_bits

MULTIPLY_8 = 0.2
ADD_32 = 0.1
SRAM_32 = 5.0
DRAM_32 = 640.0
WORD = 32
"""Picojoules: an 8-bit multiplication, a 32-bit addition, a 32-bit word from SRAM (32 kB) and from DRAM."""


@dataclass(frozen=True)
class Energy:
    """Picojoules of one inference: arithmetic, and weights read once each from SRAM or from DRAM."""

    arithmetic: float
    sram: float
    dram: float

    @property
    def on_chip(self) -> float:
        """With all weights in SRAM."""
        return self.arithmetic + self.sram

    @property
    def off_chip(self) -> float:
        """With all weights in DRAM."""
        return self.arithmetic + self.dram


def positions(layer: Conv2d | Dense) -> int:
    """Output positions: how often each weight is used."""
    return int(np.prod(layer.output.shape[1:], dtype=np.int64)) if isinstance(layer, Conv2d) else 1


def compressed(model: Model) -> Energy:
    """Of the model as it is stored: zero weights are neither multiplied nor read."""
    layers = weighted_layers(model).values()
    products = sum(int(np.count_nonzero(layer.weights.decode())) * positions(layer) for layer in layers)
    return _energy(products, sum(stored_bits(layer.weights) for layer in layers))


def dense(model: Model, bits: int = 8) -> Energy:
    """Of the same layers with every weight stored and multiplied at ``bits``."""
    layers = weighted_layers(model).values()
    sizes = [int(np.prod(layer.weights.shape)) for layer in layers]
    products = sum(size * positions(layer) for size, layer in zip(sizes, layers, strict=True))
    return _energy(products, sum(sizes) * bits)


def _energy(products: int, bits: int) -> Energy:
    words = bits / WORD
    return Energy(products * (MULTIPLY_8 + ADD_32), words * SRAM_32, words * DRAM_32)
