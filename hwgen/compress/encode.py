"""How an integer layer's weights are stored: of the encodings that hold them exactly, the best."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.compress.weighted import weighted_layers
from hwgen.errors import HwgenError, UsageError
from hwgen.model import (
    CodebookWeights,
    Conv2d,
    Dense,
    DenseWeights,
    FloatWeights,
    Model,
    NMWeights,
    SparseWeights,
    Weights,
)
from hwgen.model.stored_bits import stored_bits

BLOCKS = ((1, 4), (2, 4), (1, 2))
"""The N:M patterns that the array picks from."""
CODE_BITS = (1, 2, 3, 4, 5, 6, 7)
"""A codebook of 8 bits would save nothing on weights of 8 bits."""

NEARLY = 1.02
"""What smaller weights may cost in cycles."""

Integers = NDArray[np.integer[Any]]


def candidates(weights: Integers, bits: int, *, groups: int = 1) -> Iterator[Weights]:
    """Every encoding that holds ``weights`` exactly: dense first, and where a codebook serves, with and without.

    N:M and sparse are left out where no weight is zero, and for grouped convolutions, which have no hardware for them.
    """
    yield DenseWeights.from_dense(weights, bits)
    plain = _code_bits(np.unique(weights).size)
    if plain in CODE_BITS and plain < bits:
        yield CodebookWeights.from_dense(weights, bits, plain)
    # Fillers and unused slots need an entry that is 0.
    code_bits = _code_bits(np.union1d(weights, [0]).size)
    coded = code_bits in CODE_BITS and code_bits < bits
    if groups > 1 or weights.all():
        return
    for form in (None, code_bits) if coded else (None,):
        yield SparseWeights.from_dense(weights, bits, code_bits=form)
    for n, m in BLOCKS:
        if weights.shape[1] % m == 0 and _at_most(weights, n, m):
            for form in (None, code_bits) if coded else (None,):
                yield NMWeights.from_dense(weights, n, m, bits, code_bits=form)


def smallest(weights: Integers, bits: int, groups: int = 1) -> Weights:
    """The candidate of the fewest stored bits, the plainest of equals."""
    return min(candidates(weights, bits, groups=groups), key=stored_bits)


def encode(model: Model, cycles: Callable[[Model], int] | None = None) -> Model:
    """Every integer layer in its best encoding.

    With ``cycles`` (a model's predicted cycles; an HwgenError where it has no core) the smallest candidate is taken
    among those that make the model at most NEARLY times as slow as the fastest, one layer after the other; without it
    the smallest.

    Raises
    ------
    UsageError
        A layer is not quantised.
    """
    for name, layer in weighted_layers(model).items():
        if isinstance(layer.weights, FloatWeights):
            raise UsageError("is not quantised and has no encoding", layer=name, hint="quantise first")
    if cycles is None:
        return _replaced(model, {name: smallest(*_of(layer)) for name, layer in _treated(model).items()})
    for name, layer in _treated(model).items():
        ranked: list[tuple[int, int, int, Model]] = []
        weights, bits, groups = _of(layer)
        for candidate in candidates(weights, bits, groups=groups):
            option = _replaced(model, {name: candidate})
            try:
                ranked.append((cycles(option), stored_bits(candidate), len(ranked), option))
            except HwgenError:
                continue
        if ranked:
            fewest = min(row[0] for row in ranked)
            model = min((row for row in ranked if row[0] <= NEARLY * fewest), key=lambda row: row[1:3])[3]
    return model


def _treated(model: Model) -> dict[str, Conv2d | Dense]:
    """Layers whose weights may change their encoding: not those of a Winograd domain."""
    return {
        name: layer
        for name, layer in weighted_layers(model).items()
        if not (isinstance(layer, Conv2d) and layer.domain is not None)
    }


def _of(layer: Conv2d | Dense) -> tuple[Integers, int, int]:
    groups = layer.groups if isinstance(layer, Conv2d) else 1
    return layer.weights.decode(), int(layer.weights.bits), groups


def _replaced(model: Model, weights: dict[str, Weights]) -> Model:
    layers = tuple(
        replace(layer, weights=weights[layer.name])
        if isinstance(layer, Conv2d | Dense) and layer.name in weights
        else layer
        for layer in model.layers
    )
    return replace(model, layers=layers)


def _code_bits(entries: int) -> int:
    return max(1, (entries - 1).bit_length())


def _at_most(weights: Integers, n: int, m: int) -> bool:
    out, channels, *taps = weights.shape
    blocks = weights.reshape(out, channels // m, m, *taps)
    return bool((np.count_nonzero(blocks, axis=2) <= n).all())
