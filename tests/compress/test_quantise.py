"""Quantisation after training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen import golden
from hwgen.compress.calibrate import calibrate
from hwgen.compress.integer_weights import WeightFormat
from hwgen.compress.quantise import Quantisation, quantise, quantise_with_ranges
from hwgen.errors import UnsupportedError, UsageError
from hwgen.model import Activation, Add, Concat, Conv2d, Dense, DenseWeights, Model, Requantize, Softmax
from hwgen.plan import PlanOptions, build_plan
from tests.compress.float_networks import convolution, dense, float_network, frames, real


def without_softmax(model: Model) -> Model:
    return replace(model, layers=model.layers[:-1], outputs=("mean", "logits"))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("bits", "close"), [(8, 0.1), (16, 0.001)])
def test_the_integers_stand_for_the_real_numbers(seed: int, bits: int, close: float) -> None:
    """In every layer: the deviation stays small against the layer's own spread."""
    model, x = without_softmax(float_network(seed)), frames(seed + 1)
    options = Quantisation(activation_bits=bits, weights=WeightFormat(bits=8 if bits == 8 else 14))
    small = quantise(model, x, options)
    assert not golden.is_float(small)
    exact, found = golden.run_float(model, x), golden.run(small, golden.quantise(x, small.input))
    for layer in small.layers:
        difference = golden.dequantise(found[layer.name], layer.output) - exact[layer.name]
        assert np.sqrt(np.mean(difference**2)) < close * exact[layer.name].std(), layer.name


@pytest.mark.parametrize("method", ["min_max", "percentile", "mse"])
@pytest.mark.parametrize("bits", [4, 8])
def test_what_comes_out_can_be_built(method: str, bits: int) -> None:
    model = quantise(
        without_softmax(float_network(4)),
        frames(5),
        Quantisation(calibration=method, weights=WeightFormat(bits=bits)),  # type: ignore[arg-type]
    )
    chain = replace(model, layers=tuple(x for x in model.layers if x.name in BUILDABLE), outputs=("clip",))
    plan = build_plan(chain, PlanOptions(pes=4, lanes=4))
    adds = {layer.name: layer.cycles for layer in plan.layers if layer.op == "add"}
    assert adds.keys() == {"sum1", "sum2"}


BUILDABLE = ("stem", "branch", "sum1", "second", "sum2", "clip")


def test_a_softmax_gives_shares() -> None:
    model, x = float_network(6), frames(7)
    small = quantise(model, x)
    shares = golden.infer_float(small, x)
    exact = golden.infer_float(model, x)
    assert isinstance(shares, dict)
    assert isinstance(exact, dict)
    assert np.abs(shares["shares"] - exact["shares"]).max() < 0.06
    last = small.layers[-1]
    assert isinstance(last, Softmax)
    assert (last.output.scale, last.output.zero_point) == (1 / 256, -128)


def test_ranges_can_be_used_again() -> None:
    model, x = float_network(8), frames(9)
    ranges = calibrate(model, x)
    one, other = quantise(model, x), quantise_with_ranges(model, ranges)
    assert all(a.output == b.output for a, b in zip(one.layers, other.layers, strict=True))


def test_layers_may_have_formats_of_their_own() -> None:
    model = float_network(10)
    options = Quantisation(weights=WeightFormat(bits=4), layers={"logits": WeightFormat(bits=8, per_channel=False)})
    small = quantise(model, frames(11), options)
    bits = {layer.name: layer.weights.bits for layer in small.layers if isinstance(layer, Conv2d | Dense)}
    assert bits == {"stem": 4, "branch": 4, "second": 4, "logits": 8}
    logits = small.layer("logits")
    assert isinstance(logits, Dense)
    assert isinstance(logits.weights, DenseWeights)
    assert logits.requant is not None
    assert len(set(logits.requant.multiplier.tolist())) == 1
    stem = small.layer("stem")
    assert isinstance(stem, Conv2d)
    assert np.abs(stem.weights.decode()).max() == 7


def test_zero_weights_stay_zero() -> None:
    model = float_network(12)
    stem = model.layers[0]
    assert isinstance(stem, Conv2d)
    values = stem.weights.decode().copy()
    values[::2] = 0
    pruned = replace(stem, weights=type(stem.weights).from_dense(values))
    small = quantise(replace(model, layers=(pruned, *model.layers[1:])), frames(13))
    assert not small.layer("stem").weights.decode()[::2].any()  # type: ignore[attr-defined]


def test_given_maps_stay_and_a_concat_requantises_them() -> None:
    rng = np.random.default_rng(14)
    fixed = Activation(shape=(4, 3, 3), scale=0.5, zero_point=10, min=-128, max=127)
    layers = (
        convolution(rng, "a", "input", 2, fixed),
        convolution(rng, "b", "input", 2, replace(fixed, scale=0.25)),
        Concat(name="both", inputs=("a", "b"), output=real(8, 3, 3)),
        dense(rng, "fc", "both", 72, real(3)),
    )
    model = Model(name="m", input=real(2, 3, 3), layers=layers, outputs=("fc",))
    x = rng.normal(0, 1, (10, 2, 3, 3))
    small = quantise(model, x)
    assert small.layer("a").output.scale == 0.5
    assert small.layer("b").output.scale == 0.25
    both = small.layer("both")
    assert both.inputs == ("a", "both_in1")
    assert both.output.scale == 0.5
    assert isinstance(small.layer("both_in1"), Requantize)
    difference = golden.infer_float(small, x) - golden.infer_float(model, x)  # type: ignore[operator]
    assert np.abs(difference).max() < 0.6


def test_refuses() -> None:
    model, x = float_network(15), frames(16)
    with pytest.raises(UsageError, match="maps have 2, 4, 8, 16 bits, not 7"):
        quantise(model, x, Quantisation(activation_bits=7))
    with pytest.raises(UsageError, match="weights have 2 to 16 bits, not 1"):
        quantise(model, x, Quantisation(weights=WeightFormat(bits=1)))
    with pytest.raises(UsageError, match=r"no layer with weights is called 'sum1' .one of stem"):
        quantise(model, x, Quantisation(layers={"sum1": WeightFormat()}))
    with pytest.raises(UnsupportedError, match="layer 'shares': softmax of 4-bit maps"):
        quantise(model, x, Quantisation(activation_bits=4))


def test_integer_layers_stay_as_they_are() -> None:
    small = quantise(float_network(17), frames(18))
    again = quantise_with_ranges(small, {})
    for one, other in zip(small.layers, again.layers, strict=True):
        assert one.output == other.output
        assert isinstance(one, Add) == isinstance(other, Add)
    q = golden.quantise(frames(19), small.input)
    one_out, other_out = golden.run(small, q), golden.run(again, q)
    assert all(np.array_equal(one_out[name], other_out[name]) for name in one_out)
