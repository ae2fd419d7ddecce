"""Weight encodings as a model file holds them. ``decode()`` is the golden expansion: plain integers in the weights' shape."""

from hwgen.model.encodings import (
    ENCODINGS,
    BinaryWeights,
    CodebookWeights,
    DenseWeights,
    FloatWeights,
    NMWeights,
    SparseWeights,
    TernaryWeights,
    Weights,
)

__all__ = [
    "ENCODINGS",
    "BinaryWeights",
    "CodebookWeights",
    "DenseWeights",
    "FloatWeights",
    "NMWeights",
    "SparseWeights",
    "TernaryWeights",
    "Weights",
]
