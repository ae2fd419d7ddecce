from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen import golden
from hwgen.errors import UnsupportedError
from hwgen.fixed import winograd_transform
from hwgen.golden.winograd_conv2d import winograd_conv2d
from hwgen.model import CodebookWeights, Conv2d, Model, Requant, SparseWeights, Weights, validate
from hwgen.model.layers import Domain
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.lowering import array_ops
from hwgen.plan.parameters import op_intervals
from hwgen.plan.tile_domain import constant_response, effective_weights, greatest_response, tile_window
from hwgen.plan.tiles import Size, side
from tests.gateware.tiles import int8, network
from tests.plan.emulator import Emulator
from tests.plan.small import conv, model, pruned, pruned_blocks, shared, weights


@given(size=st.sampled_from([2, 4]), seed=st.integers(0, 2**32 - 1))
def test_effective_weights_of_a_kernel_are_the_kernel_at_each_output(size: Size, seed: int) -> None:
    transform = winograd_transform(size)
    kernels = np.random.default_rng(seed).integers(-128, 128, (2, 3, 3, 3))
    found = effective_weights(transform.weights(kernels), transform)
    for y in range(size):
        for x in range(size):
            want = np.zeros((2, 3, side(size), side(size)), np.int64)
            want[:, :, y : y + 3, x : x + 3] = kernels * transform.divisor
            np.testing.assert_array_equal(found[:, y * size + x], want)


@given(size=st.sampled_from([2, 4]), seed=st.integers(0, 2**32 - 1))
def test_a_constant_is_answered_by_a_constant_whatever_the_weights(size: Size, seed: int) -> None:
    transform = winograd_transform(size)
    values = np.random.default_rng(seed).integers(-128, 128, (3, 2, side(size), side(size)))
    ones = np.ones((1, 2, side(size), side(size)), np.int8)
    want = winograd_conv2d(ones, values.astype(np.int16), transform, zero_point=0)
    np.testing.assert_array_equal(
        want[0], np.broadcast_to(constant_response(values, transform)[:, None, None], want[0].shape)
    )


@pytest.mark.parametrize("size", [2, 4])
def test_the_greatest_response(size: Size) -> None:
    """Reached by weights and inputs of alternating signs, result by result."""
    transform = winograd_transform(size)
    signs = np.sign(np.einsum("pi,qj->pqij", transform.at, transform.at))[:, :, None, None]
    reached = [
        np.abs(effective_weights(signs[p, q].astype(np.int64), transform)).sum(axis=(2, 3, 4)).max()
        for p in range(size)
        for q in range(size)
    ]
    assert max(reached) <= greatest_response(size)
    assert greatest_response(size) <= 4 * max(reached)


def domain_net(domain: Domain, stored: Weights) -> Model:
    source = int8(3, 5, 6, zero_point=3)
    layer = Conv2d(
        name="conv",
        inputs=("input",),
        output=int8(4, 5, 6, zero_point=-5),
        weights=stored,
        requant=Requant(
            multiplier=np.full(4, 1 << 14, np.int32),
            shift=np.full(4, 14 + (11 if domain == "winograd2" else 17), np.int8),
            rounding="half_up",
        ),
        padding=(1, 1, 1, 1),
        bias=np.array([0, -900, 900, 7]),
        domain=domain,
    )
    net = Model(name="domain", input=source, layers=(layer,), outputs=("conv",))
    validate(net)
    return net


@pytest.mark.parametrize("domain", ["winograd2", "winograd4"])
@pytest.mark.parametrize("kind", ["dense", "codebook", "sparse"])
def test_weights_of_the_domain_in_every_encoding(domain: Domain, kind: str) -> None:
    edge = 4 if domain == "winograd2" else 6
    shape = (4, 3, edge, edge)
    stored: Weights = {"dense": weights, "codebook": shared, "sparse": pruned}[kind](*shape)  # type: ignore[operator]
    net = domain_net(domain, stored)
    plan = build_plan(net, PlanOptions(pes=2, lanes=2, algorithm="direct"))
    assert plan.layers[0].algorithm == domain
    # The hardware scales the rows of G for 4 x 4 outputs further: shared values are no longer as few.
    assert plan.layers[0].encoding == ("dense" if (kind, domain) == ("codebook", "winograd4") else kind)
    frames = np.random.default_rng(1).integers(-128, 128, (1, 3, 5, 6))
    np.testing.assert_array_equal(Emulator(plan).run(frames)[0], golden.infer(net, frames)[0])
    assert isinstance(stored, CodebookWeights | SparseWeights) or kind == "dense"


def test_the_interval_is_that_of_a_tiles_results() -> None:
    """At their extremes: inputs that the signs of a result's weights choose."""
    net = domain_net("winograd2", weights(4, 3, 4, 4))
    (op,) = array_ops(net)
    found = op_intervals(net, op)
    transform = winograd_transform(2)
    effective = effective_weights(op.weights, transform)
    for row in range(4):
        tops = []
        for result in range(4):
            tile = np.where(effective[row, result] > 0, 127, -128)
            sums = winograd_conv2d(tile[None], op.weights[row : row + 1], transform, zero_point=0)
            tops.append(int(sums[0, 0, result // 2, result % 2]))
        assert max(tops) == found.a_max[row]


def test_what_has_no_hardware_is_refused_by_name() -> None:
    source = int8(4, 5, 5)
    first = replace(conv("first", "input", source, weights(4, 4, 4, 4)), domain="winograd2", output=int8(4, 3, 3))
    second = conv("second", "first", first.output, pruned_blocks(4, 4, 1, 1, n=1, m=2))
    with pytest.raises(UnsupportedError, match=r"first.*beside N:M"):
        build_plan(model(source, first, second), PlanOptions(pes=2))


def test_a_window_of_whole_tiles_keeps_its_padding() -> None:
    (op,) = array_ops(network(1, 1, (4, 4), padding=(2, 0, 1, 1)))
    found = tile_window(replace(op.window, out_height=5), 4)
    assert (found.pad_top, found.pad_left, found.out_height) == (2, 1, 2)
