from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.fixed import winograd_transform
from hwgen.plan.lowering import array_ops
from hwgen.plan.tiles import Size, side, weight_scale
from hwgen.plan.winograd import can_tile, tiled
from tests.gateware.tiles import network
from tests.plan.small import act, conv, dense, flatten, max_pool, model, pruned, pruned_blocks, shared, weights


def test_what_can_be_tiled() -> None:
    source = act(4, 9, 9)
    for layer, possible in (
        (conv("c", "input", source, weights(5, 4, 3, 3)), True),
        (conv("c", "input", source, shared(5, 4, 3, 3)), True),
        (conv("c", "input", source, weights(5, 4, 3, 3), stride=(2, 2)), False),
        (conv("c", "input", source, weights(5, 4, 1, 3)), False),
        (conv("c", "input", source, weights(5, 4, 5, 5)), False),
        (conv("c", "input", source, weights(4, 1, 3, 3), groups=4), False),
        (conv("c", "input", source, pruned(5, 4, 3, 3)), False),
        (conv("c", "input", source, pruned_blocks(5, 4, 3, 3, n=1, m=2)), False),
        (max_pool("c", "input", source, 3, 1), False),
    ):
        (op,) = array_ops(model(source, layer))
        assert can_tile(op) is possible
    flat = flatten("f", "input", act(4, 3, 3))
    (op,) = array_ops(model(act(4, 3, 3), flat, dense("d", "f", weights(5, 36))))
    assert not can_tile(op)


@settings(max_examples=20)
@given(size=st.sampled_from([2, 4]), height=st.integers(3, 10), width=st.integers(3, 10))
def test_tiles_cover_the_outputs(size: Size, height: int, width: int) -> None:
    (op,) = array_ops(network(3, 4, (height, width)))
    tile = tiled(op, size)
    assert tile.weights.shape == (4, 3, side(size), side(size))
    assert tile.window.kernel == (side(size),) * 2
    assert tile.window.stride == (size, size)
    assert (tile.window.out_height - 1) * size < height <= tile.window.out_height * size
    assert (tile.window.out_width - 1) * size < width <= tile.window.out_width * size
    assert tile.direct is op
    assert tile.algorithm == f"winograd{size}"
    assert not can_tile(tile)


def test_the_hardware_scales_the_weights_of_the_format() -> None:
    (op,) = array_ops(network(3, 4, (5, 5)))
    for size in (2, 4):
        kernels = winograd_transform(size).weights(op.weights)  # type: ignore[arg-type]
        np.testing.assert_array_equal(tiled(op, size).weights, kernels * weight_scale(size))  # type: ignore[arg-type]
