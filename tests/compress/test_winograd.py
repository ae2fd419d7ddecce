from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import golden
from hwgen.compress.winograd import WinogradOptions, absorbed, narrowed, place_gain, winograd_layer, winograd_mask
from hwgen.errors import UnsupportedError, UsageError
from hwgen.fixed import winograd_transform
from hwgen.golden.winograd_conv2d import winograd_conv2d
from hwgen.model import CodebookWeights, Conv2d, Model, Requant, SparseWeights
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.tiles import Size, side
from tests.gateware.tiles import network
from tests.plan.emulator import Emulator

SIZES = st.sampled_from([2, 4])


def replaced(net: Model, options: WinogradOptions) -> Model:
    (layer,) = net.layers
    assert isinstance(layer, Conv2d)
    return replace(net, layers=(winograd_layer(layer, options),))


@settings(max_examples=15)
@given(size=SIZES, height=st.integers(3, 9), width=st.integers(3, 9), seed=st.integers(0, 2**32 - 1))
def test_a_transformed_layer_computes_what_it_did(size: Size, height: int, width: int, seed: int) -> None:
    """Bit for bit with tiles of 2 x 2; with 4 x 4 the multiplier is rounded, and a value may fall on the other side."""
    net = network(3, 4, (height, width), seed=seed)
    frames = np.random.default_rng(seed).integers(-128, 128, (2, 3, height, width))
    was, now = golden.infer(net, frames), golden.infer(replaced(net, WinogradOptions(size=size)), frames)
    if size == 2:
        np.testing.assert_array_equal(now, was)
    else:
        assert np.abs(now.astype(int) - was.astype(int)).max() <= 1


@pytest.mark.parametrize(
    "options",
    [
        WinogradOptions(size=2, density=0.4),
        WinogradOptions(size=4, density=0.4, bits=8),
        WinogradOptions(size=2, code_bits=4),
        WinogradOptions(size=4, density=0.5, code_bits=3),
    ],
)
def test_what_comes_out_can_be_built(options: WinogradOptions) -> None:
    net = replaced(network(3, 4, (5, 6), seed=3), options)
    frames = np.random.default_rng(1).integers(-128, 128, (1, 3, 5, 6))
    plan = build_plan(net, PlanOptions(pes=2, lanes=2))
    np.testing.assert_array_equal(Emulator(plan).run(frames)[0], golden.infer(net, frames)[0])
    (layer,) = net.layers
    assert isinstance(layer, Conv2d)
    share = np.count_nonzero(layer.weights.decode()) / layer.weights.decode().size
    assert share <= options.density + 0.01
    if options.code_bits is not None:
        assert isinstance(layer.weights, CodebookWeights)
    elif options.density < 0.5:
        assert isinstance(layer.weights, SparseWeights)
    if options.bits is not None:
        assert layer.weights.bits <= options.bits


@given(size=SIZES, density=st.floats(0, 1), seed=st.integers(0, 2**32 - 1))
def test_the_mask_keeps_the_share_on_which_results_hang_most(size: Size, density: float, seed: int) -> None:
    weights = np.random.default_rng(seed).integers(-500, 500, (2, 3, side(size), side(size)))
    mask = winograd_mask(weights, size, density)
    assert np.count_nonzero(mask) == round(density * mask.size)
    strength = np.abs(weights) * place_gain(size)
    assert strength[mask].min(initial=np.inf) >= strength[~mask].max(initial=-np.inf)


@pytest.mark.parametrize("size", [2, 4])
def test_the_gain_is_the_deviation_of_the_results(size: Size) -> None:
    """Of one weight at a time, over random inputs: proportional to the gain of its place."""
    transform = winograd_transform(size)
    rng = np.random.default_rng(2)
    inputs = rng.integers(-128, 128, (4000, 1, side(size), side(size))).astype(np.int16)
    found = np.zeros((side(size), side(size)))
    for place in np.ndindex(found.shape):
        weights = np.zeros((1, 1, *found.shape), np.int16)
        weights[(0, 0, *place)] = 1
        results = winograd_conv2d(inputs, weights, transform, zero_point=0)
        found[place] = np.sqrt(np.square(results.astype(float)).sum(axis=(1, 2, 3)).mean())
    ratio = found / place_gain(size)
    assert ratio.max() / ratio.min() < 1.1


@given(bits=st.integers(2, 16), seed=st.integers(0, 2**32 - 1))
def test_narrowed_weights_are_half_a_step_off_at_most(bits: int, seed: int) -> None:
    weights = np.random.default_rng(seed).integers(-6000, 6001, 50)
    found, step = narrowed(weights, bits)
    assert np.abs(found).max() < 1 << (bits - 1)
    assert np.abs(found * float(step) - weights).max() <= float(step) / 2 + 1e-6
    assert step == 1 or np.abs(found).max() == (1 << (bits - 1)) - 1


@given(
    multiplier=st.integers(1 << 20, (1 << 31) - 1), shift=st.integers(20, 40), top=st.integers(1, 1000),
    bottom=st.integers(1, 1000),
)  # fmt: skip
def test_the_factor_is_absorbed_to_the_multipliers_last_bit(multiplier: int, shift: int, top: int, bottom: int) -> None:
    requant = Requant(multiplier=np.array([multiplier], np.int32), shift=np.array([shift], np.int8), rounding="floor")
    factor = Fraction(top, bottom)
    found = absorbed(requant, factor)
    got = Fraction(int(found.multiplier[0])) / Fraction(2) ** int(found.shift[0])
    want = Fraction(multiplier) * factor / Fraction(2) ** shift
    assert abs(got / want - 1) <= Fraction(1, int(found.multiplier[0]))
    assert 0 < int(found.multiplier[0]) < 1 << 31


def test_what_cannot_be_transformed_is_refused_by_name() -> None:
    (layer,) = network(2, 2, (5, 5)).layers
    assert isinstance(layer, Conv2d)
    for wrong in (replace(layer, stride=(2, 2)), replace(layer, domain="winograd2")):
        with pytest.raises(UnsupportedError, match="conv0"):
            winograd_layer(wrong, WinogradOptions(size=2))
    with pytest.raises(UnsupportedError, match="float weights"):
        winograd_layer(replace(layer, requant=None), WinogradOptions(size=2))
    with pytest.raises(UsageError, match=r"2\.\.16 bits, not 1"):
        narrowed(np.array([1]), 1)
    far = Requant(multiplier=np.array([1], np.int32), shift=np.array([61], np.int8), rounding="floor")
    with pytest.raises(UsageError, match="shift would be 63"):
        absorbed(far, Fraction(1, 4))
