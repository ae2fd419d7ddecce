"""Biases that take back what rounded weights add."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwgen import golden
from hwgen.compress.bias import corrected_biases
from hwgen.compress.calibrate import calibrate
from hwgen.compress.integer_weights import WeightFormat
from hwgen.compress.quantise import Quantisation, quantise, quantise_with_ranges
from hwgen.model import Conv2d, Dense, FloatWeights, Model
from tests.compress.float_networks import dense, float_network, frames, real


def test_the_mean_of_every_channel_is_kept(rng: np.random.Generator) -> None:
    """One layer, 3 bits, inputs far from 0: the sums of rounded weights have the mean of the real ones."""
    layer = dense(rng, "fc", "input", 40, real(6))
    model = Model(name="m", input=real(40), layers=(layer,), outputs=("fc",))
    x = rng.uniform(1, 2, (100, 40))
    options = Quantisation(weights=WeightFormat(bits=3), activation_bits=16)
    exact = golden.run_float(model, x)["fc"].mean(axis=0)
    plain = golden.infer_float(quantise_with_ranges(model, calibrate(model, x), options), x)
    better = golden.infer_float(quantise(model, x, options), x)
    assert isinstance(plain, np.ndarray)
    assert isinstance(better, np.ndarray)
    assert np.abs(plain.mean(axis=0) - exact).max() > 0.05
    assert np.abs(better.mean(axis=0) - exact).max() < 0.005


def test_only_layers_of_few_bits_change() -> None:
    model = float_network(1)
    forms = {"stem": WeightFormat(bits=4), "second": WeightFormat(bits=8)}
    found = corrected_biases(model, frames(2), WeightFormat(), forms)
    for old, new in zip(model.layers, found.layers, strict=True):
        if old.name == "stem":
            assert isinstance(old, Conv2d)
            assert isinstance(new, Conv2d)
            assert not np.array_equal(old.bias, new.bias)
            assert old.weights is new.weights
        else:
            assert old is new
    assert corrected_biases(model, frames(2), WeightFormat(), {}) is model


def test_given_scales_and_exact_weights_have_no_error() -> None:
    model = float_network(3)
    given = {"stem": WeightFormat(bits=4, scales=np.ones(8))}
    assert corrected_biases(model, frames(4), WeightFormat(), given) is model
    logits = model.layer("logits")
    assert isinstance(logits, Dense)
    whole = replace(logits, weights=FloatWeights.from_dense(np.full(logits.weights.shape, 7.0)))
    exact = replace(model, layers=tuple(whole if x is logits else x for x in model.layers))
    found = corrected_biases(exact, frames(5), WeightFormat(), {"logits": WeightFormat(bits=4)}).layer("logits")
    assert isinstance(found, Dense)
    assert found.bias is not None
    assert np.abs(found.bias).max() < 1e-4
