"""Weight encodings as a model file holds them; ``decode()`` expands each to plain integers in the weights' shape."""

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
