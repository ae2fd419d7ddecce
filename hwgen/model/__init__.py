"""The compressed-model description: a Model in memory, ``model.npz`` on disk, and every check between them.

>>> model = load("model.npz")          # ModelError: file, layer, key and how to mend it
>>> save(model, "copy.npz")            # checks first; the same model gives the same bytes
"""

from hwgen.model.activation import Activation
from hwgen.model.classify import with_argmax
from hwgen.model.layers import (
    OPS,
    Add,
    AddRequant,
    Argmax,
    AvgPool2d,
    Concat,
    Conv2d,
    Dense,
    Domain,
    Flatten,
    Layer,
    MaxPool2d,
    Mean,
    Requant,
    Requantize,
    Rounding,
    Softmax,
)
from hwgen.model.model import INPUT, Model
from hwgen.model.read import load
from hwgen.model.weights import (
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
from hwgen.model.write import save, validate

__all__ = [
    "ENCODINGS",
    "INPUT",
    "OPS",
    "Activation",
    "Add",
    "AddRequant",
    "Argmax",
    "AvgPool2d",
    "BinaryWeights",
    "CodebookWeights",
    "Concat",
    "Conv2d",
    "Dense",
    "DenseWeights",
    "Domain",
    "Flatten",
    "FloatWeights",
    "Layer",
    "MaxPool2d",
    "Mean",
    "Model",
    "NMWeights",
    "Requant",
    "Requantize",
    "Rounding",
    "Softmax",
    "SparseWeights",
    "TernaryWeights",
    "Weights",
    "load",
    "save",
    "validate",
    "with_argmax",
]
