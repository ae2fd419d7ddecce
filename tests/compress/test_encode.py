"""Encodings: all of them hold the same integers, the best is taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from hwgen.compress.encode import candidates, encode, smallest
from hwgen.compress.prune import n_of_m
from hwgen.compress.weighted import weighted_layers
from hwgen.errors import UnsupportedError, UsageError
from hwgen.model import Activation, Dense, DenseWeights, Model, Requant, validate
from hwgen.model.stored_bits import stored_bits
from tests.compress.arrays import weights
from tests.compress.networks import mlp


@settings(max_examples=60)
@given(weights())
def test_every_candidate_is_exact(values: np.ndarray) -> None:
    integers = np.clip(np.rint(values), -128, 127).astype(np.int64)
    found = list(candidates(integers, 8))
    assert found[0].encoding == "dense"
    for candidate in found:
        candidate.check_form()
        candidate.check_values()
        assert np.array_equal(candidate.decode(), integers)
    assert stored_bits(smallest(integers, 8)) == min(map(stored_bits, found))


def test_what_suits_is_chosen() -> None:
    rng = np.random.default_rng(0)
    full = rng.integers(1, 127, (16, 64))
    assert smallest(full, 8).encoding == "dense"
    sixteen = smallest(rng.permutation(np.arange(1, 17).repeat(64)).reshape(16, 64), 8)
    assert (sixteen.encoding, sixteen.code_bits) == ("codebook", 4)
    few = rng.choice([-3, 5, 9], (16, 64))
    assert smallest(few, 8).encoding == "codebook"
    assert smallest(full * (rng.random((16, 64)) < 0.1), 8).encoding == "sparse"
    pattern = smallest(full * n_of_m(full.astype(np.float32), 1, 4), 8)
    assert (pattern.encoding, pattern.n, pattern.m) == ("nm", 1, 4)
    assert {c.encoding for c in candidates(few * (rng.random((16, 64)) < 0.1), 8, groups=2)} == {"dense", "codebook"}


def integer_model(values: np.ndarray) -> Model:
    out, inputs = values.shape
    requant = Requant(multiplier=np.full(out, 1, np.int32), shift=np.full(out, 8, np.int8), rounding="half_up")
    layer = Dense(
        name="fc",
        inputs=("input",),
        output=Activation(shape=(out,), min=-128, max=127),
        weights=DenseWeights.from_dense(values),
        requant=requant,
    )
    return Model(name="m", input=Activation(shape=(inputs,), min=-128, max=127), layers=(layer,), outputs=("fc",))


def test_the_fewest_cycles_win_over_bits() -> None:
    model = integer_model(np.random.default_rng(0).integers(-2, 3, (8, 16)))

    def cycles(option: Model) -> int:
        encoding = weighted_layers(option)["fc"].weights.encoding
        if encoding == "codebook":
            raise UnsupportedError("has no core")
        return {"dense": 10}.get(encoding, 20)

    validate(encode(model))
    assert weighted_layers(encode(model))["fc"].weights.encoding == "codebook"
    assert weighted_layers(encode(model, cycles))["fc"].weights.encoding == "dense"


def test_float_layers_have_no_encoding() -> None:
    with pytest.raises(UsageError, match="'fc1': is not quantised"):
        encode(replace(mlp(3, 2, 2), name="x"))
