from __future__ import annotations

import numpy as np

from hwgen import golden
from hwgen.bench.mobilenet import mobilenet
from hwgen.model import Conv2d, Dense, validate
from hwgen.plan import PlanOptions, build_plan


def test_the_network_of_visual_wake_words() -> None:
    """Shapes and weights: 216 + 9 x 1,240 depthwise + 196,224 pointwise + 512."""
    net = mobilenet()
    validate(net)
    maps = [layer.output.shape for layer in net.layers]
    assert maps[0] == maps[1] == (8, 48, 48)
    assert maps[-4:-1] == [(256, 3, 3), (256, 3, 3), (256, 1, 1)]
    weights = sum(layer.weights.decode().size for layer in net.layers if isinstance(layer, Conv2d | Dense))
    assert weights == 208_112


def test_it_computes_something() -> None:
    net = mobilenet(size=32, seed=3)
    frames = np.random.default_rng(0).integers(-128, 128, (6, 3, 32, 32))
    outputs = golden.run(net, frames)
    assert np.unique(outputs["fc"]).size > 2
    for layer in net.layers:
        assert np.unique(outputs[layer.name]).size > 2, layer.name


def test_it_takes_no_more_cycles_and_memory_than_there_are() -> None:
    """The bar of 77,000 cycles at 16 x 8; the input's planes lie side by side, or it alone would fill the banks."""
    plan = build_plan(mobilenet(), PlanOptions(target="ecp5-85k", pes=16, lanes=8, requantisers=16))
    assert plan.compute_cycles <= 77_000
    assert plan.maps[0].spread
    assert plan.shape.bank_words * 8 <= 3 * 48 * 48
